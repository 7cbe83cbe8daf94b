// Map runs, of which there are none yet, and redriving, which no execution of ours can be yet.
#include <algorithm>

#include "api/step_functions_operations.hpp"
#include "base/errors.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"

namespace stepwell::api::step_functions {

namespace {

bool is_visible(char c) { return c >= '!' && c <= '~'; }
bool is_client_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_visible);
}
constexpr TextLimits client_token_limits{
    .min = 1, .max = 64, .is_sensitive = false, .matches = is_client_token, .pattern = "[!-~]+"};

// The answer to a call for a map run: InvalidArn where the ARN is none of a map run, else that
// there is no such one.
Error refused_map_run(const std::string& arn) {
    if (const auto parsed = flow::parse_arn(arn, flow::ArnKind::map_run); !parsed)
        return parsed.error();
    return Error(flow::errors::resource_not_found, "Resource not found: '" + arn + "'");
}

}  // namespace

void describe_map_run(const Parts&, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("mapRunArn", long_arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    respond(refused_map_run(arn));
}

void update_map_run(const Parts&, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("mapRunArn", long_arn_limits);
    parameters->optional_integer("maxConcurrency", {.min = 0, .max = INT32_MAX});
    parameters->optional_integer("toleratedFailureCount", {.min = 0, .max = INT64_MAX});
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    respond(refused_map_run(arn));
}

void list_map_runs(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("executionArn", arn_limits);
    read_page_request(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto parsed = flow::parse_arn(arn, flow::ArnKind::execution); !parsed)
        return respond(parsed.error());
    parts.executions.describe(
        arn, answer_later<ExecutionDescription>(std::move(respond),
                                                [](json::Writer& out, const ExecutionDescription&) {
                                                    out.key("mapRuns").begin_array().end_array();
                                                }));
}

void redrive_execution(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("executionArn", arn_limits);
    parameters->optional_text("clientToken", client_token_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto parsed = flow::parse_arn(arn, flow::ArnKind::execution); !parsed)
        return respond(parsed.error());
    parts.executions.describe(
        arn, [respond = std::move(respond)](Result<ExecutionDescription> execution) mutable {
            if (!execution) return respond(execution.error());
            const bool is_redrivable = execution->status != ExecutionStatus::running &&
                                       execution->status != ExecutionStatus::succeeded;
            if (is_redrivable) {
                return respond(Error(errors::not_implemented,
                                     "RedriveExecution of an execution that has failed is not "
                                     "available in this version of Stepwell"));
            }
            respond(Error(flow::errors::execution_not_redrivable,
                          "Execution is " + std::string(name_of(execution->status)) +
                              " and cannot be redriven"));
        });
}

}  // namespace stepwell::api::step_functions
