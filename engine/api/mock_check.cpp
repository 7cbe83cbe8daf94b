#include "api/mock_check.hpp"

#include <algorithm>

#include "api/mock_shapes.hpp"
#include "base/errors.hpp"
#include "json/value.hpp"

namespace stepwell::api {

using json::Value;

namespace {

Error invalid(std::string message) { return Error(errors::validation, std::move(message)); }
Error invalid_context(const std::string& reason) {
    return invalid("Invalid Context object provided: " + reason);
}

// The operation that gives a Task's result: "states.DescribeExecution" for startExecution.sync.
// Empty where the result is anybody's.
std::string operation_of(const asl::Resource& resource) {
    if (resource.kind != asl::ResourceKind::integration) return {};
    std::string service = resource.service == "sfn"           ? "states"
                          : resource.service == "eventbridge" ? "events"
                                                              : resource.service;
    std::string action = resource.action;
    switch (resource.pattern) {
        case asl::Pattern::wait_for_task_token:
            return {};
        case asl::Pattern::sync:
        case asl::Pattern::sync2:
            if (service != "states" || action != "startExecution") return {};
            action = "describeExecution";
            break;
        case asl::Pattern::request_response:
            break;
    }
    if (!action.empty() && action[0] >= 'a' && action[0] <= 'z')
        action[0] = static_cast<char>(action[0] - 'a' + 'A');
    return service + "." + action;
}

Result<> check_nested(Value result, const TestedState& state) {
    if (state.type == "Map" && state.has_result_writer) return {};
    if (!result.is_array()) return invalid("Mocked result must be an array.");
    if (state.type == "Parallel" && result.size() != state.branches) {
        return invalid(
            "Mocked result must contain the same number of items as number of Parallel branches.");
    }
    return {};
}

struct ContextPart {
    std::string_view name;
    std::array<std::string_view, 7> fields;  // the rest are empty
};
constexpr std::array context_parts{
    ContextPart{"Execution",
                {"Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"}},
    ContextPart{"State", {"EnteredTime", "Name", "RetryCount"}},
    ContextPart{"StateMachine", {"Id", "Name"}}, ContextPart{"Task", {"Token"}}};

}  // namespace

Result<> check_mock(const Mock& mock, const TestedState& state) {
    if (mock.result.has_value() && mock.error_output.has_value()) {
        return invalid(
            "A test mock should have only one of the following fields: [result, errorOutput].");
    }
    if (!mock.result.has_value() && !mock.error_output.has_value()) {
        return invalid(
            "A test mock should have one of the following fields: [result, errorOutput].");
    }
    if (!mock.result.has_value()) return {};
    const auto document = json::Document::parse(*mock.result);
    if (!document) return invalid("Mocked result must be valid JSON");
    if (state.is_nested()) return check_nested(document->root(), state);
    if (mock.validation == FieldValidation::none || !state.resource.has_value()) return {};
    const auto strictness = mock.validation == FieldValidation::strict
                                ? mock_shapes::Strictness::complete
                                : mock_shapes::Strictness::present;
    return mock_shapes::check(operation_of(*state.resource), document->root(), strictness);
}

std::optional<TaskAnswer> answer_of(const Mock& mock, const TestedState& state,
                                    std::optional<std::int64_t> map_iteration_failures) {
    if (mock.error_output.has_value()) return *mock.error_output;
    if (!mock.result.has_value()) return std::nullopt;
    auto result = Payload::trusted(*mock.result);
    if (state.type != "Map" || !map_iteration_failures.has_value()) return result;
    const std::size_t items = json::Document::of(result).root().size();
    if (!state.is_too_many(*map_iteration_failures, items)) return result;
    return TaskFailure{"States.ExceedToleratedFailureThreshold",
                       "The specified tolerated failure threshold was exceeded"};
}

Result<> check_context(const std::string& context) {
    const auto document = json::Document::parse(context);
    if (!document || !document->root().is_object())
        return invalid_context("must be a valid JSON object");
    for (const json::Member& member : document->root().members()) {
        const std::string name(member.key);
        if (name == "Map")
            return invalid_context("'Map' field is not supported when mocking a Context object");
        const auto part = std::find_if(context_parts.begin(), context_parts.end(),
                                       [&](const ContextPart& p) { return p.name == name; });
        if (part == context_parts.end())
            return invalid_context("Field '" + name + "' is not allowed");
        const Value value{&member.value};
        if (!value.is_object()) return invalid_context("Field '" + name + "' must be an object");
        for (const json::Member& field : value.members()) {
            const auto& known = part->fields;
            if (std::find(known.begin(), known.end(), field.key) == known.end())
                return invalid_context("Field '" + std::string(field.key) + "' is not allowed");
        }
    }
    return {};
}

}  // namespace stepwell::api
