// The main job in this process, through the same World that the server runs.
#include <unistd.h>

#include <algorithm>
#include <future>
#include <limits>
#include <memory>
#include <string>
#include <unordered_set>

#include "api/world.hpp"
#include "callback_load.hpp"
#include "soak.hpp"
#include "soak_measures.hpp"
#include "soak_series.hpp"

namespace stepwell::bench {

namespace {

constexpr std::uint64_t kept_in_memory_max = 10'000;  // ended executions, with Durability::none
// While they are parked, few at a time are in memory.
constexpr flow::PassivationRules passivating{milliseconds{10'000}, 10'000};

std::unique_ptr<api::World> open_world(const SoakOptions& options,
                                       const std::filesystem::path& directory) {
    api::World::Options world_options;
    world_options.directory = directory;
    world_options.durability = options.durability;
    world_options.shards = options.shards;
    if (options.durability == Durability::none)
        world_options.closed_executions_max = kept_in_memory_max;
    world_options.passivation =
        options.passivates ? passivating : flow::PassivationRules{std::nullopt, 0};
    world_options.on_failure = [](const Error& error) { give_up(error.message()); };
    auto world = api::World::open(std::move(world_options));
    if (!world.has_value()) give_up(world.error().message());
    if (const Result<> started = (*world)->start(); !started.has_value())
        give_up(started.error().message());
    return *std::move(world);
}

SoakCounts counts_of(api::World& world, const CallbackLoad& load,
                     const Storage::Statistics& before) {
    const Storage::Statistics now = world.storage().statistics();
    SoakCounts counts;
    counts.ended = load.succeeded() + load.failed();
    counts.rss_bytes = rss_bytes_of(getpid());
    counts.journal_bytes = now.journal_bytes - before.journal_bytes;
    counts.syncs = now.syncs - before.syncs;
    return counts;
}

void run_load(const SoakOptions& options, api::World& world, CallbackLoad& load,
              SoakReport& report) {
    constexpr std::chrono::seconds second{1};
    const std::uint64_t count =
        options.executions > 0 ? options.executions : std::numeric_limits<std::uint64_t>::max();
    const double seconds_max =
        options.seconds > 0 ? options.seconds : std::numeric_limits<double>::infinity();
    Progress progress;
    const Storage::Statistics before = world.storage().statistics();
    SoakSeries series(options.series_path, load.latencies());
    if (options.rate > 0) {
        load.begin_at_rate(count, options.rate);
    } else {
        load.begin(count, options.in_flight_max);
    }
    while (!load.wait_for(second)) {
        const std::uint64_t ended = load.succeeded() + load.failed();
        const double seconds = progress.seconds();
        if (report.rss_bytes_middle == 0 && (seconds >= seconds_max / 2 || ended >= count / 2))
            report.rss_bytes_middle = rss_bytes_of(getpid());
        if (seconds >= seconds_max) load.stop_starting();
        const std::string note = series.sample(seconds, counts_of(world, load, before));
        if (!progress.report(load.started(), ended, note)) give_up("executions do not end");
    }
    report.seconds = progress.seconds();
}

/// What the store says afterwards: each execution once, and how many have which status.
void check_listing(api::World& world, const flow::StateMachinePtr& machine, ExecutionStatus status,
                   std::uint64_t expected, SoakReport& report) {
    std::unordered_set<std::string> seen;
    flow::ListExecutionsInput input;
    input.machine_id = machine->id;
    input.status_filter = status;
    input.max_results = 1'000;
    do {
        std::promise<flow::ListExecutionsOutput> answer;
        std::future<flow::ListExecutionsOutput> answered = answer.get_future();
        world.executions().list(
            input, [answer = std::move(answer)](Result<flow::ListExecutionsOutput> page) mutable {
                if (!page.has_value()) give_up(page.error().message());
                answer.set_value(*std::move(page));
            });
        flow::ListExecutionsOutput page = answered.get();
        for (ExecutionDescription& execution : page.executions) {
            if (!seen.insert(std::move(execution.execution_arn)).second) ++report.duplicates;
        }
        input.next_token = std::move(page.next_token);
    } while (!input.next_token.empty());
    report.lost += expected - std::min<std::uint64_t>(expected, seen.size());
    if (seen.size() > expected) report.duplicates += seen.size() - expected;
}

void passivate_all(api::World& world) {
    std::promise<void> promise;
    const std::future<void> done = promise.get_future();
    world.executions().passivate_all([&](const Result<>&) { promise.set_value(); });
    done.wait();
}

void park(const SoakOptions& options, api::World& world, CallbackLoad& load, SoakReport& report) {
    if (options.waiting == 0) return;
    const std::uint64_t before = own_rss_bytes();
    load.park(options.waiting);
    if (options.passivates) {
        passivate_all(world);
        report.passivated = world.executions().statistics().passivated;
    }
    const std::uint64_t after = own_rss_bytes();
    report.waiting = options.waiting;
    report.rss_bytes_per_waiting =
        static_cast<double>(after - std::min(before, after)) / static_cast<double>(options.waiting);
}

void measure_restart(const SoakOptions& options, const std::filesystem::path& directory,
                     SoakReport& report) {
    const Progress clock;
    const double cpu_before = cpu_us_of(getpid());
    const std::unique_ptr<api::World> world = open_world(options, directory);
    report.restart_seconds = clock.seconds();
    report.restart_cpu_seconds = (cpu_us_of(getpid()) - cpu_before) / 1e6;
    if (world->recovered_executions() != options.waiting) {
        report.faults.push_back(std::to_string(world->recovered_executions()) +
                                " executions were running after the restart");
    }
}

}  // namespace

SoakReport soak_in_process(const SoakOptions& options) {
    const TemporaryDirectory directory;
    const std::filesystem::path data = directory.path() / "data";
    SoakReport report;
    report.fsync_us = fsync_us_in(directory.path());
    {
        const std::unique_ptr<api::World> world = open_world(options, data);
        CallbackLoad load(*world, {.payload_bytes = options.payload_bytes});
        park(options, *world, load, report);

        const std::uint64_t bytes_before = world->storage().statistics().journal_bytes;
        report.rss_bytes_start = own_rss_bytes();
        const double cpu_before = cpu_us_of(getpid());
        run_load(options, *world, load, report);
        report.cpu_us = cpu_us_of(getpid()) - cpu_before;
        report.rss_bytes_end = rss_bytes_of(getpid());
        report.journal_bytes =
            static_cast<double>(world->storage().statistics().journal_bytes - bytes_before);

        report.started = load.started() + report.waiting;
        report.succeeded = load.succeeded();
        report.failed = load.failed();
        report.duplicates = load.duplicates();
        report.latency_p50_us = load.latencies().percentile_us(0.5);
        report.latency_p99_us = load.latencies().percentile_us(0.99);
        report.latency_p999_us = load.latencies().percentile_us(0.999);
        const bool is_kept = options.durability != Durability::none;
        if (is_kept) {
            check_listing(*world, load.machine(), ExecutionStatus::succeeded, report.succeeded,
                          report);
        }
        check_listing(*world, load.parked_machine(), ExecutionStatus::running, report.waiting,
                      report);
    }
    if (options.durability != Durability::none) measure_restart(options, data, report);
    return report;
}

}  // namespace stepwell::bench
