// ExecutionShard: the branches of Parallel and Map states, from their start to their end, and their
// records.
//
// A branch that has ended stays until its parent, which runs later in the same turn, takes its
// output. One that is cancelled may be about to run: it does nothing when it is resumed. Either is
// kept until the end of the turn, and one turn longer where it waits for the next.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "flow/execution_shard.hpp"

namespace stepwell::flow {

void ExecutionShard::mark_dirty(Branch& branch) {
    mark_dirty(branch.execution);
    branch.is_dirty = true;
    if (!branch.is_root()) list(branch);
}

void ExecutionShard::list(Branch& branch) {
    if (std::exchange(branch.is_listed, true)) return;
    moved_.push_back(&branch);
}

Branch& ExecutionShard::add_branch(Branch& parent, std::uint32_t index, asl::StateIndex start) {
    FanOut& fan_out = *parent.fan_out;
    SW_ASSERT(index == fan_out.started);
    ++fan_out.started;
    Execution& execution = parent.execution;
    Branch& branch = *fan_out.running.emplace_back(std::make_unique<Branch>(execution, &parent));
    branch.number = ++execution.last_branch;
    branch.index = index;
    branch.state = start;
    branch.variables = parent.variables;
    branch.task = run_branch(*this, branch);
    shard_.make_ready(branch.task.handle());
    mark_dirty(branch);
    return branch;
}

void ExecutionShard::branch_ended(Branch& branch, Payload output, std::unique_ptr<Ending> failure) {
    SW_ASSERT(!branch.is_root() && branch.fan_out == nullptr && !branch.has_slot);
    branch.phase = Phase::finished;
    branch.has_failed = failure != nullptr;
    Branch& parent = *branch.parent;
    parent.fan_out->ended.push_back({&branch, std::move(output), std::move(failure)});
    if (parent.outcome.kind != Outcome::Kind::none) return;  // it is on its way
    parent.outcome.kind = Outcome::Kind::branches_ended;
    shard_.make_ready(parent.waiter);
}

void ExecutionShard::remove_ended(Branch& branch) {
    SW_ASSERT(branch.phase == Phase::finished && branch.task.is_done());
    FanOut& fan_out = *branch.parent->fan_out;
    FanOut::Done& done = fan_out.done[branch.index];
    done.is_over = true;
    done.number = branch.number;
    done.is_stored = branch.is_stored;
    ++fan_out.over;
    fan_out.unwritten.push_back(branch.index);
    list(*branch.parent);
    branch.is_over = true;
    const auto found = std::find_if(fan_out.running.begin(), fan_out.running.end(),
                                    [&](const auto& each) { return each.get() == &branch; });
    over_.push_back(std::move(*found));
    fan_out.running.erase(found);
}

void ExecutionShard::end_fan_out(Branch& branch) {
    const std::unique_ptr<FanOut> fan_out = std::move(branch.fan_out);
    if (fan_out->map_run != nullptr) abort_map_run(*fan_out->map_run);
    for (std::unique_ptr<Branch>& inner : fan_out->running) {
        cancel(*inner);
        over_.push_back(std::move(inner));
    }
    for (const FanOut::Done& done : fan_out->done) {
        if (!done.is_stored) continue;
        effects().erase(Table::continuation, branch_key(branch.execution.id, done.number));
    }
}

void ExecutionShard::cancel(Branch& branch) {
    branch.is_over = true;
    abandon_job(branch);
    if (branch.has_slot) close_slot(branch);
    shard_.timers().disarm(branch);
    if (branch.is_stored) {
        effects().erase(Table::continuation, branch_key(branch.execution.id, branch.number));
    }
    if (branch.fan_out != nullptr) end_fan_out(branch);
}

// At the end of a turn nothing is about to run but what waits for the next.
void ExecutionShard::drop_over() {
    std::erase_if(over_, [](const auto& branch) { return !branch->is_yielding; });
}

// ---- records
// -----------------------------------------------------------------------------------------------------

void ExecutionShard::write_moved_branches() {
    for (Branch* branch : std::exchange(moved_, {})) {
        branch->is_listed = false;
        if (branch->is_over) continue;
        if (branch->fan_out != nullptr) write_finished(*branch);
        if (branch->is_root() || !std::exchange(branch->is_dirty, false)) continue;
        const bool has_parents_variables =
            branch->variables.is_same_as(branch->parent->variables) &&
            !branch->variables.is_absent();
        effects().put(Table::continuation, branch_key(branch->execution.id, branch->number),
                      encode_branch(branch->place(), *branch, has_parents_variables));
        branch->is_stored = true;
    }
}

void ExecutionShard::write_finished(Branch& parent) {
    FanOut& fan_out = *parent.fan_out;
    for (const std::uint32_t index : fan_out.unwritten) {
        FanOut::Done& done = fan_out.done[index];
        effects().put(Table::continuation, branch_key(parent.execution.id, done.number),
                      encode_branch({parent.number, index}, finished_state(done), false));
        done.is_stored = true;
    }
    fan_out.unwritten.clear();
}

void ExecutionShard::write_root_apart(Branch& root) {
    const BranchKey key = branch_key(root.execution.id, root.number);
    const bool is_apart = root.phase == Phase::fanned_out;
    if (!is_apart) {
        effects().erase(Table::continuation, key);
    } else if (root.is_dirty) {
        effects().put(Table::continuation, key, encode_branch(root.place(), root, false));
    }
    root.is_dirty = false;
    root.is_stored = is_apart;
}

}  // namespace stepwell::flow
