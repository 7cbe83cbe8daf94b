#include "sim/simulation.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.hpp"
#include "flow/store_check.hpp"
#include "queue/store_check.hpp"
#include "sim/system_calls.hpp"

namespace stepwell::sim {

namespace {

constexpr Nanos second = 1'000'000'000;
constexpr Nanos day = 86'400 * second;
constexpr Nanos year = 365 * day;
constexpr Nanos first_wall = 1'700'000'000 * second;
constexpr Nanos patience = 30 * year;

}  // namespace

/// One process.
struct Simulation::Life {
    End end = End::power_loss;
    std::uint64_t answers_left = 0;  // until the process ends; 0: it does not end so
    Nanos ends_at = 0;               // 0: it does not end so
    bool is_dead = false;            // nothing of it runs any more
    bool is_ready = false;           // recovered
    bool has_ended = false;          // orderly
    std::optional<Error> open_failure;
    std::unique_ptr<api::World> world;
    std::unique_ptr<Clients> clients;
};

Simulation::Simulation(std::uint64_t seed, std::filesystem::path place)
    : random_(seed),
      secrets_(random_.next()),
      fibers_(random_, trace_),
      disk_(fibers_, random_, trace_),
      place_(std::move(place)) {
    outcome_.seed = seed;
    begin_machine(secrets_);
    set_wall_clock(first_wall);
    draw_habits();
}

void Simulation::draw_habits() {
    outcome_.is_idle = random_.next() % 2 == 0;
    const Nanos thoughts[] = {5'000'000, 200'000'000, 3 * second};
    const Nanos long_thoughts[] = {3600 * second, 6 * 3600 * second, day};
    habits_.think_max =
        outcome_.is_idle ? long_thoughts[random_.next() % 3] : thoughts[random_.next() % 3];
    habits_.names_max = 4 + random_.next() % 20;
    habits_.starters = 1 + random_.next() % 3;
    habits_.workers = 1 + random_.next() % 3;
    habits_.visibility_s = 5 + random_.next() % 60;
    const std::uint64_t longest_s =
        outcome_.is_idle ? 86'400 * (1 + random_.next() % 60) : 5 + random_.next() % 300;
    const std::size_t machines = 1 + random_.next() % 4;
    for (std::size_t i = 0; i < machines; ++i) {
        ledger_.machines.push_back(draw_machine(random_, "machine" + std::to_string(i), longest_s));
    }
}

Outcome Simulation::run() {
    const std::uint64_t lives = random_.next() % 12;
    for (std::uint64_t i = 0; i < lives && ledger_.violations.empty(); ++i) live(false);
    for (int tries = 0; tries < 3 && !is_finished_ && ledger_.violations.empty(); ++tries) {
        live(true);
    }
    outcome_.trace_hash = trace_.hash();
    outcome_.simulated = fibers_.now();
    outcome_.disk_calls = disk_.calls();
    outcome_.switches = fibers_.switches();
    outcome_.executions = ledger_.executions.size();
    outcome_.completions = ledger_.completions.size();
    outcome_.messages = ledger_.messages.size();
    for (const auto& [arn, execution] : ledger_.executions)
        outcome_.events += execution.events.size();
    outcome_.violations = ledger_.violations;
    return outcome_;
}

// ---- how a life ends ---------------------------------------------------------------------------

Simulation::End Simulation::draw_end(Life& life) {
    constexpr std::uint64_t reaches[] = {5, 40, 300, 3000};
    const std::uint64_t count = 1 + random_.next() % reaches[random_.next() % 4];
    const auto die = [&life] { life.is_dead = true; };
    switch (random_.next() % 8) {
        case 0:
            disk_.fail_from(disk_.calls() + count, random_.next() % 2 == 0 ? EIO : ENOSPC);
            return End::disk_failure;
        case 1:
            life.ends_at = fibers_.now() + static_cast<Nanos>(count) * habits_.think_max;
            return End::orderly;
        case 2:
        case 3:
            life.answers_left = count;
            break;
        default:
            disk_.crash_at(disk_.calls() + count, die);
            break;
    }
    // At the latest, for clients may be waiting for something that nobody does.
    life.ends_at = fibers_.now() + 4000 * habits_.think_max;
    return random_.next() % 3 == 0 ? End::process_death : End::power_loss;
}

void Simulation::live(bool is_last) {
    Life& life = *new Life;  // what a process leaves in memory is never destroyed
    ++outcome_.lives;
    ++ledger_.life;
    if (random_.next() % 8 == 0 && !is_last) {
        const Nanos step =
            static_cast<Nanos>(random_.next() % static_cast<std::uint64_t>(2 * year)) - year;
        set_wall_clock(std::max(wall_clock() + step, first_wall));
        ledger_.was_clock_set = true;
    }
    ledger_.life_wall_start = wall_clock();
    if (!is_last) life.end = draw_end(life);
    run_process(life, is_last);
    bury(life);
}

void Simulation::run_process(Life& life, bool is_last) {
    fibers_.spawn([this, &life, is_last] { begin_process(life, is_last); });
    const auto is_over = [&] {
        return life.is_dead || life.has_ended || life.open_failure.has_value() ||
               !ledger_.violations.empty();
    };
    const Nanos until = is_last             ? fibers_.now() + patience
                        : life.ends_at != 0 ? life.ends_at
                                            : fibers_.now() + year;
    if (!fibers_.run(is_over, until)) return ledger_.violate(25, "everything waits for ever");
    if (is_over()) return;
    if (is_last) return ledger_.violate(25, "not everything has ended after 30 years");
    if (life.end != End::orderly || !life.is_ready) return;
    fibers_.spawn([this, &life] { end_orderly(life); });
    if (!fibers_.run(is_over, fibers_.now() + year) || !is_over()) {
        ledger_.violate(25, "the process does not end when it is told");
    }
}

// ---- a process ---------------------------------------------------------------------------------

Result<std::unique_ptr<api::World>> Simulation::open_world(Life& life) {
    api::World::Options options;
    options.directory = place_ / "data";
    options.shards = static_cast<std::uint32_t>(1 + random_.next() % 4);
    options.seed = random_.next() | 1;
    options.retention.reset();  // the ledger asks for what is decades old
    options.on_failure = [this, &life](const Error& error) {
        if (!disk_.has_failed()) ledger_.violate(25, "the storage fails: " + error.message());
        life.is_dead = true;  // as the server does
        for (;;) fibers_.wait(this);
    };
    options.open_storage = [this](journal::StorageOptions storage) {
        storage.file_system = &disk_;
        storage.open_store = [this](const std::filesystem::path&) {
            return Result<std::unique_ptr<journal::Store>>(disk_.open_store());
        };
        // Small, so that all of them are reached.
        storage.segment_bytes_max = 256 << 10;
        storage.checkpoint_log_bytes = (std::uint64_t{64} << 10) << random_.next() % 5;
        storage.overlay_bytes_max = (std::uint64_t{16} << 10) << random_.next() % 5;
        storage.unapplied_bytes_max = (std::uint64_t{16} << 10) << random_.next() % 5;
        return journal::open_storage(std::move(storage));
    };
    return api::World::open(std::move(options));
}

void Simulation::begin_process(Life& life, bool is_last) {
    auto opened = open_world(life);
    if (!opened.has_value()) {
        life.open_failure = opened.error();
        return;
    }
    life.world = std::move(*opened);
    flips_.clear();  // where they are, nothing is read any more; or what was read was repaired
    check_store(life.world->storage());
    if (const Result<> started = life.world->start(); !started.has_value()) {
        life.open_failure = started.error();
        return;
    }
    life.is_ready = true;
    life.clients = std::make_unique<Clients>(
        fibers_, random_, trace_, ledger_, habits_, *life.world, [this, &life] {
            if (life.answers_left == 0 || --life.answers_left > 0) return;
            life.is_dead = true;
            for (;;) fibers_.wait(this);
        });
    life.clients->set_up();
    life.clients->audit_all();
    if (is_last) life.clients->begin_draining();
    life.clients->begin();
    if (is_last) end_in_peace(life);
}

void Simulation::check_store(Storage& storage) {
    storage.wait_until_applied(storage.durable());
    const flow::CheckedExecutions executions = flow::check_executions(storage);
    for (const std::string& problem : executions.problems) ledger_.violate(2, problem);
    const queue::CheckedMessages messages = queue::check_messages(storage);
    for (const std::string& problem : messages.problems) ledger_.violate(8, problem);
}

// No faults any more: all that was begun must end.
void Simulation::end_in_peace(Life& life) {
    const Nanos pause = std::max<Nanos>(habits_.think_max, second);
    while (life.world->executions().statistics().running > 0) fibers_.sleep(pause);
    for (int round = 0; round < 5; ++round) fibers_.sleep(pause);
    life.clients->check_end();
    // Once more from the start: what is read must be the same.
    const std::string before = life.clients->everything_read();
    end_orderly(life);
    life.has_ended = false;
    auto opened = open_world(life);
    if (!opened.has_value()) {
        life.open_failure = opened.error();
        return;
    }
    life.world = std::move(*opened);
    check_store(life.world->storage());
    static_cast<void>(life.world->start());
    life.clients =
        std::make_unique<Clients>(fibers_, random_, trace_, ledger_, habits_, *life.world, [] {});
    if (life.clients->everything_read() != before) {
        ledger_.violate(16, "a restart in peace has changed what is read");
    }
    is_finished_ = true;
    life.has_ended = true;
}

void Simulation::end_orderly(Life& life) {
    while (!life.clients->close()) fibers_.sleep(second / 1000);
    outcome_.commits += life.world->storage().statistics().commits;
    static_cast<void>(life.clients.release());  // its fibers wait inside
    life.world.reset();
    life.has_ended = true;
}

// ---- after a process ---------------------------------------------------------------------------

void Simulation::bury(Life& life) {
    if (life.open_failure.has_value()) note_open_failure(life, *life.open_failure);
    if (life.world != nullptr) outcome_.commits += life.world->storage().statistics().commits;
    trace_.add(static_cast<std::uint64_t>(life.end));
    if (!life.is_ready && life.is_dead) ++outcome_.crashes_in_recovery;
    const bool has_failed = disk_.has_failed();
    fibers_.abandon();
    end_process();
    disk_.end_process();
    static_cast<void>(life.world.release());
    static_cast<void>(life.clients.release());
    if (is_finished_) return;
    if (has_failed) {
        ++outcome_.disk_failures;
    } else if (life.has_ended) {
        ++outcome_.orderly_ends;
    } else if (life.end == End::process_death) {
        ++outcome_.process_deaths;
    } else {
        ++outcome_.power_losses;
    }
    // Who saw a disk fail restarts the machine: its page cache is not to be trusted.
    const bool loses_power =
        has_failed || (life.end != End::process_death && random_.next() % 8 != 0);
    if (loses_power) disk_.lose_power();
    rot();
}

void Simulation::rot() {
    if (random_.next() % 6 != 0) return;
    const auto flip = disk_.flip_bit();
    if (!flip.has_value()) return;
    flips_.push_back(*flip);
    ++outcome_.flips;
}

void Simulation::note_open_failure(Life& life, const Error& error) {
    if (disk_.has_failed()) {
        life.is_dead = true;
    } else if (!flips_.empty()) {
        ++outcome_.flips_refused;
        for (const Disk::Flip& flip : flips_) disk_.flip_back(flip);
        flips_.clear();
    } else {
        ledger_.violate(8, "the directory does not open: " + error.message());
    }
}

}  // namespace stepwell::sim
