// What a branch does, state after state.
//
// The coroutine at the end only loops and suspends; everything between two suspensions is plain
// code in StateRunner.

#include "flow/state_runner.hpp"

#include <string>
#include <utility>

#include "base/assert.hpp"

namespace stepwell::flow {

namespace {

constexpr std::uint32_t states_per_turn_max = 100;  // then the others on the shard have their turn

EventType entered_event(asl::StateType type) {
    switch (type) {
        case asl::StateType::task:
            return EventType::task_state_entered;
        case asl::StateType::pass:
            return EventType::pass_state_entered;
        case asl::StateType::choice:
            return EventType::choice_state_entered;
        case asl::StateType::wait:
            return EventType::wait_state_entered;
        case asl::StateType::succeed:
            return EventType::succeed_state_entered;
        case asl::StateType::fail:
            return EventType::fail_state_entered;
        case asl::StateType::parallel:
            return EventType::parallel_state_entered;
        case asl::StateType::map:
            return EventType::map_state_entered;
    }
    SW_PANIC("a state of no known type");
}

EventType exited_event(asl::StateType type) {
    switch (type) {
        case asl::StateType::task:
            return EventType::task_state_exited;
        case asl::StateType::pass:
            return EventType::pass_state_exited;
        case asl::StateType::choice:
            return EventType::choice_state_exited;
        case asl::StateType::wait:
            return EventType::wait_state_exited;
        case asl::StateType::succeed:
            return EventType::succeed_state_exited;
        case asl::StateType::parallel:
            return EventType::parallel_state_exited;
        case asl::StateType::map:
            return EventType::map_state_exited;
        case asl::StateType::fail:
            break;
    }
    SW_PANIC("a state that has no exit");
}

// The events of a task, by what its Resource names.
struct TaskEvents {
    EventType scheduled, started, succeeded, failed, timed_out;
};
constexpr TaskEvents integration_events{EventType::task_scheduled, EventType::task_started,
                                        EventType::task_succeeded, EventType::task_failed,
                                        EventType::task_timed_out};
constexpr TaskEvents lambda_events{
    EventType::lambda_function_scheduled, EventType::lambda_function_started,
    EventType::lambda_function_succeeded, EventType::lambda_function_failed,
    EventType::lambda_function_timed_out};
constexpr TaskEvents activity_events{EventType::activity_scheduled, EventType::activity_started,
                                     EventType::activity_succeeded, EventType::activity_failed,
                                     EventType::activity_timed_out};

const TaskEvents& events_of(const asl::Resource& resource) {
    switch (resource.kind) {
        case asl::ResourceKind::lambda_function:
            return lambda_events;
        case asl::ResourceKind::activity:
            return activity_events;
        case asl::ResourceKind::integration:
            break;
    }
    return integration_events;
}

constexpr std::string_view timeout_error = "States.Timeout";
constexpr std::string_view runtime_error = "States.Runtime";

// Hands the present attempt's task to its service. The token is as unique as the attempt, and the
// same when the call is made again after a crash: it is the request's id too.
std::optional<ServiceReply> send_out(ExecutionShard& shard, const Branch& branch,
                                     const Payload& parameters, const sched::TokenText& token) {
    const asl::State& task = branch.execution.machine->program->state(branch.state);
    const sched::TokenAddress address = shard.address_of(branch);
    const std::string_view token_text{token.data(), token.size()};
    const auto seconds_until = [&](TimePoint time) -> std::optional<std::int64_t> {
        if (time == never) return std::nullopt;
        return std::chrono::duration_cast<std::chrono::seconds>(time - shard.now()).count();
    };
    const TaskCall call{
        task.resource,
        parameters,
        TaskAddress{address.shard, address.slot, address.generation, address.execution},
        task.wants_token ? token_text : std::string_view{},
        branch.execution.machine->role_arn,
        token_text,
        seconds_until(branch.wake_at),
        seconds_until(branch.heartbeat_at)};
    return shard.environment().port.start(shard.effects(), call);
}

bool is_submitted(const asl::State& task) {
    return task.wants_token && task.resource.kind == asl::ResourceKind::integration;
}

}  // namespace

EventType failed_event(const asl::Resource& resource) { return events_of(resource).failed; }
EventType timed_out_event(const asl::Resource& resource) { return events_of(resource).timed_out; }

std::string too_large_cause(std::string_view what) {
    return "The state/task '" + std::string(what) +
           "' returned a result with a size exceeding the maximum number of bytes service limit.";
}

std::string StateRunner::execution_name() const {
    return std::string(given_name(shard_.name_of(execution_)));
}

asl::ContextObject StateRunner::context() {
    asl::ContextObject context;
    context.naming = this;
    context.execution_input = &execution_.input;
    context.is_express = is_express(execution_) || execution_.test != nullptr;
    context.role_arn = execution_.machine->role_arn;
    context.start_time = execution_.start;
    context.redrive_count = execution_.particulars().redrives.count;
    context.redrive_time = execution_.particulars().redrives.date;
    context.state_machine_id = execution_.machine->arn;
    context.state_machine_name = execution_.machine->name;
    context.state_name = state().name;
    context.entered_time = branch_.entered_time;
    context.retry_count = branch_.retry_count;
    const Branch* iteration = &branch_;
    while (iteration != nullptr && iteration->item.is_absent()) iteration = iteration->parent;
    if (iteration != nullptr) {
        context.map_item_index = iteration->index;
        context.map_item_value = &iteration->item;
    }
    if (test() != nullptr && !test()->input.context.is_absent())
        context.given = &test()->input.context;
    return context;
}

Step StateRunner::begin_state() {
    branch_.entered_time = shard_.now();
    branch_.retry_count = test() == nullptr ? 0 : test()->input.retrier_retry_count;
    branch_.retrier_attempts.clear();
    if (test() != nullptr && fans_out()) return begin_test_of_branches();
    note(Visit::Kind::entered);
    before_entry_ = branch_.previous_event;
    is_entering_ = true;
    ChunkWriter& event = shard_.record(branch_, entered_event(state().type));
    event.text(Field::name, state().name);
    event.text(Field::input, branch_.input.text());
    branch_.entered_event = branch_.previous_event;
    branch_.input_place = shard_.last_place(execution_);
    branch_.input_field = Field::input;
    if (execution_.is_history_full) return end_of_history();
    return begin_attempt();
}

Step StateRunner::resume(Outcome outcome) {
    if (execution_.status != ExecutionStatus::running) return Step::ends;  // a branch ended it
    is_entering_ = false;
    if (outcome.kind == Outcome::Kind::branches_ended) return take_branches();
    if (outcome.kind == Outcome::Kind::stopped) return take_stop(outcome);
    if (outcome.kind == Outcome::Kind::machine_timed_out) return take_machine_timeout();
    branch_.wake_at = never;
    branch_.heartbeat_at = never;
    const Phase phase = std::exchange(branch_.phase, Phase::entering);
    switch (outcome.kind) {
        case Outcome::Kind::answered:
            return take_answer(outcome.output);
        case Outcome::Kind::failed:
            return take_failure(problem_of(outcome), events_of(state().resource).failed);
        case Outcome::Kind::not_submitted:
            return take_failure(problem_of(outcome), EventType::task_submit_failed);
        case Outcome::Kind::timed_out:
            return take_timeout(false);
        case Outcome::Kind::heartbeat_missed:
            return take_timeout(true);
        case Outcome::Kind::woken:
            return phase == Phase::retry_waiting ? begin_attempt()
                                                 : exit_with(asl::state_output(scope(context())));
        case Outcome::Kind::stopped:
        case Outcome::Kind::machine_timed_out:
        case Outcome::Kind::branches_ended:
        case Outcome::Kind::none:
            break;
    }
    SW_PANIC("a branch resumed without an outcome");
}

Step StateRunner::begin_choice() {
    asl::Evaluated<asl::Chosen> chosen = asl::choose(scope(context()));
    if (!chosen.has_value()) return fail_evaluation(chosen.error());
    note(chosen->rule.has_value() ? Visit::Kind::chose : Visit::Kind::chose_default,
         chosen->rule.value_or(0));
    return exit_with(std::move(chosen->output), chosen->next, false);
}

Step StateRunner::begin_wait() {
    const asl::Evaluated<TimePoint> until = asl::wait_until(scope(context()), shard_.now());
    if (!until.has_value()) return fail_evaluation(until.error());
    branch_.phase = Phase::waiting;
    branch_.wake_at = *until;
    shard_.arm(branch_);
    return Step::waits;
}

Step StateRunner::begin_fail() {
    const asl::Evaluated<asl::FailTexts> texts = asl::fail_texts(scope(context()));
    if (!texts.has_value()) return fail_evaluation(texts.error());
    return end_failed({texts->error, texts->cause});
}

Step StateRunner::begin_attempt() {
    branch_.cut = nullptr;
    switch (state().type) {
        case asl::StateType::task:
            return begin_task();
        case asl::StateType::parallel:
            return begin_parallel();
        case asl::StateType::map:
            return begin_map();
        case asl::StateType::choice:
            return begin_choice();
        case asl::StateType::wait:
            return begin_wait();
        case asl::StateType::fail:
            return begin_fail();
        case asl::StateType::pass:
        case asl::StateType::succeed:
            return exit_with(asl::state_output(scope(context())));
    }
    SW_PANIC("a state of no known type");
}

// One attempt of a task: what it is sent, how long it may take, and off it goes.
Step StateRunner::begin_task() {
    shard_.open_slot(branch_);
    const sched::TokenText token =
        sched::encode_token(shard_.environment().token_key, shard_.address_of(branch_));
    asl::ContextObject with_token = context();
    if (state().wants_token) with_token.task_token = {token.data(), token.size()};
    const asl::Evaluated<asl::TaskTimes> times = asl::task_times(scope(with_token));
    if (!times.has_value()) return fail_evaluation(times.error());
    const asl::Evaluated<Payload> parameters = asl::effective_input(scope(with_token));
    if (!parameters.has_value()) return fail_evaluation(parameters.error());
    if (test() != nullptr) test()->result.parameters = *parameters;
    if (test() != nullptr && test()->input.mock.has_value()) return take_mock();

    record_scheduled(*parameters, *times);
    if (state().resource.kind != asl::ResourceKind::activity)
        record_task(events_of(state().resource).started);
    if (execution_.is_history_full) return end_of_history();
    if (const Rehearsal* const rehearsal = execution_.rehearsal();
        rehearsal != nullptr && rehearsal->is_mocked(state().name))
        return take_mocked_answer();

    // Without a TimeoutSeconds a task may take as long as an execution may.
    if (times->timeout_seconds.has_value()) {
        branch_.wake_at = shard_.now() + std::chrono::seconds{*times->timeout_seconds};
    }
    branch_.heartbeat_seconds = static_cast<std::uint32_t>(times->heartbeat_seconds.value_or(0));
    if (branch_.heartbeat_seconds > 0) {
        branch_.heartbeat_at = shard_.now() + std::chrono::seconds{branch_.heartbeat_seconds};
    }
    return send_task(*parameters, token);
}

void StateRunner::record_scheduled(const Payload& parameters, const asl::TaskTimes& times) {
    const asl::Resource& resource = state().resource;
    ChunkWriter& event = shard_.record(branch_, events_of(resource).scheduled);
    branch_.scheduled = shard_.last_place(execution_);
    if (resource.kind == asl::ResourceKind::integration) {
        event.text(Field::resource_type, resource.history_type);
        event.text(Field::resource, resource.history_resource);
        event.text(Field::region, shard_.environment().identity.region);
        event.text(Field::parameters, parameters.text());
    } else {
        event.text(Field::resource, resource.arn);
        event.text(Field::input, parameters.text());
    }
    if (times.timeout_seconds.has_value())
        event.integer(Field::timeout_in_seconds, *times.timeout_seconds);
    if (times.heartbeat_seconds.has_value())
        event.integer(Field::heartbeat_in_seconds, *times.heartbeat_seconds);
}

Step StateRunner::send_task(const Payload& parameters, const sched::TokenText& token) {
    const asl::State& task = state();
    std::optional<ServiceReply> reply = send_out(shard_, branch_, parameters, token);
    if (!reply.has_value()) {
        branch_.phase = is_submitted(task) ? Phase::task_submitting : Phase::task_waiting;
        shard_.arm(branch_);
        return Step::waits;
    }
    TaskFailure* failure = std::get_if<TaskFailure>(&reply->answer);
    if (failure == nullptr && is_submitted(task))
        return take_submission(std::get<Payload>(reply->answer), reply->metadata);
    shard_.close_slot(branch_);
    branch_.wake_at = branch_.heartbeat_at = never;
    if (failure == nullptr) return take_answer(std::get<Payload>(reply->answer), reply->metadata);
    return take_failure({failure->error, failure->cause}, is_submitted(task)
                                                              ? EventType::task_submit_failed
                                                              : events_of(task.resource).failed);
}

ChunkWriter& StateRunner::record_task(EventType type) {
    ChunkWriter& event = shard_.record(branch_, type);
    const asl::Resource& resource = state().resource;
    if (resource.kind == asl::ResourceKind::integration) {
        event.text(Field::resource_type, resource.history_type);
        event.text(Field::resource, resource.history_resource);
    }
    return event;
}

// The service has taken the task; what it gives as a result comes with the token.
Step StateRunner::take_submission(const Payload& response, const KnownMetadata& metadata) {
    record_task(EventType::task_submitted).text(Field::output, response.text(), metadata);
    branch_.phase = Phase::task_waiting;
    shard_.follow_job(branch_, response);
    shard_.arm(branch_);
    return Step::waits;
}

Step StateRunner::take_answer(const Payload& output, const KnownMetadata& metadata) {
    if (is_too_large(output)) {
        const asl::Resource& resource = state().resource;
        const bool is_integration = resource.kind == asl::ResourceKind::integration;
        const std::string cause =
            too_large_cause(is_integration ? resource.history_type : resource.arn);
        return take_failure({data_limit_error, cause}, events_of(resource).failed);
    }
    if (test() != nullptr) test()->result.result = output;
    record_task(events_of(state().resource).succeeded).text(Field::output, output.text(), metadata);
    if (execution_.is_history_full) return end_of_history();
    return exit_with(asl::state_output(scope(context()), output));
}

Step StateRunner::take_failure(const Problem& problem, EventType type) {
    ChunkWriter& event = record_task(type);
    if (problem.error.has_value()) event.text(Field::error, *problem.error);
    if (problem.cause.has_value()) event.text(Field::cause, *problem.cause);
    return handle_error(problem);
}

Step StateRunner::take_timeout(bool is_missed_heartbeat) {
    record_task(events_of(state().resource).timed_out).text(Field::error, timeout_error);
    return handle_error({timeout_error, std::nullopt, is_missed_heartbeat});
}

Step StateRunner::take_stop(const Outcome& outcome) {
    const auto named = [](bool is_named, const std::string& text) {
        return is_named ? std::optional(text) : std::nullopt;
    };
    shard_.keep_for_redrive(execution_);
    if (branch_.fan_out != nullptr) shard_.end_fan_out(branch_);
    Ending ending{ExecutionStatus::aborted};
    ending.error = named(outcome.has_error, outcome.failure->error);
    ending.cause = named(outcome.has_cause, outcome.failure->cause);
    shard_.end(execution_, EventType::execution_aborted, 0, std::move(ending));
    return Step::ends;
}

Step StateRunner::take_machine_timeout() {
    shard_.keep_for_redrive(execution_);
    if (branch_.fan_out != nullptr) shard_.end_fan_out(branch_);
    shard_.end(execution_, EventType::execution_timed_out, 0, Ending{ExecutionStatus::timed_out});
    return Step::ends;
}

Step StateRunner::exit_with(asl::Evaluated<asl::StateOutput> output) {
    if (!output.has_value()) return fail_evaluation(output.error());
    return exit_with(std::move(*output), state().next, state().is_end);
}

Step StateRunner::exit_with(asl::StateOutput output, asl::StateIndex next, bool is_end) {
    if (is_too_large(output.output)) {
        const std::string cause = too_large_cause(state().name);
        return handle_error({data_limit_error, cause});
    }
    if (test() != nullptr) {
        test()->exit(output, is_end ? "" : execution_.machine->program->state(next).name);
        return end_succeeded(output.output);
    }
    ChunkWriter& event = shard_.record(branch_, exited_event(state().type));
    event.text(Field::name, state().name);
    event.text(Field::output, output.output.text());
    if (!output.assigned_variables.is_absent()) {
        event.text(Field::assigned_variables, output.assigned_variables.text());
    }
    if (execution_.is_history_full) return end_of_history();
    branch_.variables = std::move(output.variables);
    branch_.cut = nullptr;
    if (is_end) return end_succeeded(output.output);
    branch_.state = next;
    branch_.input = std::move(output.output);
    branch_.input_place = shard_.last_place(execution_);
    branch_.input_field = Field::output;
    branch_.phase = Phase::entering;
    return Step::moves;
}

// AWS evaluates before a state counts as entered: nothing else has happened in it, so the event
// points to the one before. What it finds out with the value at hand comes behind the entered
// event.
void StateRunner::record_evaluation_failure(const asl::Failure& failure) {
    const bool is_first = is_entering_ && branch_.previous_event == branch_.entered_event;
    if (is_first && !failure.is_unusable_value) branch_.previous_event = before_entry_;
    ChunkWriter& event = shard_.record(branch_, EventType::evaluation_failed);
    event.text(Field::error, failure.error);
    event.text(Field::cause, failure.cause);
    if (!failure.location.empty()) event.text(Field::location, failure.location);
    event.text(Field::state, state().name);
}

Step StateRunner::fail_evaluation(const asl::Failure& failure) {
    if (branch_.has_slot) shard_.close_slot(branch_);
    if (branch_.fan_out != nullptr) shard_.end_fan_out(branch_);
    if (failure.is_of_query()) record_evaluation_failure(failure);
    return handle_error({failure.error, failure.cause, false, failure.error == runtime_error});
}

// Retry, else Catch, else the end.
Step StateRunner::handle_error(const Problem& problem) {
    if (execution_.is_history_full) return end_of_history();
    if (const std::optional<Step> step = retry(problem); step.has_value()) return *step;
    const asl::State& failed = state();
    if (fans_out() && !problem.is_fatal) {
        shard_.record(branch_,
                      is_map() ? EventType::map_state_failed : EventType::parallel_state_failed);
        if (execution_.is_history_full) return end_of_history();
    }
    for (std::size_t i = 0; i < failed.catchers.size(); ++i) {
        const asl::Catcher& catcher = failed.catchers[i];
        if (!problem.matches(catcher.error_equals)) continue;
        asl::Evaluated<asl::StateOutput> output = asl::catcher_output(
            scope(context()), i, problem.error.value_or(""), problem.cause.value_or(""));
        if (!output.has_value()) {
            const asl::Failure& failure = output.error();
            if (failure.is_of_query()) record_evaluation_failure(failure);
            if (execution_.is_history_full) return end_of_history();
            return end_failed(
                {failure.error, failure.cause, false, failure.error == runtime_error});
        }
        if (test() != nullptr) {
            test()->end_with(StateTestStatus::caught_error, problem.error, problem.cause);
            test()->result.catch_index = i;
        }
        note(Visit::Kind::caught, i);
        return exit_with(std::move(*output), catcher.next, false);
    }
    return end_failed(problem);
}

std::optional<Step> StateRunner::retry(const Problem& problem) {
    const asl::State& failed = state();
    for (std::size_t i = 0; i < failed.retriers.size(); ++i) {
        const asl::Retrier& retrier = failed.retriers[i];
        if (!problem.matches(retrier.error_equals)) continue;
        branch_.retrier_attempts.resize(failed.retriers.size());
        std::uint32_t& attempts = branch_.retrier_attempts[i];
        if (test() != nullptr) {
            test()->result.retry_index = i;
            attempts = test()->input.retrier_retry_count;
        }
        if (attempts >= retrier.attempts_max)
            return std::nullopt;  // the first that matches decides
        ++attempts;
        if (test() != nullptr) return end_test_retriable(i, problem);
        note(Visit::Kind::retried, i);
        ++branch_.retry_count;
        branch_.phase = Phase::retry_waiting;
        branch_.wake_at =
            shard_.now() + asl::retry_delay(retrier, attempts, shard_.random().next_fraction());
        shard_.arm(branch_);
        return Step::waits;
    }
    return std::nullopt;
}

Step StateRunner::end_succeeded(const Payload& output) {
    if (!branch_.is_root()) {
        branch_.input_place = shard_.last_place(execution_);  // of the output, now
        shard_.branch_ended(branch_, output, nullptr);
        return Step::ends;
    }
    shard_.end(execution_, EventType::execution_succeeded, branch_.previous_event,
               Ending{ExecutionStatus::succeeded, output});
    return Step::ends;
}

Step StateRunner::end_failed(const Problem& problem) {
    auto ending = std::make_unique<Ending>();
    ending->status = ExecutionStatus::failed;
    if (problem.error.has_value()) ending->error = std::string(*problem.error);
    if (problem.cause.has_value()) ending->cause = std::string(*problem.cause);
    if (!branch_.is_root() && !problem.is_fatal) {
        if (state().type == asl::StateType::task)
            shard_.record_aside(branch_, EventType::task_state_aborted, branch_.previous_event);
        shard_.branch_ended(branch_, {}, std::move(ending));
        return Step::ends;
    }
    const EventId previous = branch_.previous_event;
    branch_.has_failed = true;
    shard_.keep_for_redrive(execution_);
    if (execution_.root.fan_out != nullptr) shard_.end_fan_out(execution_.root);
    shard_.end(execution_, EventType::execution_failed, previous, std::move(*ending));
    return Step::ends;
}

Step StateRunner::end_of_history() {
    if (branch_.has_slot) shard_.close_slot(branch_);
    const std::string cause = "The execution reached the maximum number of history events (" +
                              std::to_string(limits::history_events_max) + ").";
    return end_failed({runtime_error, cause, false, true});
}

sched::Task run_branch(ExecutionShard& shard, Branch& branch) {
    Step step = branch.phase == Phase::entering ? Step::moves : Step::waits;
    while (step != Step::ends && !branch.is_over) {
        const bool is_stopped =
            branch.outcome.kind != Outcome::Kind::none;  // while it let others through
        if (step == Step::waits || is_stopped) {
            co_await branch.outcome_arrives();
            if (branch.is_over) break;
            step = StateRunner(shard, branch).resume(std::exchange(branch.outcome, {}));
        } else if (step == Step::yields) {
            co_await shard.next_turn(branch);
            if (branch.outcome.kind == Outcome::Kind::none)
                branch.outcome.kind = Outcome::Kind::branches_ended;
            step = Step::waits;
        } else if (++branch.execution.states % states_per_turn_max == 0) {
            co_await shard.next_turn(branch);
        } else {
            step = StateRunner(shard, branch).begin_state();
        }
    }
}

void restart_task(ExecutionShard& shard, Branch& branch, const Payload& parameters) {
    // An answer that is there at once comes to the suspended coroutine like any other.
    const sched::TokenText token =
        sched::encode_token(shard.environment().token_key, shard.address_of(branch));
    std::optional<ServiceReply> reply = send_out(shard, branch, parameters, token);
    if (reply.has_value()) shard.answer_task(shard.address_of(branch), std::move(reply->answer));
}

}  // namespace stepwell::flow
