// StateRunner: Parallel and Map states.
//
// Their events as AWS has them: what a branch has, follows its own chain, which begins at the
// state's Started event; an iteration that begins when another ends follows that one's last event.
// The events behind a branch that failed (of the branches that it cuts off, of its iteration, of
// the state) all point to its last event, and so does the next attempt.
//
// source  recorded histories (tests/conformance); of what a failure cuts off, and of
// States.Runtime,
//         floci-io/floci#2868 and #3167, which were measured on AWS
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "flow/state_runner.hpp"

namespace stepwell::flow {

namespace {

constexpr std::uint32_t iterations_max = 40;  // at a time, whatever MaxConcurrency says

std::optional<EventType> aborted_event(asl::StateType type) {
    switch (type) {
        case asl::StateType::task:
            return EventType::task_state_aborted;
        case asl::StateType::wait:
            return EventType::wait_state_aborted;
        case asl::StateType::parallel:
            return EventType::parallel_state_aborted;
        case asl::StateType::map:
            return EventType::map_state_aborted;
        default:
            return std::nullopt;  // over as soon as they are entered
    }
}

std::uint32_t iterations_at_a_time(const asl::MapItems& items) {
    return items.concurrency == 0 ? iterations_max : std::min(items.concurrency, iterations_max);
}

}  // namespace

Step StateRunner::begin_parallel() {
    const asl::Evaluated<Payload> input = asl::effective_input(scope(context()));
    if (!input.has_value()) return fail_evaluation(input.error());
    shard_.record(branch_, EventType::parallel_state_started);
    if (execution_.is_history_full) return end_of_history();
    const std::vector<asl::StateIndex>& starts = state().branches;
    make_fan_out(starts.size(), std::nullopt);
    for (std::uint32_t i = 0; i < starts.size(); ++i) {
        Branch& branch = shard_.add_branch(branch_, i, starts[i]);
        branch.input = *input;
        branch.previous_event = branch_.previous_event;
    }
    return wait_for_branches();
}

// After a restart they are evaluated once more and have to be the same: time and chance, which
// JSONata has, are those of the attempt.
asl::Evaluated<asl::MapItems> StateRunner::map_items() {
    const asl::ContextObject seen = context();
    asl::Scope fixed = scope(seen);
    Random random(seed_of_attempt());
    fixed.now = branch_.entered_time;
    fixed.random = &random;
    return asl::map_items(fixed);
}

Step StateRunner::begin_map() {
    if (state().distributed.has_value()) return begin_map_run();
    asl::Evaluated<asl::MapItems> items = map_items();
    if (!items.has_value()) return fail_evaluation(items.error());
    const std::size_t size = items->array().size();
    shard_.record(branch_, EventType::map_state_started)
        .integer(Field::length, static_cast<std::int64_t>(size));
    if (execution_.is_history_full) return end_of_history();
    make_fan_out(size, std::move(*items));
    if (size == 0) return join();
    const std::uint32_t first =
        std::min(iterations_at_a_time(*branch_.fan_out->items), static_cast<std::uint32_t>(size));
    for (std::uint32_t i = 0; i < first; ++i) {
        const std::optional<Step> failed = begin_iteration(i, branch_.previous_event);
        if (failed.has_value()) return *failed;
    }
    return wait_for_branches();
}

void StateRunner::make_fan_out(std::size_t size, std::optional<asl::MapItems> items) {
    branch_.fan_out = std::make_unique<FanOut>();
    branch_.fan_out->done.resize(size);
    branch_.fan_out->items = std::move(items);
    branch_.fan_out->last_event = branch_.previous_event;
}

asl::Evaluated<void> StateRunner::restore_fan_out() {
    if (state().distributed.has_value()) return restore_map_run();
    if (!is_map()) {
        make_fan_out(state().branches.size(), std::nullopt);
        return {};
    }
    // What was evaluated before the restart, once more: the same arguments, the same answer.
    asl::Evaluated<asl::MapItems> items = map_items();
    if (!items.has_value()) return items.error();
    const std::size_t size = items->array().size();
    make_fan_out(size, std::move(*items));
    return {};
}

// Nothing when the iteration is on its way.
std::optional<Step> StateRunner::begin_iteration(std::uint32_t index, EventId previous) {
    record_iteration(EventType::map_iteration_started, index, previous);
    if (execution_.is_history_full) return end_of_history();
    const EventId started = execution_.last_event;
    const std::string_view item = branch_.fan_out->items->array()[index].raw();
    const Payload value = Payload::trusted(item);
    asl::ContextObject with_item = context();
    with_item.map_item_index = index;
    with_item.map_item_value = &value;
    asl::Evaluated<Payload> input = asl::iteration_input(scope(with_item));
    if (input.has_value() && is_too_large(*input))
        input = asl::Failure{std::string(data_limit_error), too_large_cause(state().name)};
    if (!input.has_value()) {
        branch_.previous_event = started;
        return fail_evaluation(input.error());
    }
    Branch& iteration = shard_.add_branch(branch_, index, state().branches.front());
    iteration.item = value;
    iteration.input = std::move(*input);
    iteration.previous_event = started;
    return std::nullopt;
}

ChunkWriter& StateRunner::record_iteration(EventType type, std::uint32_t index, EventId previous) {
    ChunkWriter& event = shard_.record_aside(branch_, type, previous);
    event.text(Field::name, state().name);
    event.integer(Field::index, index);
    return event;
}

Step StateRunner::wait_for_branches() {
    branch_.phase = Phase::fanned_out;
    shard_.mark_dirty(branch_);
    shard_.arm(branch_);
    return Step::waits;
}

// Some branches have ended: their outputs are kept, and other iterations take their places.
Step StateRunner::take_branches() {
    if (branch_.fan_out->map_run != nullptr) return take_children();
    for (FanOut::Ended& ended : std::exchange(branch_.fan_out->ended, {})) {
        if (ended.failure != nullptr) return fail_with(ended);
        const EventId last_event = take_branch(std::move(ended));
        if (execution_.is_history_full) return end_of_history();
        const FanOut& fan_out = *branch_.fan_out;
        if (fan_out.started == fan_out.done.size()) continue;
        const std::optional<Step> failed = begin_iteration(fan_out.started, last_event);
        if (failed.has_value()) return *failed;
    }
    const bool is_complete = branch_.fan_out->over == branch_.fan_out->done.size();
    return is_complete ? join() : Step::waits;
}

// Gives the last event of the branch's states.
EventId StateRunner::take_branch(FanOut::Ended ended) {
    FanOut& fan_out = *branch_.fan_out;
    Branch& branch = *ended.branch;
    const EventId last_event = branch.previous_event;
    if (is_map()) record_iteration(EventType::map_iteration_succeeded, branch.index, last_event);
    fan_out.last_event = is_map() ? execution_.last_event : last_event;
    FanOut::Done& done = fan_out.done[branch.index];
    done.place = branch.input_place;
    done.last_event = fan_out.last_event;
    fan_out.output_bytes += ended.output.size();
    if (fan_out.output_bytes <= limits::payload_bytes_max) done.output = std::move(ended.output);
    shard_.remove_ended(branch);
    return last_event;
}

// All have ended well.
Step StateRunner::join() {
    std::string outputs = "[";
    const bool is_too_much = branch_.fan_out->output_bytes > limits::payload_bytes_max;
    for (const FanOut::Done& done : branch_.fan_out->done) {
        if (is_too_much) break;
        if (outputs.size() > 1) outputs.push_back(',');
        outputs.append(done.output.text());
    }
    outputs.push_back(']');
    branch_.previous_event = branch_.fan_out->last_event;
    branch_.phase = Phase::entering;
    shard_.end_fan_out(branch_);
    shard_.mark_dirty(branch_);
    if (is_too_much || outputs.size() > limits::payload_bytes_max) {
        const std::string cause = too_large_cause(state().name);
        return handle_error({data_limit_error, cause});
    }
    shard_.record_aside(
        branch_, is_map() ? EventType::map_state_succeeded : EventType::parallel_state_succeeded,
        branch_.previous_event);
    if (execution_.is_history_full) return end_of_history();
    return exit_with(asl::state_output(scope(context()), Payload::trusted(outputs)));
}

// One has failed: the others are cut off, and the failure is this state's.
Step StateRunner::fail_with(const FanOut::Ended& failed) {
    if (!is_express(execution_)) {
        branch_.cut = std::make_unique<BranchRecords>();
        append_records_below(branch_, *branch_.cut);
    }
    record_cut(*failed.branch);
    branch_.previous_event = failed.branch->previous_event;
    branch_.phase = Phase::entering;
    shard_.end_fan_out(branch_);
    shard_.mark_dirty(branch_);
    Problem problem;
    if (failed.failure->error.has_value()) problem.error = *failed.failure->error;
    if (failed.failure->cause.has_value()) problem.cause = *failed.failure->cause;
    return handle_error(problem);
}

void StateRunner::record_cut(const Branch& failed) {
    const EventId previous = failed.previous_event;
    for (const std::unique_ptr<Branch>& branch : branch_.fan_out->running) {
        if (branch.get() == &failed) continue;
        if (is_map()) record_iteration(EventType::map_iteration_aborted, branch->index, previous);
        const bool is_in_state =
            branch->phase != Phase::entering && branch->phase != Phase::finished;
        if (!is_in_state) continue;
        const asl::StateType type = execution_.machine->program->state(branch->state).type;
        const std::optional<EventType> event = aborted_event(type);
        if (event.has_value()) shard_.record_aside(branch_, *event, previous);
    }
    if (is_map()) record_iteration(EventType::map_iteration_failed, failed.index, previous);
}

}  // namespace stepwell::flow
