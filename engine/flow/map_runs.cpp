// ExecutionShard: map runs, their children, and what is stored of them.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/limits.hpp"
#include "base/try.hpp"
#include "flow/answer_when_durable.hpp"
#include "flow/errors.hpp"
#include "flow/execution_reads.hpp"
#include "flow/execution_shard.hpp"
#include "flow/item_reader.hpp"
#include "flow/rehearsal.hpp"
#include "flow/result_writer.hpp"

namespace stepwell::flow {

namespace {

bool is_result_alone(const MapRun& run, const Execution& child) {
    return child.status == ExecutionStatus::succeeded &&
           asl::map_run_of(run.state()).writer.transformation != asl::ResultTransformation::none;
}

}  // namespace

MapRun& ExecutionShard::begin_map_run(Branch& owner, asl::MapRunSettings settings) {
    Execution& execution = owner.execution;
    const MapRunId id = next_id(execution.id);
    FanOut& fan_out = *owner.fan_out;
    fan_out.map_run = std::make_unique<MapRun>(id, owner);
    MapRun& run = *fan_out.map_run;
    map_runs_.emplace(id, &run);
    owner.map_run = id;
    run.machine = machine_of_children(*execution.machine, owner.state);
    MapRunRecord& record = run.record;
    record.execution = execution.id;
    record.machine_name = execution.machine->name;
    record.execution_name = name_of(execution);
    record.label = label_of(*execution.machine, owner.state);
    record.start = shard_.now();
    if (settings.tolerated_failure_count.has_value())
        record.tolerated_failure_count =
            static_cast<std::uint64_t>(*settings.tolerated_failure_count);
    record.tolerated_failure_percentage = settings.tolerated_failure_percentage;
    if (settings.makes_batches())
        record.items_per_child_max =
            static_cast<std::uint64_t>(settings.items_per_batch_max.value_or(0));
    run.settings = std::move(settings);
    effects().put(Table::map_run, map_run_listing_key(execution.id, id), {});
    if (environment_.closed_executions_max > 0) execution.make_particulars().map_runs.push_back(id);
    mark_dirty(run);
    return run;
}

// Of the executions of one shard, however many shards there were when the first of them started.
ExecutionId ExecutionShard::next_id(ExecutionId beside) {
    const std::uint32_t shard = shard_of(beside);
    if (shard == shard_.index()) return next_id_++;
    const auto [next, is_first] =
        next_ids_of_others_.try_emplace(shard, first_execution_id(shard, environment_.epoch));
    return next->second++;
}

void ExecutionShard::mark_dirty(MapRun& run) {
    if (std::exchange(run.is_dirty, true)) return;
    moved_map_runs_.push_back(run.id);
}

void ExecutionShard::write_map_runs() {
    for (const MapRunId id : std::exchange(moved_map_runs_, {})) {
        const auto found = map_runs_.find(id);
        if (found == map_runs_.end()) continue;  // it has ended, which is written
        MapRun& run = *found->second;
        run.is_dirty = false;
        run.started_in_turn = 0;
        effects().put(Table::map_run, map_run_key(id), encode(run.record));
    }
}

void ExecutionShard::wake(MapRun& run) {
    Branch& owner = run.owner;
    if (owner.outcome.kind != Outcome::Kind::none) return;  // it is on its way
    owner.outcome.kind = Outcome::Kind::branches_ended;
    if (owner.waiter != nullptr) shard_.make_ready(owner.waiter);
}

// ---- children
// -----------------------------------------------------------------------------------------------------

void ExecutionShard::start_child(MapRun& run, Payload input, std::uint32_t items) {
    const ExecutionId id = next_id(run.record.execution);
    const bool is_express_child = run.machine->type == MachineType::express;
    std::string name;  // its id's
    if (is_express_child) name = express_name(uuid_of(environment_.identity, id));
    Execution& child = begin_execution(id, run.machine, std::move(name), std::move(input));
    child.child_of = std::make_unique<ChildOf>(ChildOf{run.id, *run.machine->map_state,
                                                       run.record.children_started, items,
                                                       run.settings.makes_batches()});
    if (Execution& owner = run.owner.execution; owner.rehearsal() != nullptr)
        child.make_particulars().rehearsal = owner.particulars().rehearsal;
    ++run.record.children_started;
    run.record.next_item += items;
    run.running.emplace(id, items);
    mark_dirty(run);
    add(running_, 1);
    add(started_, 1);
    child.is_new = true;
    if (!is_express_child) write_names(child);
    begin_first_state(child);
}

// Called in the turn in which the child ends.
void ExecutionShard::child_ended(const Execution& child) {
    const auto found = map_runs_.find(child.child_of->map_run);
    if (found == map_runs_.end()) return;  // the run was over before
    MapRun& run = *found->second;
    const auto running = run.running.find(child.id);
    SW_ASSERT(running != run.running.end());
    run.record.items.of(child.status) += running->second;
    ++run.record.children.of(child.status);
    run.running.erase(running);
    keep_result(run, child);
    mark_dirty(run);
    wake(run);
}

// As long as all of them together may become the state's output; those that are written elsewhere
// in any case.
void ExecutionShard::keep_result(MapRun& run, const Execution& child) {
    if (run.record.is_result_too_large) return;
    const bool is_alone = is_result_alone(run, child);
    const bool is_exported = run.state().distributed->exports_results;
    ChildResult result;
    result.status = child.status;
    if ((is_alone || is_exported) && !is_express(child)) {
        result.child = child.id;
        result.place = last_place(child);
    }
    Payload text;
    if (result.child == 0 || !is_exported)
        text = is_alone ? child.ending->output : with_metadata(describe_ended(child));
    const std::uint32_t index = child.child_of->index;
    if (!is_exported) {
        run.result_bytes += text.size() + 1;
        run.results.emplace(index, text);
    }
    if (run.result_bytes > limits::payload_bytes_max) {
        run.record.is_result_too_large = true;
        return forget_results(run);
    }
    if (result.child == 0) result.text = std::move(text);
    effects().put(Table::map_run, child_result_key(run.id, index), encode(result));
}

void ExecutionShard::forget_results(MapRun& run) {
    for (const auto& [index, result] : run.results)
        effects().erase(Table::map_run, child_result_key(run.id, index));
    run.results.clear();
    if (!run.state().distributed->exports_results) return;
    for (std::uint32_t index = 0; index < run.record.children_started; ++index)
        effects().erase(Table::map_run, child_result_key(run.id, index));
}

// Children that are still under way are stopped: by themselves in this turn or the next.
void ExecutionShard::end_map_run(MapRun& run, MapRunStatus status) {
    if (map_runs_.erase(run.id) == 0) return;  // it has ended before
    run.record.status = status;
    run.record.stop = shard_.now();
    for (const auto& [child, items] : run.running) {
        run.record.items.aborted += items;
        ++run.record.children.aborted;
        stop_child(child);
    }
    run.running.clear();
    forget_results(run);
    if (run.state().distributed->has_reader)
        effects().erase(Table::map_run, map_run_items_key(run.id));
    effects().put(Table::map_run, map_run_key(run.id), encode(run.record));
    run.owner.map_run = 0;
}

void ExecutionShard::stop_child(ExecutionId id) {
    Outcome reason;
    reason.kind = Outcome::Kind::stopped;
    reason.failure = std::make_unique<TaskFailure>();
    stop(id, std::move(reason), [](const Result<TimePoint>&) {});
}

// What ends the owner's state otherwise: a stop, a timeout, another branch that failed.
void ExecutionShard::abort_map_run(MapRun& run) {
    if (!map_runs_.contains(run.id)) return;
    if (run.owner.execution.status == ExecutionStatus::running)
        record_aside(run.owner, EventType::map_run_aborted, run.owner.previous_event);
    end_map_run(run, MapRunStatus::aborted);
}

void ExecutionShard::update_map_run(MapRunId id, const UpdateMapRunInput& changes,
                                    Completion<> done) {
    const auto found = map_runs_.find(id);
    if (found != map_runs_.end()) {
        MapRun& run = *found->second;
        MapRunRecord& record = run.record;
        if (changes.max_concurrency.has_value()) record.max_concurrency = *changes.max_concurrency;
        if (changes.tolerated_failure_count.has_value())
            record.tolerated_failure_count = changes.tolerated_failure_count;
        if (changes.tolerated_failure_percentage.has_value())
            record.tolerated_failure_percentage = changes.tolerated_failure_percentage;
        mark_dirty(run);
        wake(run);
    }
    answer_when_durable<void>(effects(), std::move(done), Result<>{});
}

// ---- what objects are read and written
// -----------------------------------------------------------------------------------------------------

void ExecutionShard::Door::tell(MapRunId id, UniqueFunction<void(MapRun&)> news) {
    const std::scoped_lock lock(mutex);
    if (shard == nullptr) return;
    shard->send([to = shard, id, news = std::move(news)]() mutable {
        const auto found = to->map_runs_.find(id);
        if (found == to->map_runs_.end()) return;
        news(*found->second);
        to->wake(*found->second);
    });
}

void ExecutionShard::Door::close() {
    const std::scoped_lock lock(mutex);
    shard = nullptr;
}

Result<> ExecutionShard::read_items(MapRun& run, const asl::State& state,
                                    const Payload& parameters) {
    if (environment_.objects == nullptr) {
        return Error(stepwell::errors::not_implemented,
                     "This installation has no object store that an ItemReader could read from");
    }
    SW_TRY(ItemSource source, item_source(state, parameters));
    source.items_max = static_cast<std::uint64_t>(run.settings.items_max.value_or(0));
    run.is_read_requested = true;
    flow::read_items(*environment_.objects, std::move(source),
                     [door = door_, id = run.id](Result<Payload> items) {
                         door->tell(id, [items = std::move(items)](MapRun& told) mutable {
                             told.items_read.emplace(std::move(items));
                         });
                     });
    return {};
}

void ExecutionShard::keep_items(MapRun& run, const Payload& items, std::uint64_t count) {
    run.record.items_total = count;
    run.record.is_reading = false;
    effects().put(Table::map_run, map_run_items_key(run.id), items.text());
    mark_dirty(run);
}

// ---- results
// -----------------------------------------------------------------------------------------------------

void ExecutionShard::write_results(MapRun& run, ResultTarget target) {
    run.is_write_requested = true;
    const auto written = [door = door_, id = run.id](Result<> result) {
        door->tell(id, [result = std::move(result)](MapRun& told) mutable {
            told.results_written.emplace(std::move(result));
        });
    };
    // What is written is read from the store: once all of this turn is in it.
    effects().when_durable([this, written, target = std::move(target), id = run.id,
                            name = run.machine->name]() mutable {
        Storage& storage = environment_.storage;
        storage.when_applied(storage.durable(), [this, written, target = std::move(target), id,
                                                 name = std::move(name)]() mutable {
            flow::write_results(environment_.storage, environment_.identity, *environment_.objects,
                                std::move(target), id, std::move(name), written);
        });
    });
}

// ---- after a restart
// -----------------------------------------------------------------------------------------------------

Result<> ExecutionShard::restore_map_run(Branch& owner, asl::MapRunSettings settings) {
    const MapRunId id = owner.map_run;
    const auto stored = environment_.storage.get(Table::map_run, map_run_key(id));
    auto record = stored.has_value() ? decode_map_run_record(*stored) : std::nullopt;
    if (!record.has_value() || record->execution != owner.execution.id)
        return damaged(owner.execution.id);
    FanOut& fan_out = *owner.fan_out;
    fan_out.map_run = std::make_unique<MapRun>(id, owner);
    MapRun& run = *fan_out.map_run;
    run.record = std::move(*record);
    run.settings = std::move(settings);
    run.machine = machine_of_children(*owner.execution.machine, owner.state);
    if (!fan_out.items.has_value() && !run.record.is_reading) {
        const auto items = environment_.storage.get(Table::map_run, map_run_items_key(id));
        if (!items.has_value()) return damaged(owner.execution.id);
        fan_out.items.emplace(asl::MapItems{json::Document::of(Payload::trusted(*items)), 0});
    }
    if (!run.record.is_reading && fan_out.items->array().size() != run.record.items_total)
        return damaged(owner.execution.id);
    if (const Result<> restored = restore_results(run); !restored.has_value())
        return restored.error();
    map_runs_.emplace(id, &run);
    return {};
}

Result<> ExecutionShard::restore_results(MapRun& run) {
    if (run.state().distributed->exports_results) return {};  // they are read when all are there
    bool is_good = true;
    const Storage& storage = environment_.storage;
    storage.scan(Table::map_run, {map_run_key(run.id)},
                 [&](std::string_view key, std::string_view bytes) {
                     const std::optional<std::uint32_t> index = index_of_result_key(key);
                     if (!index.has_value()) return true;
                     std::optional<ChildResult> result = decode_child_result(bytes);
                     is_good = result.has_value();
                     if (is_good && result->child != 0) {
                         Result<Payload> output =
                             read_payload(storage, result->child, result->place, Field::output);
                         is_good = output.has_value();
                         if (is_good) result->text = std::move(*output);
                     }
                     if (!is_good) return false;
                     run.result_bytes += result->text.size() + 1;
                     run.results.emplace(*index, std::move(result->text));
                     return true;
                 });
    if (!is_good) return damaged(run.record.execution);
    return {};
}

// The one that it was started with, or that whoever is above its Maps was.
std::shared_ptr<Rehearsal> ExecutionShard::rehearsal_of(const Execution& execution) const {
    const Execution* top = &execution;
    while (top->child_of != nullptr) {
        const auto run = map_runs_.find(top->child_of->map_run);
        if (run == map_runs_.end()) return nullptr;  // it is over: so is what is below
        top = &run->second->owner.execution;
    }
    return top->particulars().rehearsal;
}

// Once all executions are read back: which children each run has. A child whose run is over was on
// its way to be stopped.
void ExecutionShard::rejoin_children() {
    std::vector<ExecutionId> orphans;
    for (const auto& [id, execution] : executions_) {
        if (execution->child_of == nullptr) continue;
        const auto found = map_runs_.find(execution->child_of->map_run);
        if (found == map_runs_.end()) {
            orphans.push_back(id);
        } else {
            found->second->running.emplace(id, execution->child_of->items);
            if (std::shared_ptr<Rehearsal> shared = rehearsal_of(*execution); shared != nullptr)
                execution->make_particulars().rehearsal = std::move(shared);
        }
    }
    if (orphans.empty() && map_runs_.empty()) return;
    shard_.send([this, orphans = std::move(orphans)] {
        for (const ExecutionId id : orphans) stop_child(id);
        for (const auto& [id, run] : map_runs_) wake(*run);
    });
}

}  // namespace stepwell::flow
