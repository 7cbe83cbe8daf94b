// Map runs.
#include "api/step_functions_operations.hpp"
#include "base/errors.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"

namespace stepwell::api::step_functions {

namespace {

Result<> check_map_run_arn(const std::string& arn) {
    if (const auto parsed = flow::parse_arn(arn, flow::ArnKind::map_run); !parsed)
        return parsed.error();
    return {};
}

void write_counts(json::Writer& out, std::string_view name, const flow::MapRunCounts& counts) {
    const auto integer = [&](std::string_view key, std::uint64_t count) {
        out.member_integer(key, static_cast<std::int64_t>(count));
    };
    out.key(name).begin_object();
    integer("pending", counts.pending);
    integer("running", counts.running);
    integer("succeeded", counts.succeeded);
    integer("failed", counts.failed);
    integer("timedOut", counts.timed_out);
    integer("aborted", counts.aborted);
    integer("total", counts.total);
    integer("resultsWritten", counts.results_written);
    integer("failuresNotRedrivable", 0);
    integer("pendingRedrive", 0);
    out.end_object();
}

void write_map_run(json::Writer& out, const flow::MapRunDescription& run) {
    out.member("mapRunArn", run.map_run_arn).member("executionArn", run.execution_arn);
    out.member("status", name_of(run.status));
    write_date(out, "startDate", run.start_date);
    if (run.stop_date.has_value()) write_date(out, "stopDate", *run.stop_date);
    out.member_integer("maxConcurrency", run.max_concurrency);
    out.key("toleratedFailurePercentage").number(run.tolerated_failure_percentage);
    out.member_integer("toleratedFailureCount",
                       static_cast<std::int64_t>(run.tolerated_failure_count));
    write_counts(out, "itemCounts", run.items);
    write_counts(out, "executionCounts", run.executions);
    out.member_integer("redriveCount", 0);
}

void write_listed(json::Writer& out, const flow::ListMapRunsOutput& page) {
    out.key("mapRuns").begin_array();
    for (const flow::MapRunDescription& run : page.map_runs) {
        out.begin_object().member("executionArn", run.execution_arn);
        out.member("mapRunArn", run.map_run_arn);
        out.member("stateMachineArn", run.state_machine_arn);
        write_date(out, "startDate", run.start_date);
        if (run.stop_date.has_value()) write_date(out, "stopDate", *run.stop_date);
        out.end_object();
    }
    out.end_array();
    write_next_token(out, page.next_token);
}

}  // namespace

void describe_map_run(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("mapRunArn", long_arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto checked = check_map_run_arn(arn); !checked) return respond(checked.error());
    parts.executions.describe_map_run(
        arn, answer_later<flow::MapRunDescription>(std::move(respond), write_map_run));
}

void update_map_run(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::UpdateMapRunInput input;
    input.map_run_arn = parameters->text("mapRunArn", long_arn_limits);
    const auto concurrency =
        parameters->optional_integer("maxConcurrency", {.min = 0, .max = INT32_MAX});
    const auto count =
        parameters->optional_integer("toleratedFailureCount", {.min = 0, .max = INT64_MAX});
    input.tolerated_failure_percentage =
        parameters->optional_number("toleratedFailurePercentage", 0, 100);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto checked = check_map_run_arn(input.map_run_arn); !checked)
        return respond(checked.error());
    if (concurrency.has_value()) input.max_concurrency = static_cast<std::uint32_t>(*concurrency);
    if (count.has_value()) input.tolerated_failure_count = static_cast<std::uint64_t>(*count);
    parts.executions.update_map_run(std::move(input),
                                    [respond = std::move(respond)](Result<> updated) mutable {
                                        if (!updated) return respond(updated.error());
                                        respond(Reply{.body = "{}"});
                                    });
}

void list_map_runs(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::ListMapRunsInput input;
    input.execution_arn = parameters->text("executionArn", arn_limits);
    const flow::PageRequest page = read_page_request(*parameters);
    input.max_results = page.max_results;
    input.next_token = page.next_token;
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto parsed = flow::parse_arn(input.execution_arn, flow::ArnKind::execution); !parsed)
        return respond(parsed.error());
    parts.executions.list_map_runs(
        std::move(input), answer_later<flow::ListMapRunsOutput>(std::move(respond), write_listed));
}

}  // namespace stepwell::api::step_functions
