#include "flow/state_test.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "flow/answer_when_durable.hpp"
#include "flow/item_reader.hpp"
#include "flow/state_runner.hpp"
#include "json/writer.hpp"

namespace stepwell::flow {

void StateTest::exit(asl::StateOutput output, std::string_view next) {
    if (result.status == StateTestStatus::failed) result.status = StateTestStatus::succeeded;
    result.output = std::move(output.output);
    result.next_state = next;
    result.variables = std::move(output.variables);
}

void StateTest::end_with(StateTestStatus status, std::optional<std::string_view> error,
                         std::optional<std::string_view> cause) {
    result.status = status;
    if (error.has_value()) result.error = std::string(*error);
    if (cause.has_value()) result.cause = std::string(*cause);
}

std::string state_test_arn(const Identity& identity, const StateMachine& machine,
                           std::string_view name) {
    return identity.arn("states", "express:" + machine.name + ":" + std::string(name));
}

// What the branches would give is mocked.
Step StateRunner::begin_test_of_branches() {
    SW_ASSERT(test()->input.mock.has_value());  // who asks for the test has checked it
    if (!is_map()) {
        const asl::Evaluated<Payload> arguments = asl::effective_input(scope(context()));
        return arguments.has_value() ? take_mock() : fail_evaluation(arguments.error());
    }
    const asl::Evaluated<asl::MapItems> items = items_of_test();
    if (!items.has_value()) return fail_evaluation(items.error());
    test()->result.items = items->document.payload();
    test()->result.max_concurrency = items->concurrency;
    if (state().distributed.has_value()) {
        const asl::Evaluated<asl::MapRunSettings> settings = map_run_settings();
        if (!settings.has_value()) return fail_evaluation(settings.error());
        test()->result.tolerated_failure_count = settings->tolerated_failure_count;
        test()->result.tolerated_failure_percentage = settings->tolerated_failure_percentage;
    }
    asl::Evaluated<Payload> inputs = inputs_of_iterations(items->array());
    if (!inputs.has_value()) return fail_evaluation(inputs.error());
    test()->result.iterations = *std::move(inputs);
    return take_mock();
}

// Of a Map whose ItemReader reads nothing here: what the test says that it has read.
asl::Evaluated<asl::MapItems> StateRunner::items_of_test() {
    const bool has_reader = state().distributed.has_value() && state().distributed->has_reader;
    const std::optional<std::string>& data = test()->input.reader_data;
    if (!has_reader || !data.has_value()) return asl::map_items(scope(context()));
    const asl::Evaluated<std::uint32_t> concurrency = asl::map_concurrency(scope(context()));
    if (!concurrency.has_value()) return concurrency.error();
    const asl::Evaluated<asl::MapRunSettings> settings = map_run_settings();
    if (!settings.has_value()) return settings.error();
    const asl::Evaluated<Payload> parameters = asl::reader_parameters(scope(context()));
    if (!parameters.has_value()) return parameters.error();
    ItemSource source;
    source.config = asl::map_run_of(state()).reader;
    source.items_max =
        static_cast<std::uint64_t>(std::max<std::int64_t>(settings->items_max.value_or(0), 0));
    const Result<Payload> items = items_of_text(source, *data);
    if (!items.has_value())
        return asl::Failure{std::string(reader_error), std::string(items.error().message())};
    return asl::MapItems{json::Document::of(*items), *concurrency};
}

asl::Evaluated<Payload> StateRunner::inputs_of_iterations(json::Value items) {
    json::Writer inputs;
    inputs.begin_array();
    std::uint32_t index = 0;
    for (const json::Node& node : items.elements()) {
        const Payload item = Payload::trusted(json::Value{&node}.raw());
        asl::ContextObject of_iteration = context();
        of_iteration.map_item_index = index++;
        of_iteration.map_item_value = &item;
        const asl::Evaluated<Payload> input = asl::iteration_input(scope(of_iteration));
        if (!input.has_value()) return input.error();
        inputs.raw(input->text());
    }
    return Payload::trusted(inputs.end_array().text());
}

// The mock comes where the service's answer, or the token's, would come; there are no events then.
Step StateRunner::take_mock() {
    if (branch_.has_slot) shard_.close_slot(branch_);
    const TaskAnswer& mock = *test()->input.mock;
    if (const TaskFailure* failure = std::get_if<TaskFailure>(&mock))
        return handle_error({failure->error, failure->cause});
    test()->result.result = std::get<Payload>(mock);
    return exit_with(asl::state_output(scope(context()), std::get<Payload>(mock)));
}

// Where an execution would wait before the next attempt.
Step StateRunner::end_test_retriable(std::size_t retrier, const Problem& problem) {
    test()->end_with(StateTestStatus::retriable, problem.error, problem.cause);
    test()->result.retry_backoff =
        asl::retry_delay(state().retriers[retrier], branch_.retrier_attempts[retrier],
                         shard_.random().next_fraction());
    return end_failed(problem);
}

void ExecutionShard::test_state(std::unique_ptr<StateTest> test) {
    Execution& execution =
        begin_execution(next_id_++, test->input.machine, make_uuid(), test->input.input);
    execution.root.variables = test->input.variables;
    execution.test = std::move(test);
    execution.test->result.variables = execution.root.variables;
    begin_first_state(execution);
}

// Nothing is stored. Its services' changes and its answer are of one commit, as ever.
void ExecutionShard::end_turn_of_test(Execution& execution) {
    if (execution.chunk != nullptr) {
        execution.chunk->clear();
        spare_chunks_.push_back(std::move(execution.chunk));
    }
    if (execution.status == ExecutionStatus::running) return;
    StateTestResult& result = execution.test->result;
    if (result.status == StateTestStatus::failed) {
        result.error = execution.ending->error;
        result.cause = execution.ending->cause;
        if (execution.status == ExecutionStatus::timed_out) result.error = "States.Timeout";
    }
    answer_when_durable<StateTestResult>(effects(), std::move(execution.test->done),
                                         std::move(result));
    shard_.timers().disarm(execution.root);
    executions_.erase(execution.id);
}

}  // namespace stepwell::flow
