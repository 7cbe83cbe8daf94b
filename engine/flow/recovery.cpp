// ExecutionShard: taking up what was running when the process ended.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/limits.hpp"
#include "base/try.hpp"
#include "flow/execution_reads.hpp"
#include "flow/rehearsal.hpp"
#include "flow/state_runner.hpp"

namespace stepwell::flow {

Error ExecutionShard::damaged(ExecutionId id) const {
    return Error(stepwell::errors::system_failure,
                 "the stored state of execution " + std::to_string(id) + " is damaged");
}

Result<> ExecutionShard::recover(const Stored& stored) {
    const std::optional<RunningExecution> parts = split_running(stored.running);
    if (!parts.has_value()) {
        return Error(stepwell::errors::system_failure,
                     "the stored state of execution " + std::to_string(stored.id) +
                         " was written by another version of Stepwell");
    }
    const std::optional<ExecutionRecord> record = decode_execution_record(parts->record);
    if (stored.branches.empty() && record.has_value()) {
        const auto continuation = decode_continuation(parts->continuation);
        if (continuation.has_value() && recover_asleep(stored.id, *continuation, *record))
            return {};
    }
    return recover({stored.id, parts->continuation, stored.branches}, record);
}

Result<> ExecutionShard::recover(const Recovered& stored,
                                 const std::optional<ExecutionRecord>& record) {
    auto continuation = decode_continuation(stored.continuation);
    const bool is_apart = continuation.has_value() && !continuation->root.has_value();
    if (!record.has_value() || !continuation.has_value() || is_apart == stored.branches.empty())
        return damaged(stored.id);
    auto execution = std::make_unique<Execution>();
    execution->id = stored.id;
    if (const Result<> done = restore_execution(*execution, *record, continuation->execution);
        !done.has_value())
        return done.error();
    Branch& root = execution->root;
    if (is_apart) {
        if (const Result<> done = restore_branches(*execution, stored); !done.has_value())
            return done.error();
    } else {
        if (const Result<> done = restore_branch(root, std::move(*continuation->root));
            !done.has_value())
            return done.error();
    }
    residents_.add(*execution, shard_.now());
    executions_.emplace(stored.id, std::move(execution));
    resume_recovered(root);
    running_.fetch_add(1, std::memory_order_relaxed);  // relaxed: see the member
    return {};
}

Result<> ExecutionShard::restore_execution(Execution& execution, const ExecutionRecord& record,
                                           const ExecutionState& state) {
    static_cast<ExecutionState&>(execution) = state;
    if (const Result<> found = restore_machine(execution, record); !found.has_value())
        return found.error();
    const bool is_plain = record.name.empty() && record.trace_header.empty() &&
                          record.starter.empty() && record.qualifier.version == 0 &&
                          record.qualifier.alias.empty() && record.redrives.count == 0;
    if (!is_plain) {
        Particulars& particulars = execution.make_particulars();
        particulars.name = record.name;
        particulars.trace_header = record.trace_header;
        particulars.qualifier = record.qualifier;
        particulars.starter = record.starter;
        particulars.redrives = record.redrives;
    }
    if (!record.starter.empty()) started_by_[record.starter] = execution.id;
    if (has_rehearsals_ && !record.child_of.has_value()) {  // see rejoin_children
        std::shared_ptr<Rehearsal> found = Rehearsal::find(environment_.storage, execution.id);
        if (found != nullptr) execution.make_particulars().rehearsal = std::move(found);
    }
    execution.start = record.start;
    SW_TRY(execution.input, read_payload(environment_.storage, execution.id, {1, 1}, Field::input));
    if (environment_.closed_executions_max > 0) {
        environment_.storage.scan(
            Table::map_run, {execution_key(execution.id)}, [&](std::string_view key, auto) {
                execution.make_particulars().map_runs.push_back(
                    ByteReader(key.substr(sizeof(ExecutionId))).big_endian<MapRunId>());
                return true;
            });
    }
    if (!is_express(execution) && environment_.closed_executions_max == 0) return {};
    environment_.storage.scan(Table::history, {execution_key(execution.id)},
                              [&](std::string_view key, std::string_view) {
                                  execution.chunk_starts.push_back(first_event_of(key));
                                  return true;
                              });
    return {};
}

Result<> ExecutionShard::restore_machine(Execution& execution, const ExecutionRecord& record) {
    execution.machine =
        environment_.machines.find_revision(record.machine_id, record.machine_revision);
    if (execution.machine == nullptr) {
        return Error(stepwell::errors::system_failure,
                     "execution " + std::to_string(execution.id) + " of state machine " +
                         record.machine_name + " runs a definition that is not stored");
    }
    if (!record.child_of.has_value()) return {};
    const asl::StateIndex map = record.child_of->map_state;
    const asl::Program& program = *execution.machine->program;
    if (map.value >= program.size() || !program.state(map).distributed.has_value())
        return damaged(execution.id);
    StateMachinePtr& machine = machines_of_children_[{execution.machine, map.value}];
    if (machine == nullptr) machine = machine_of_children(*execution.machine, map);
    execution.machine = machine;
    execution.child_of = std::make_unique<ChildOf>(*record.child_of);
    return {};
}

// The branches' records come by their numbers, so each comes behind its parent's.
Result<> ExecutionShard::restore_branches(Execution& execution, const Recovered& stored) {
    std::unordered_map<BranchNumber, Branch*> branches;
    for (const auto& [number, bytes] : stored.branches) {
        auto record = decode_branch(bytes);
        if (!record.has_value()) return damaged(execution.id);
        if (number == 0) {
            execution.root.is_stored = true;
            if (const Result<> done = restore_branch(execution.root, std::move(record->state));
                !done.has_value())
                return done.error();
            branches.emplace(number, &execution.root);
            continue;
        }
        const auto parent = branches.find(record->place.parent);
        if (parent == branches.end()) return damaged(execution.id);
        const bool is_running = record->state.phase != Phase::finished;
        if (const Result<> done = restore_inner(*parent->second, number, std::move(*record));
            !done.has_value())
            return done.error();
        if (is_running) branches.emplace(number, parent->second->fan_out->running.back().get());
        execution.last_branch = std::max(execution.last_branch, number);
    }
    for (const auto& [number, branch] : branches) {
        const FanOut* const fan_out = branch->fan_out.get();
        if (fan_out != nullptr && fan_out->started != fan_out->running.size() + fan_out->over)
            return damaged(execution.id);
    }
    return {};
}

// A branch of a fan-out: one that runs, or the output of one that is over.
Result<> ExecutionShard::restore_inner(Branch& parent, BranchNumber number, BranchRecord record) {
    Execution& execution = parent.execution;
    const std::uint32_t index = record.place.index;
    FanOut* const fan_out = parent.fan_out.get();
    if (fan_out == nullptr || index >= fan_out->done.size() || fan_out->done[index].is_over)
        return damaged(execution.id);
    fan_out->started = std::max(fan_out->started, index + 1);
    BranchState& state = record.state;
    if (state.phase == Phase::finished) {
        FanOut::Done& done = fan_out->done[index];
        done = {{}, state.input_place, state.previous_event, number, true, true};
        SW_TRY(done.output, read_payload(environment_.storage, execution.id, state.input_place,
                                         state.input_field));
        fan_out->output_bytes += done.output.size();
        if (fan_out->output_bytes > limits::payload_bytes_max) done.output = {};
        fan_out->last_event = std::max(fan_out->last_event, done.last_event);
        ++fan_out->over;
        return {};
    }
    Branch& branch = *fan_out->running.emplace_back(std::make_unique<Branch>(execution, &parent));
    branch.number = number;
    branch.index = index;
    branch.is_stored = true;
    if (fan_out->items.has_value())
        branch.item = Payload::trusted(fan_out->items->array()[index].raw());
    if (record.has_parents_variables) state.variables = parent.variables;
    return restore_branch(branch, std::move(state));
}

Result<> ExecutionShard::restore_branch(Branch& branch, BranchState state) {
    Execution& execution = branch.execution;
    static_cast<BranchState&>(branch) = std::move(state);
    const asl::Program& program = *execution.machine->program;
    const bool fans_out = branch.phase == Phase::fanned_out;
    if (branch.phase == Phase::finished || branch.state.value >= program.size() ||
        (fans_out && program.state(branch.state).branches.empty()))
        return damaged(execution.id);
    if (branch.input_place.event == 1) {
        branch.input = execution.input;
    } else if (branch.input_place.event != 0) {
        SW_TRY(branch.input, read_payload(environment_.storage, execution.id, branch.input_place,
                                          branch.input_field));
    }
    if (branch.input.is_absent()) return damaged(execution.id);
    if (branch.input.text() == execution.input.text()) branch.input = execution.input;
    if (branch.has_slot) restore_slot(branch);
    if (!fans_out) return {};
    const asl::Evaluated<void> restored = StateRunner(*this, branch).restore_fan_out();
    if (!restored.has_value()) return damaged(execution.id);
    return {};
}

void ExecutionShard::restore_slot(Branch& branch) {
    const Execution& execution = branch.execution;
    if (asleep_.contains(execution.id)) return;  // its slot is open
    tokens_of(branch.slot_shard).reopen(branch.slot, branch, execution.id, branch.generation);
    add(open_tokens_, 1);
    const asl::Resource& resource = execution.machine->program->state(branch.state).resource;
    const bool is_submitted = resource.kind == asl::ResourceKind::integration &&
                              resource.pattern == asl::Pattern::wait_for_task_token;
    // One whose job has begun only has that followed again: see restart_recovered.
    const bool is_sent_again = branch.phase == Phase::task_submitting ||
                               (branch.phase == Phase::task_waiting && !is_submitted &&
                                resource.kind != asl::ResourceKind::activity);
    if (is_sent_again) to_restart_.push_back(&branch);
}

void ExecutionShard::resume_recovered(Branch& branch) {
    branch.task = run_branch(*this, branch);
    if (branch.phase == Phase::entering) {
        shard_.make_ready(branch.task.handle());
        return;
    }
    branch.task.handle().resume();  // to where it waits
    SW_ASSERT(branch.waiter != nullptr);
    arm(branch);
    if (branch.fan_out == nullptr) return;
    for (const auto& inner : branch.fan_out->running) resume_recovered(*inner);
}

void ExecutionShard::finish_recovering() {
    for (Tokens& tokens : tokens_) tokens.finish_reopening();
    machines_of_children_.clear();
    rejoin_children();
    set_alarm();
    if (!to_restart_.empty()) shard_.send([this] { restart_recovered(); });
}

// In the first turn: what was sent out and not answered is sent out again.
void ExecutionShard::restart_recovered() {
    for (Branch* branch : std::exchange(to_restart_, {})) {
        if (!branch->has_slot) continue;  // its time was over
        if (has_begun_job(*branch)) {
            follow_job_again(*branch);
            continue;
        }
        const Execution& execution = branch->execution;
        const asl::Resource& resource = execution.machine->program->state(branch->state).resource;
        const Field field =
            resource.kind == asl::ResourceKind::integration ? Field::parameters : Field::input;
        const Result<Payload> parameters =
            read_payload(environment_.storage, execution.id, branch->scheduled, field);
        SW_ASSERT(parameters.has_value());  // a stored attempt has its event in the same commit
        restart_task(*this, *branch, *parameters);
    }
}

}  // namespace stepwell::flow
