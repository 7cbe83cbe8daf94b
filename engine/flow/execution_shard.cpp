#include "flow/execution_shard.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/limits.hpp"
#include "base/try.hpp"
#include "flow/answer_when_durable.hpp"
#include "flow/errors.hpp"
#include "flow/execution_reads.hpp"
#include "flow/jobs.hpp"
#include "flow/rehearsal.hpp"
#include "flow/state_test.hpp"

namespace stepwell::flow {

FanOut::FanOut() = default;
FanOut::~FanOut() = default;

Execution::Execution() : root(*this) {}
Execution::~Execution() = default;

const Particulars& Execution::particulars() const noexcept {
    static const Particulars none;
    return own_particulars == nullptr ? none : *own_particulars;
}

Particulars& Execution::make_particulars() {
    if (own_particulars == nullptr) own_particulars = std::make_unique<Particulars>();
    return *own_particulars;
}

ExecutionRecordView view_of(const Execution& execution) noexcept {
    const bool is_running = execution.status == ExecutionStatus::running;
    const TimePoint stop = is_running ? TimePoint{} : execution.ending->time;
    const Particulars& particulars = execution.particulars();
    return {execution.machine->id,
            execution.machine->revision,
            execution.machine->name,
            particulars.name,
            execution.status,
            execution.start,
            stop,
            is_running ? 0 : execution.last_event,
            particulars.trace_header,
            particulars.qualifier,
            execution.child_of.get(),
            particulars.starter,
            particulars.redrives};
}

ExecutionShard::ExecutionShard(std::uint32_t index, const ShardEnvironment& environment)
    : environment_(environment),
      door_(std::make_shared<Door>(*this)),
      shard_(index, environment.clock, environment.storage, *this),
      random_(environment.seed + index),
      next_id_(first_execution_id(index, environment.epoch)),
      has_rehearsals_(Rehearsal::are_stored(environment.storage)) {
    tokens_.resize((shards_max + environment.shards - 1) / environment.shards);
}

ExecutionShard::~ExecutionShard() {
    stop_thread();
    map_runs_.clear();  // none of them ends here
    shard_.timers().disarm(alarm_);
    for (const auto& [id, execution] : executions_) {
        shard_.timers().disarm(execution->root);
        if (execution->root.fan_out != nullptr) end_fan_out(execution->root);
    }
}

std::string_view ExecutionShard::arn_of(const Execution& execution) {
    if (std::exchange(arn_execution_, execution.id) != execution.id) {
        const std::string name = name_of(execution);
        arn_ = execution.test == nullptr
                   ? execution_arn(environment_.identity, execution.machine->name, name)
                   : state_test_arn(environment_.identity, *execution.machine, name);
    }
    return arn_;
}

std::string ExecutionShard::name_of(const Execution& execution) const {
    const std::string& given = execution.particulars().name;
    return given.empty() ? uuid_of(environment_.identity, execution.id) : given;
}

// ---- what ends a waiting
// -----------------------------------------------------------------------------------------

Branch* ExecutionShard::find(const sched::TokenAddress& address) {
    Tokens& tokens = tokens_of(address.shard);
    Branch* branch = tokens.find(address);
    const bool is_asleep = branch == nullptr && tokens.is_asleep(address);
    if (is_asleep && wake(address.execution) != nullptr) branch = tokens.find(address);
    return branch != nullptr && branch->has_slot ? branch : nullptr;
}

Error ExecutionShard::spent(const sched::TokenAddress& address) const {
    const bool did_not_wake = tokens_[address.shard / environment_.shards].is_asleep(address);
    if (did_not_wake) return damaged(address.execution);
    // A token of a later opening of this directory than any that is remembered: a copy of it went
    // back in time.
    if (epoch_of(address.execution) > environment_.epoch) {
        return Error(errors::task_does_not_exist, "Task does not exist");
    }
    return Error(errors::task_timed_out, "Task Timed Out: 'Provided task does not exist anymore'");
}

bool ExecutionShard::deliver(Branch& branch, Outcome outcome) {
    // That branches or children have ended only says that there is something to look at.
    const bool is_on_its_way = branch.outcome.kind == Outcome::Kind::branches_ended;
    if (branch.outcome.kind != Outcome::Kind::none && !is_on_its_way)
        return false;  // invariant (2): it has one already
    if (ends_without_answer(outcome.kind)) abandon_job(branch);
    if (branch.has_slot) close_slot(branch);
    shard_.timers().disarm(branch);
    branch.outcome = std::move(outcome);
    mark_dirty(branch);
    if (branch.waiter != nullptr && !is_on_its_way) shard_.make_ready(branch.waiter);
    return true;
}

void ExecutionShard::succeed_task(const sched::TokenAddress& address, Payload output,
                                  Completion<> done) {
    Branch* branch = find(address);
    if (branch == nullptr)
        return answer_when_durable<void>(effects(), std::move(done), spent(address));
    const bool is_delivered = deliver(*branch, Outcome{Outcome::Kind::answered, std::move(output)});
    SW_ASSERT(is_delivered);  // invariant (3): an open slot means no outcome
    effects().when_durable([done = std::move(done)]() mutable { done({}); });
}

void ExecutionShard::fail_task(const sched::TokenAddress& address, Outcome failure,
                               Completion<> done) {
    Branch* branch = find(address);
    if (branch == nullptr)
        return answer_when_durable<void>(effects(), std::move(done), spent(address));
    const bool is_delivered = deliver(*branch, std::move(failure));
    SW_ASSERT(is_delivered);  // as above
    effects().when_durable([done = std::move(done)]() mutable { done({}); });
}

void ExecutionShard::heartbeat(const sched::TokenAddress& address, Completion<> done) {
    Branch* branch = find(address);
    if (branch == nullptr)
        return answer_when_durable<void>(effects(), std::move(done), spent(address));
    if (branch->heartbeat_seconds > 0) {
        branch->heartbeat_at = shard_.now() + std::chrono::seconds{branch->heartbeat_seconds};
        mark_dirty(*branch);  // the timer stays where it is: it looks again when it fires
    }
    effects().when_durable([done = std::move(done)]() mutable { done({}); });
}

void ExecutionShard::answer_task(const sched::TokenAddress& address, TaskAnswer answer) {
    Branch* branch = find(address);
    if (branch == nullptr)  // a timeout, a stop or the token came first
        return answer_abandoned(address, answer);
    const bool is_submitting = branch->phase == Phase::task_submitting;
    if (TaskFailure* failure = std::get_if<TaskFailure>(&answer)) {
        const auto kind = is_submitting ? Outcome::Kind::not_submitted : Outcome::Kind::failed;
        deliver(*branch,
                Outcome{kind, {}, std::make_unique<TaskFailure>(std::move(*failure)), true, true});
        return;
    }
    Payload& output = std::get<Payload>(answer);
    if (!is_submitting) {
        deliver(*branch, Outcome{Outcome::Kind::answered, std::move(output)});
        return;
    }
    const asl::Resource& resource =
        branch->execution.machine->program->state(branch->state).resource;
    ChunkWriter& event = record(*branch, EventType::task_submitted);
    event.text(Field::resource_type, resource.history_type);
    event.text(Field::resource, resource.history_resource);
    event.text(Field::output, output.text());
    branch->phase = Phase::task_waiting;
    follow_job(*branch, output);
}

void ExecutionShard::activity_task_started(const sched::TokenAddress& address,
                                           std::string_view worker_name, Completion<> done) {
    Branch* branch = find(address);
    // A task is started once: it may be offered again after a crash between this and its removal.
    if (branch == nullptr || branch->previous_event != branch->scheduled.event)
        return answer_when_durable<void>(effects(), std::move(done), spent(address));
    ChunkWriter& event = record(*branch, EventType::activity_started);
    if (!worker_name.empty()) event.text(Field::worker_name, worker_name);
    effects().when_durable([done = std::move(done)]() mutable { done({}); });
}

void ExecutionShard::stop(ExecutionId id, Outcome reason, Completion<TimePoint> done) {
    Execution* const execution = resident(id);
    if (execution == nullptr && asleep_.contains(id))
        return answer_when_durable<TimePoint>(effects(), std::move(done), damaged(id));
    if (execution == nullptr || execution->status != ExecutionStatus::running) {
        // It ended while this call was on its way; its record says when.
        const std::optional<ExecutionRecord> record = find_record(environment_.storage, id);
        const TimePoint stopped =
            record.has_value() && record->stop != TimePoint{} ? record->stop : shard_.now();
        return answer_when_durable<TimePoint>(effects(), std::move(done), stopped);
    }
    Branch& root = execution->root;
    const bool is_completed = root.outcome.kind != Outcome::Kind::none &&
                              root.outcome.kind != Outcome::Kind::branches_ended;
    if (is_completed) {
        // A completion of this turn comes first, as it was acknowledged; the stop looks again in
        // the next.
        auto boxed = std::make_unique<std::pair<Outcome, Completion<TimePoint>>>(std::move(reason),
                                                                                 std::move(done));
        shard_.send([this, id, boxed = std::move(boxed)]() mutable {
            stop(id, std::move(boxed->first), std::move(boxed->second));
        });
        return;
    }
    deliver(root, std::move(reason));
    answer_when_durable<TimePoint>(effects(), std::move(done), shard_.now());
}

// Only the execution's own branch keeps the machine's time.
TimePoint ExecutionShard::due_of(const Branch& branch) noexcept {
    const TimePoint own = std::min(branch.wake_at, branch.heartbeat_at);
    return branch.is_root() ? std::min(own, branch.execution.machine_times_out) : own;
}

void ExecutionShard::timer_fired(sched::TimerEntry& entry) {
    if (&entry == &alarm_) return wake_due();
    Branch& branch = static_cast<Branch&>(entry);
    const TimePoint first = due_of(branch);
    if (first > shard_.now()) return arm(branch);  // a heartbeat has moved it
    Outcome outcome;
    if (branch.is_root() && first == branch.execution.machine_times_out) {
        outcome.kind = Outcome::Kind::machine_timed_out;
    } else if (first == branch.heartbeat_at) {
        outcome.kind = Outcome::Kind::heartbeat_missed;
    } else {
        const bool is_task =
            branch.phase == Phase::task_submitting || branch.phase == Phase::task_waiting;
        outcome.kind = is_task ? Outcome::Kind::timed_out : Outcome::Kind::woken;
    }
    deliver(branch, std::move(outcome));
}

void ExecutionShard::arm(Branch& branch) {
    shard_.timers().disarm(branch);
    const TimePoint due = due_of(branch);
    if (due != never) shard_.timers().arm(branch, due);
}

void ExecutionShard::open_slot(Branch& branch) {
    SW_ASSERT(!branch.has_slot);
    Execution& execution = branch.execution;
    // Named by the shard that the execution's id names, however many there are now: whatever their
    // number will be, the token finds the shard that runs the execution.
    branch.slot_shard = shard_of(execution.id);
    branch.slot = tokens_of(branch.slot_shard).open(branch, execution.id, ++execution.generation);
    branch.generation = execution.generation;
    branch.has_slot = true;
    add(open_tokens_, 1);
}

void ExecutionShard::close_slot(Branch& branch) {
    SW_ASSERT(branch.has_slot);
    tokens_of(branch.slot_shard).close(branch.slot);
    branch.has_slot = false;
    add(open_tokens_, -1);
}

std::atomic<std::uint64_t>& ExecutionShard::counter_of(ExecutionStatus status) noexcept {
    switch (status) {
        case ExecutionStatus::succeeded:
            return succeeded_;
        case ExecutionStatus::timed_out:
            return timed_out_;
        case ExecutionStatus::aborted:
            return aborted_;
        case ExecutionStatus::running:
        case ExecutionStatus::failed:
            break;
    }
    return failed_;
}

sched::TokenAddress ExecutionShard::address_of(const Branch& branch) const noexcept {
    return {branch.slot_shard, branch.slot, branch.generation, branch.execution.id};
}

// ---- history
// -----------------------------------------------------------------------------------------------------

ChunkWriter& ExecutionShard::chunk_of(Execution& execution) {
    mark_dirty(execution);
    if (execution.chunk == nullptr) {
        if (spare_chunks_.empty()) {
            execution.chunk = std::make_unique<ChunkWriter>();
        } else {
            execution.chunk = std::move(spare_chunks_.back());
            spare_chunks_.pop_back();
        }
    }
    return *execution.chunk;
}

ChunkWriter& ExecutionShard::record(Branch& branch, EventType type) {
    ChunkWriter& event = record_aside(branch, type, branch.previous_event);
    if (!branch.execution.is_history_full) branch.previous_event = branch.execution.last_event;
    return event;
}

ChunkWriter& ExecutionShard::record_aside(Branch& branch, EventType type, EventId previous) {
    Execution& execution = branch.execution;
    if (execution.last_event + 1 >= limits::history_events_max) {
        // Only the event that ends the execution has room left: the branch sees this and ends it.
        execution.is_history_full = true;
        discarded_.clear();
        discarded_.begin_event(1, type, 0, shard_.now());
        return discarded_;
    }
    mark_dirty(branch);
    ChunkWriter& chunk = chunk_of(execution);
    chunk.begin_event(++execution.last_event, type, previous, shard_.now());
    return chunk;
}

void ExecutionShard::end(Execution& execution, EventType type, EventId previous, Ending ending) {
    SW_ASSERT(execution.status == ExecutionStatus::running);
    execution.status = ending.status;
    ending.time = shard_.now();
    ChunkWriter& chunk = chunk_of(execution);
    chunk.begin_event(++execution.last_event, type, previous, shard_.now());
    if (!ending.output.is_absent()) chunk.text(Field::output, ending.output.text());
    if (ending.error.has_value()) chunk.text(Field::error, *ending.error);
    if (ending.cause.has_value()) chunk.text(Field::cause, *ending.cause);
    execution.ending = std::make_unique<Ending>(std::move(ending));
    if (execution.child_of != nullptr) child_ended(execution);
}

// ---- the end of a turn
// -------------------------------------------------------------------------------------------

void ExecutionShard::mark_dirty(Execution& execution) {
    execution.moved();
    if (std::exchange(execution.is_dirty, true)) return;
    dirty_.push_back(&execution);
}

void ExecutionShard::turn_ending() {
    if (!moved_.empty()) write_moved_branches();
    for (Execution* execution : dirty_) {
        execution->is_dirty = false;
        if (execution->test != nullptr) {
            end_turn_of_test(*execution);
            continue;
        }
        if (execution->chunk != nullptr) write_chunk(*execution);
        if (execution->status == ExecutionStatus::running) {
            write_continuation(*execution);
        } else {
            write_end(*execution);
        }
    }
    if (!dirty_.empty()) plan_house_keeping();
    dirty_.clear();
    if (!moved_map_runs_.empty()) write_map_runs();
    if (!over_.empty()) drop_over();
    if (!names_of_turn_.empty()) forget_names_when_applied();
}

void ExecutionShard::write_chunk(Execution& execution) {
    ChunkWriter& chunk = *execution.chunk;
    const bool is_over = execution.status != ExecutionStatus::running;
    if (!is_over || !is_express(execution)) {
        effects().insert(Table::history, history_key(execution.id, chunk.first_id()),
                         chunk.bytes());
        if (environment_.closed_executions_max > 0 || is_express(execution))
            execution.chunk_starts.push_back(chunk.first_id());
    }
    chunk.clear();
    spare_chunks_.push_back(std::move(execution.chunk));
}

void ExecutionShard::write_continuation(Execution& execution) {
    Branch& root = execution.root;
    const bool is_apart = root.phase == Phase::fanned_out;
    if (is_apart || root.is_stored) write_root_apart(root);
    value_.clear();
    append_running(value_, execution, is_apart ? nullptr : &root, view_of(execution));
    const ExecutionKey key = execution_key(execution.id);
    if (std::exchange(execution.is_new, false)) {
        effects().insert(Table::continuation, key, value_);
    } else {
        effects().put(Table::continuation, key, value_);
    }
}

void ExecutionShard::write_end(Execution& execution) {
    const ExecutionKey key = execution_key(execution.id);
    const Particulars& particulars = execution.particulars();
    if (!is_express(execution)) {
        value_.clear();
        append(value_, view_of(execution));
        if (particulars.redrives.count == 0) {
            effects().insert(Table::execution, key, value_);
        } else {
            effects().put(Table::execution, key, value_);
        }
    }
    if (!execution.is_new) effects().erase(Table::continuation, key);
    write_redrive_point(execution);
    const bool has_own_rehearsal =
        execution.rehearsal() != nullptr && execution.child_of == nullptr;
    const bool is_redrivable = particulars.redrive_point != nullptr;
    if (has_own_rehearsal && !is_redrivable) Rehearsal::forget(effects(), execution.id);
    if (particulars.redrives.count > 0) settle(execution.id);
    if (!particulars.starter.empty()) {
        started_by_.erase(particulars.starter);
        forget_abandoned_job(effects(), particulars.starter);
    }
    add(running_, -1);
    add(counter_of(execution.status), 1);

    std::vector<Completion<ExecutionDescription>> told;
    if (const auto waiting = waiting_for_end_.find(execution.id);
        waiting != waiting_for_end_.end()) {
        told = std::move(waiting->second);
        waiting_for_end_.erase(waiting);
    }
    if (execution.listener != nullptr && execution.listener->ended)
        told.push_back(std::move(execution.listener->ended));
    for (Completion<ExecutionDescription>& completion : told) {
        answer_when_durable<ExecutionDescription>(effects(), std::move(completion),
                                                  describe_ended(execution));
    }
    if (execution.listener != nullptr && execution.listener->over) {
        effects().when_durable([listener = std::move(execution.listener),
                                status = execution.status] { listener->over(status); });
    }
    Branch& root = execution.root;
    SW_ASSERT(root.fan_out == nullptr && !root.is_listed);
    if (root.is_stored) effects().erase(Table::continuation, branch_key(execution.id, 0));
    shard_.timers().disarm(root);
    if (is_express(execution)) {
        if (!execution.is_new) erase_express(execution);
    } else if (environment_.closed_executions_max > 0) {
        closed_.push_back({execution.id, listing_of(execution), execution.start,
                           particulars.name.empty()
                               ? std::string()
                               : name_key(execution.machine->name, particulars.name),
                           std::move(execution.chunk_starts), particulars.map_runs,
                           has_own_rehearsal && is_redrivable});
        if (closed_.size() > environment_.closed_executions_max) evict_oldest_closed();
    }
    executions_.erase(execution.id);
}

// All that is stored of it beside its continuation.
void ExecutionShard::erase_express(const Execution& execution) {
    for (const EventId first : execution.chunk_starts)
        effects().erase(Table::history, history_key(execution.id, first));
}

void ExecutionShard::evict_oldest_closed() {
    const Closed& oldest = closed_.front();
    effects().erase(Table::execution, execution_key(oldest.id));
    effects().erase(Table::redrive, execution_key(oldest.id));
    if (!oldest.name_key.empty()) effects().erase(Table::execution_name, oldest.name_key);
    effects().erase(Table::execution_listing, listing_key(oldest.listing, oldest.start, oldest.id));
    for (const MapRunId run : oldest.map_runs) {
        effects().erase(Table::map_run, map_run_listing_key(oldest.id, run));
        effects().erase(Table::map_run, map_run_key(run));
    }
    if (oldest.is_rehearsal) Rehearsal::forget(effects(), oldest.id);
    for (const EventId first : oldest.chunks)
        effects().erase(Table::history, history_key(oldest.id, first));
    closed_.pop_front();
}

ExecutionDescription ExecutionShard::describe_ended(const Execution& execution) {
    const ExecutionRecordView record = view_of(execution);
    ExecutionDescription description = describe_record(environment_.identity, execution.id, record);
    description.redrive_status_reason =
        redrive_obstacle(record, {execution.particulars().redrive_point != nullptr,
                                  execution.status == ExecutionStatus::succeeded ||
                                      environment_.machines.takes_executions(record.machine_id),
                                  shard_.now()})
            .value_or("");
    description.input = execution.input;
    description.output = execution.ending->output;
    description.error = execution.ending->error;
    description.cause = execution.ending->cause;
    return description;
}

void ExecutionShard::wait_until_ended(ExecutionId id, std::string execution_arn,
                                      Completion<ExecutionDescription> done) {
    if (executions_.contains(id) || asleep_.contains(id)) {
        waiting_for_end_[id].push_back(std::move(done));
        return;
    }
    // It has ended meanwhile: described like any other, once the store knows.
    effects().when_durable(
        [this, arn = std::move(execution_arn), done = std::move(done)]() mutable {
            describe_when_applied(environment_.storage, environment_.identity,
                                  {environment_.clock, environment_.machines}, std::move(arn),
                                  std::move(done));
        });
}

}  // namespace stepwell::flow
