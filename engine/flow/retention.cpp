// How old executions are found: ids of one shard and one opening of the directory (an *epoch*)
// ascend with the start, and none ends before it starts. So a sweep reads the records of an epoch
// by their ids until one started too late; what is deleted is never read again, and of an epoch
// without anything old it reads one record.
#include "flow/retention.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "flow/map_run.hpp"
#include "flow/records.hpp"
#include "flow/rehearsal.hpp"
#include "sched/timers.hpp"

namespace stepwell::flow {

namespace {

constexpr std::chrono::hours sweep_interval{1};
constexpr std::chrono::minutes first_sweep_after{1};  // the start has enough to do
constexpr std::size_t looks_per_batch_max = 1'000;
constexpr std::size_t deletions_per_batch_max = 100;

// The first id of the next epoch or shard; 0: there is none.
constexpr ExecutionId behind_epoch_of(ExecutionId id) noexcept {
    constexpr int counter_bits = 36;  // see ExecutionId
    return ((id >> counter_bits) + 1) << counter_bits;
}

void erase_map_runs(const Storage& storage, ExecutionId id, Effects& effects) {
    storage.scan(Table::map_run, {execution_key(id)}, [&](std::string_view key, std::string_view) {
        effects.erase(Table::map_run, key);
        const auto run = ByteReader(key.substr(sizeof(ExecutionId))).big_endian<MapRunId>();
        effects.erase(Table::map_run, map_run_key(run));
        return true;
    });
}

void erase_execution(const Storage& storage, ExecutionId id, const ExecutionRecord& record,
                     Effects& effects) {
    const ExecutionKey key = execution_key(id);
    effects.erase(Table::execution, key);
    effects.erase(Table::execution_listing, listing_key(listing_of(record), record.start, id));
    if (!record.name.empty())
        effects.erase(Table::execution_name, name_key(record.machine_name, record.name));
    if (record.status != ExecutionStatus::succeeded) effects.erase(Table::redrive, key);
    if (record.status != ExecutionStatus::succeeded) Rehearsal::forget(effects, id);
    erase_map_runs(storage, id, effects);
    storage.scan(Table::history, {key}, [&](std::string_view chunk, std::string_view) {
        effects.erase(Table::history, chunk);
        return true;
    });
}

}  // namespace

struct Retention::Sweep : std::enable_shared_from_this<Sweep> {
    Sweep(milliseconds p, Clock& c, Storage& s) : period(p), clock(c), storage(s) {}

    void schedule(TimePoint time) {
        const std::scoped_lock lock(mutex);
        // The timers end before this does: see Retention::end.
        if (timers != nullptr)
            timers->schedule(time, [this] { take_batch(); }, sched::Timers::Kind::upkeep);
    }

    // On the timers' thread.
    void take_batch() {
        // What was redriven before the time that makes it old shows as running.
        storage.wait_until_applied(storage.durable());
        Effects effects;
        collect(effects);
        const TimePoint next =
            clock.now() + (cursor.empty() ? milliseconds{sweep_interval} : milliseconds{0});
        if (effects.is_empty()) return schedule(next);
        effects.when_durable([self = shared_from_this(), next] {
            Storage& store = self->storage;
            store.when_applied(store.durable(), [self, next] { self->schedule(next); });
        });
        storage.commit(std::move(effects));
    }

    // Erases the next of those that are old enough, and moves the cursor behind them.
    void collect(Effects& effects) {
        const TimePoint latest = clock.now() - period;
        std::size_t looks = 0;
        std::size_t deletions = 0;
        bool is_full = false;
        std::optional<ExecutionId> skipped;  // all that is left in its epoch is too young
        do {
            const std::string from = std::exchange(cursor, {});
            skipped.reset();
            storage.scan(Table::execution, {.from = from},
                         [&](std::string_view key, std::string_view value) {
                             is_full = looks++ == looks_per_batch_max ||
                                       deletions == deletions_per_batch_max;
                             if (is_full) {
                                 cursor = key;
                                 return false;
                             }
                             const auto id = ByteReader(key).big_endian<ExecutionId>();
                             const auto record = decode_execution_record(value);
                             if (!record.has_value()) return true;  // `stepwell doctor` tells
                             if (record->start > latest) {
                                 skipped = id;
                                 return false;
                             }
                             if (record->stop > latest || is_running(key)) return true;
                             erase_execution(storage, id, *record, effects);
                             ++deletions;
                             return true;
                         });
            if (skipped.has_value() && behind_epoch_of(*skipped) != 0)
                cursor = execution_key(behind_epoch_of(*skipped)).text();
        } while (!is_full && !cursor.empty());
    }

    // Since a redrive.
    bool is_running(std::string_view key) const {
        return storage.get(Table::continuation, key).has_value();
    }

    const milliseconds period;
    Clock& clock;
    Storage& storage;

    // The timers' thread's only.
    std::string cursor;  // the key to go on with; empty: the beginning

    std::mutex mutex;  // guards what follows
    std::unique_ptr<sched::Timers> timers;
};

Retention::Retention(milliseconds period, Clock& clock, Storage& storage)
    : sweep_(std::make_shared<Sweep>(period, clock, storage)) {}

Retention::~Retention() { end(); }

void Retention::begin() {
    {
        const std::scoped_lock lock(sweep_->mutex);
        sweep_->timers = std::make_unique<sched::Timers>(sweep_->clock);
    }
    sweep_->schedule(sweep_->clock.now() + first_sweep_after);
}

void Retention::end() {
    std::unique_ptr<sched::Timers> timers;
    {
        const std::scoped_lock lock(sweep_->mutex);
        timers = std::move(sweep_->timers);
    }
    // Ends without the mutex: a batch that is under way takes it.
}

}  // namespace stepwell::flow
