// TestState: one state, run by the same code as in an execution, and what it did with its data.
#include <array>
#include <cmath>

#include "api/mock_check.hpp"
#include "api/step_functions_json_error.hpp"
#include "api/step_functions_operations.hpp"
#include "asl/diagnostics.hpp"
#include "asl/lone_state.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/state_test.hpp"

namespace stepwell::api::step_functions {

namespace {

constexpr std::array<std::string_view, 3> inspection_levels{"INFO", "DEBUG", "TRACE"};
constexpr std::array<std::string_view, 4> status_names{"SUCCEEDED", "FAILED", "RETRIABLE",
                                                       "CAUGHT_ERROR"};  // as StateTestStatus
constexpr std::size_t input_bytes_max = 1'048'576;
constexpr TextLimits input_limits{.min = 0, .max = input_bytes_max, .is_sensitive = true};
constexpr TextLimits state_name_limits{.min = 1, .max = 80};
constexpr IntegerLimits count_limits{.min = 0, .max = INT32_MAX};

/// What the caller says about how the state came to where it is.
struct Configuration {
    std::optional<std::int64_t> retrier_retry_count;
    std::optional<std::int64_t> map_iteration_failure_count;
    std::optional<std::string> error_caused_by_state;
    std::optional<std::string> map_item_reader_data;
};

struct TestCall {
    std::string definition;
    std::optional<std::string> state_name;
    std::string role_arn;
    std::string input;
    std::string variables;
    std::optional<std::string> context;
    std::optional<Mock> mock;
    Configuration configuration;
    bool inspects = false;
    bool reveals_secrets = false;
};

Error invalid(std::string message) { return Error(errors::validation, std::move(message)); }

std::optional<Mock> read_mock(const Parameters& parameters) {
    const std::optional<Parameters> given = parameters.structure("mock");
    if (!given.has_value()) return std::nullopt;
    Mock mock;
    mock.result = given->optional_text("result", data_limits);
    if (const std::optional<Parameters> error = given->structure("errorOutput")) {
        mock.error_output = TaskFailure{error->optional_text("error", error_limits).value_or(""),
                                        error->optional_text("cause", cause_limits).value_or("")};
    }
    mock.validation = static_cast<FieldValidation>(
        given->optional_choice("fieldValidationMode", field_validation_names).value_or(0));
    return mock;
}

Configuration read_configuration(const Parameters& parameters) {
    const std::optional<Parameters> given = parameters.structure("stateConfiguration");
    if (!given.has_value()) return {};
    return {given->optional_integer("retrierRetryCount", count_limits),
            given->optional_integer("mapIterationFailureCount", count_limits),
            given->optional_text("errorCausedByState", state_name_limits),
            given->optional_text("mapItemReaderData", data_limits)};
}

Result<TestCall> read_call(const std::string& body) {
    SW_TRY(const Parameters parameters, Parameters::parse(body));
    TestCall call;
    call.definition = parameters.text("definition", definition_limits);
    call.state_name = parameters.optional_text("stateName", state_name_limits);
    call.role_arn = parameters.optional_text("roleArn", arn_limits).value_or("");
    call.input = parameters.optional_text("input", input_limits).value_or("{}");
    call.variables = parameters.optional_text("variables", data_limits).value_or("");
    call.context = parameters.optional_text("context", data_limits);
    call.mock = read_mock(parameters);
    call.configuration = read_configuration(parameters);
    call.inspects =
        parameters.optional_choice("inspectionLevel", inspection_levels).value_or(0) > 0;
    call.reveals_secrets = parameters.flag("revealSecrets", false);
    if (auto checked = parameters.check(); !checked) return checked.error();
    return call;
}

// The state as a definition of its own. A whole definition has to be right in all its states.
Result<asl::LoneState> isolate(const Parts& parts, const TestCall& call) {
    const auto document = json::Document::parse(call.definition);
    const bool is_object = document.has_value() && document->root().is_object();
    if (is_object && !call.state_name.has_value()) return asl::lone_state(document->root());
    std::vector<asl::Diagnostic> problems;
    for (asl::Diagnostic& problem :
         parts.machines.diagnose(call.definition, flow::MachineType::standard)) {
        if (problem.is_error) problems.push_back(std::move(problem));
    }
    if (!problems.empty()) {
        return Error(flow::errors::invalid_definition, flow::definition_complaint(problems));
    }
    if (is_object) {
        if (auto found = asl::lone_state(document->root(), *call.state_name))
            return *std::move(found);
    }
    return invalid("State not found in definition");
}

// What may be said of a state only together with a mock.
Result<> check_unmocked(const TestCall& call, const TestedState& state) {
    const auto needs_mock = [](std::string_view what) {
        return invalid("TestState does not support " + std::string(what) +
                       " when a mock is not specified.");
    };
    const Configuration& given = call.configuration;
    if (given.map_iteration_failure_count) return needs_mock("MapIterationFailureCount");
    if (given.retrier_retry_count) return needs_mock("RetrierRetryCount");
    if (given.error_caused_by_state) return needs_mock("ErrorCausedByState");
    if (given.map_item_reader_data) return needs_mock("MapItemReaderData");
    if (call.context) return needs_mock("Context");
    if (state.is_nested()) {
        return Error(flow::errors::invalid_definition,
                     "TestState API does not support Map or Parallel states. Supported state types "
                     "include: [Task, Wait, Pass, Succeed, Fail, Choice]");
    }
    if (state.type != "Task") return {};
    if (state.needs_mock()) {
        return Error(flow::errors::invalid_definition,
                     "TestState API does not support Activity tasks, .sync or .waitForTaskToken "
                     "service integration patterns when a mock is not specified.");
    }
    if (call.role_arn.empty())
        return invalid("RoleArn must be specified when testing a Task state");
    return {};
}

Result<> check(const TestCall& call, const TestedState& state) {
    if (!call.mock.has_value()) return check_unmocked(call, state);
    if (state.type != "Task" && !state.is_nested()) {
        return invalid("State type '" + std::string(state.type) +
                       "' is not supported when a mock is specified");
    }
    if (call.reveals_secrets)
        return invalid("TestState does not support RevealSecrets when a mock is specified.");
    if (auto checked = check_mock(*call.mock, state); !checked) return checked.error();
    if (call.context.has_value()) return check_context(*call.context);
    return {};
}

Result<Payload> parse_variables(const std::string& text) {
    if (text.empty()) return Payload{};
    auto payload = Payload::parse(text);
    if (!payload || !json::Document::of(*payload).root().is_object())
        return invalid("Variables must be a valid JSON object");
    return payload;
}

Result<flow::StateTestInput> prepare(const Parts& parts, const TestCall& call,
                                     const asl::LoneState& lone, const TestedState& state) {
    flow::StateTestInput input;
    SW_TRY(input.input, parse_input(call.input, input_bytes_max));
    SW_TRY(input.variables, parse_variables(call.variables));
    if (auto checked = check(call, state); !checked) return checked.error();
    SW_TRY(input.machine,
           parts.machines.make_unstored(lone.definition, call.role_arn, call.mock.has_value()));
    if (call.context.has_value()) input.context = Payload::trusted(*call.context);
    if (call.mock.has_value()) {
        input.mock = answer_of(*call.mock, state, call.configuration.map_iteration_failure_count);
    }
    input.reader_data = call.configuration.map_item_reader_data;
    input.retrier_retry_count =
        static_cast<std::uint32_t>(call.configuration.retrier_retry_count.value_or(0));
    return input;
}

void write_given_data(json::Writer& out, std::string_view name, const Payload& data) {
    if (!data.is_absent()) out.member(name, data.text());
}

void write_error_details(json::Writer& out, const flow::StateTestResult& result) {
    if (!result.retry_index && !result.catch_index) return;
    out.key("errorDetails").begin_object();
    if (result.catch_index)
        out.member_integer("catchIndex", static_cast<std::int64_t>(*result.catch_index));
    if (result.retry_index)
        out.member_integer("retryIndex", static_cast<std::int64_t>(*result.retry_index));
    if (result.retry_backoff) {
        const double seconds = static_cast<double>(result.retry_backoff->count()) / 1000;
        out.member_integer("retryBackoffIntervalSeconds", std::llround(seconds));
    }
    out.end_object();
}

void write_map(json::Writer& out, const flow::StateTestResult& result, const TestedState& state) {
    if (!state.is_jsonata) write_given_data(out, "afterItemsPath", result.items);
    if (state.has_item_selector) write_given_data(out, "afterItemSelector", result.iterations);
    out.member_integer("maxConcurrency", *result.max_concurrency);
    if (result.tolerated_failure_count.has_value())
        out.member_integer("toleratedFailureCount", *result.tolerated_failure_count);
    if (result.tolerated_failure_percentage.has_value())
        out.key("toleratedFailurePercentage").number(*result.tolerated_failure_percentage);
}

// As AWS has it: a Parallel shows what became of its result only, and a state in JSONata what its
// Task was sent.
void write_inspection(json::Writer& out, const flow::StateTestResult& result,
                      const std::string& input, const TestedState& state) {
    out.key("inspectionData").begin_object().member("input", input);
    const asl::Trace& trace = result.trace;
    const bool is_task = state.type == "Task";
    if (is_task && state.is_jsonata) write_given_data(out, "afterArguments", result.parameters);
    if (is_task) write_given_data(out, "result", result.result);
    if (!state.is_jsonata) {
        const bool is_parallel = state.type == "Parallel";
        if (!is_parallel) write_given_data(out, "afterInputPath", trace.after_input_path);
        if (!state.is_nested()) write_given_data(out, "afterParameters", trace.after_parameters);
        write_given_data(out, "result", trace.result);
        write_given_data(out, "afterResultSelector", trace.after_result_selector);
        write_given_data(out, "afterResultPath", trace.after_result_path);
    }
    write_given_data(out, "variables", result.variables);
    if (result.max_concurrency.has_value()) write_map(out, result, state);
    write_error_details(out, result);
    out.end_object();
}

}  // namespace

void test_state(const Parts& parts, Call call, Respond respond) {
    auto asked = read_call(call.body);
    if (!asked) return respond(asked.error());
    const auto lone = isolate(parts, *asked);
    if (!lone) return respond(lone.error());
    const TestedState state = TestedState::read(*lone);
    auto input = prepare(parts, *asked, *lone, state);
    if (!input) return respond(input.error());
    parts.executions.test_state(
        *std::move(input),
        answer_later<flow::StateTestResult>(
            std::move(respond), [asked = *std::move(asked), state](
                                    json::Writer& out, const flow::StateTestResult& result) {
                write_given_data(out, "output", result.output);
                if (result.error.has_value()) out.member("error", *result.error);
                if (result.cause.has_value()) out.member("cause", *result.cause);
                if (asked.inspects) write_inspection(out, result, asked.input, state);
                if (!result.next_state.empty()) out.member("nextState", result.next_state);
                out.member("status", status_names[static_cast<std::size_t>(result.status)]);
            }));
}

}  // namespace stepwell::api::step_functions
