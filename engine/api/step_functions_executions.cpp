// Executions: start, stop, redrive, describe, list, history.
#include <algorithm>
#include <array>
#include <charconv>

#include "api/step_functions_json_error.hpp"
#include "api/step_functions_operations.hpp"
#include "base/errors.hpp"
#include "base/limits.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"
#include "flow/rehearsal.hpp"
#include "json/plain_texts.hpp"

namespace stepwell::api::step_functions {

namespace {

constexpr std::array<std::string_view, 6> statuses{"RUNNING",   "SUCCEEDED", "FAILED",
                                                   "TIMED_OUT", "ABORTED",   "PENDING_REDRIVE"};
constexpr std::size_t pending_redrive = 5;  // no execution of ours is ever in it
constexpr std::array<std::string_view, 2> redrive_filters{"REDRIVEN", "NOT_REDRIVEN"};
constexpr TextLimits executions_page_token_limits{.min = 1, .max = 3096};

bool is_visible(char c) { return c >= '!' && c <= '~'; }
bool is_client_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_visible);
}
constexpr TextLimits client_token_limits{
    .min = 1, .max = 64, .is_sensitive = false, .matches = is_client_token, .pattern = "[!-~]+"};

Error invalid_input(std::string_view reason) {
    return Error(flow::errors::invalid_execution_input,
                 "Invalid State Machine Execution Input: '" + std::string(reason) + "'");
}

/// The execution ARN of a call with no other members that matter here.
Result<std::string> checked_execution_arn(const Parameters& parameters) {
    std::string arn = parameters.text("executionArn", arn_limits);
    if (auto checked = parameters.check(); !checked) return checked.error();
    if (auto parsed = flow::parse_arn(arn, flow::ArnKind::execution); !parsed)
        return parsed.error();
    return arn;
}

void write_redrives(json::Writer& out, const ExecutionDescription& execution) {
    out.member_integer("redriveCount", execution.redrive_count);
    if (execution.redrive_date.has_value()) write_date(out, "redriveDate", *execution.redrive_date);
}

void write_redrive_status(json::Writer& out, const ExecutionDescription& execution) {
    write_redrives(out, execution);
    const bool has_failed = execution.status != ExecutionStatus::running &&
                            execution.status != ExecutionStatus::succeeded;
    const bool is_child = !execution.map_run_arn.empty();
    if (has_failed && is_child) {
        out.member("redriveStatus", "REDRIVABLE_BY_MAP_RUN");
        return;
    }
    const bool is_redrivable = execution.redrive_status_reason.empty();
    out.member("redriveStatus", is_redrivable ? "REDRIVABLE" : "NOT_REDRIVABLE");
    if (!is_redrivable) out.member("redriveStatusReason", execution.redrive_status_reason);
}

void write_data(json::Writer& out, std::string_view name, const Payload& data, bool includes_data) {
    if (data.is_absent()) return;
    if (includes_data) out.member(name, data.text());
    out.key(std::string(name) + "Details")
        .begin_object()
        .member_boolean("included", includes_data)
        .end_object();
}

void write_qualifier(json::Writer& out, const ExecutionDescription& execution) {
    if (!execution.state_machine_version_arn.empty())
        out.member("stateMachineVersionArn", execution.state_machine_version_arn);
    if (!execution.state_machine_alias_arn.empty())
        out.member("stateMachineAliasArn", execution.state_machine_alias_arn);
}

void write_outcome(json::Writer& out, const ExecutionDescription& execution, bool includes_data) {
    out.member("executionArn", execution.execution_arn)
        .member("stateMachineArn", execution.state_machine_arn);
    write_qualifier(out, execution);
    out.member("name", execution.name).member("status", name_of(execution.status));
    write_date(out, "startDate", execution.start_date);
    if (execution.stop_date.has_value()) write_date(out, "stopDate", *execution.stop_date);
    write_data(out, "input", execution.input, includes_data);
    write_data(out, "output", execution.output, includes_data);
    if (!execution.trace_header.empty()) out.member("traceHeader", execution.trace_header);
    if (includes_data && execution.error.has_value()) out.member("error", *execution.error);
    if (includes_data && execution.cause.has_value()) out.member("cause", *execution.cause);
}

void write_description(json::Writer& out, const ExecutionDescription& execution,
                       bool includes_data) {
    write_outcome(out, execution, includes_data);
    if (!execution.map_run_arn.empty()) out.member("mapRunArn", execution.map_run_arn);
    write_redrive_status(out, execution);
}

/// What a StartExecution call says; views into the call or into the members beside them.
struct StartCall {
    std::array<json::PlainText, 4> texts{
        {{"stateMachineArn", 1, arn_limits.max},
         {"name", 0, name_limits.max},
         {"input", 0, limits::payload_bytes_max},
         {"traceHeader", 0, 0}}};  // a trace header is rare: read the general way
    std::array<std::string, 4> copies;
    bool is_sync = false;  // StartSyncExecution: has one member more, and is read the general way
    bool includes_data = true;  // that member

    Result<> read(std::string& body) {
        const bool is_plain = !is_sync && json::read_plain_texts(body, texts) &&
                              !(texts[1].is_present && texts[1].value.empty());
        if (is_plain) return {};
        const auto parameters = Parameters::parse(body);
        if (!parameters) return parameters.error();
        static constexpr std::array member_limits{&arn_limits, &name_limits, &data_limits,
                                                  &trace_header_limits};
        for (std::size_t i = 0; i < texts.size(); ++i) {
            std::optional<std::string> text =
                i == 0 ? parameters->text(texts[i].name, *member_limits[i])
                       : parameters->optional_text(texts[i].name, *member_limits[i]);
            texts[i].is_present = text.has_value();
            copies[i] = std::move(text).value_or(std::string());
            texts[i].value = copies[i];
        }
        includes_data =
            parameters->optional_choice("includedData", included_data_values).value_or(0) == 0;
        return parameters->check();
    }
    std::string_view arn() const { return texts[0].value; }
    std::string_view name() const { return texts[1].value; }
    std::string_view input() const { return texts[2].is_present ? texts[2].value : "{}"; }
    std::string_view trace_header() const { return texts[3].value; }
};

// The version or alias that an ARN ends in.
flow::MachineQualifier qualifier_of(const flow::StatesArn& arn) {
    flow::MachineQualifier qualifier;
    const char* const end = arn.qualifier.data() + arn.qualifier.size();
    const auto [stopped_at, error] = std::from_chars(arn.qualifier.data(), end, qualifier.version);
    if (error == std::errc{} && stopped_at == end) return qualifier;
    return {.version = 0, .alias = std::string(arn.qualifier)};
}

Error type_not_supported() {
    return Error(flow::errors::state_machine_type_not_supported,
                 "This operation is not supported by this type of state machine");
}

// Takes "#CASE" off the ARN.
std::string_view split_test_case(std::string_view& arn) {
    const std::size_t hash = arn.find('#');
    if (hash == std::string_view::npos) return {};
    const std::string_view test_case = arn.substr(hash + 1);
    arn = arn.substr(0, hash);
    return test_case;
}

Result<std::shared_ptr<flow::Rehearsal>> rehearsal_of(const flow::MockConfiguration& mocks,
                                                      std::string_view machine,
                                                      std::string_view test_case) {
    flow::MocksPtr found = mocks.find(machine, test_case);
    if (found != nullptr) return std::make_shared<flow::Rehearsal>(std::move(found));
    return Error(flow::errors::invalid_name,
                 "Invalid Name: the mock configuration has no test case '" +
                     std::string(test_case) + "' of the state machine '" + std::string(machine) +
                     "'");
}

Result<flow::StartExecutionInput> read_start(const Parts& parts, StartCall& start,
                                             std::string& body) {
    if (auto read = start.read(body); !read) return read.error();
    if (!start.name().empty()) {
        if (auto named = flow::check_name(start.name()); !named) return named.error();
    }
    std::string_view arn = start.arn();
    const std::string_view test_case =
        parts.mocks != nullptr ? split_test_case(arn) : std::string_view{};
    auto found = parts.machines.find_routed(arn);
    if (!found) return found.error();
    std::shared_ptr<flow::Rehearsal> rehearsal;
    if (!test_case.empty()) {
        SW_TRY(rehearsal, rehearsal_of(*parts.mocks, found->machine->name, test_case));
    }
    auto input = parse_input(start.input());
    if (!input) return input.error();
    flow::StartExecutionInput execution{std::move(found->machine), std::string(start.name()),
                                        *std::move(input), std::string(start.trace_header())};
    execution.qualifier = std::move(found->qualifier);
    execution.rehearsal = std::move(rehearsal);
    return execution;
}

// AWS bills what has begun of 100 ms and of 64 MB.
void write_billing(json::Writer& out, const ExecutionDescription& execution) {
    constexpr std::int64_t unit_ms = 100;
    constexpr std::int64_t memory_mb = 64;
    const auto took = (execution.stop_date.value_or(execution.start_date) - execution.start_date);
    const std::int64_t units = (took.count() + unit_ms - 1) / unit_ms;
    out.key("billingDetails").begin_object();
    out.member_integer("billedMemoryUsedInMB", memory_mb);
    out.member_integer("billedDurationInMilliseconds", std::max<std::int64_t>(units, 1) * unit_ms);
    out.end_object();
}

}  // namespace

Result<Payload> parse_input(std::string_view text, std::size_t bytes_max) {
    if (text.empty()) return invalid_input("Invalid execution input.");
    if (text.size() > bytes_max) {
        return invalid_input("The input exceeds the maximum size of " + std::to_string(bytes_max) +
                             " bytes.");
    }
    auto payload = Payload::parse(text);
    if (!payload) return invalid_input(json_complaint(text, payload.error().message()));
    return payload;
}

void start_sync_execution(const Parts& parts, Call call, Respond respond) {
    StartCall start;
    start.is_sync = true;
    auto input = read_start(parts, start, call.body);
    if (!input) return respond(input.error());
    if (input->machine->type != flow::MachineType::express) return respond(type_not_supported());
    input->ended = answer_later<ExecutionDescription>(
        std::move(respond), [includes_data = start.includes_data](
                                json::Writer& out, const ExecutionDescription& execution) {
            write_outcome(out, execution, includes_data);
            write_billing(out, execution);
        });
    parts.executions.start(*std::move(input), [](const Result<flow::StartExecutionOutput>&) {});
}

void start_execution(const Parts& parts, Call call, Respond respond) {
    StartCall start;
    auto input = read_start(parts, start, call.body);
    if (!input) return respond(input.error());
    input->starter = std::move(call.context.starter);
    parts.executions.start(
        *std::move(input),
        answer_later<flow::StartExecutionOutput>(
            std::move(respond), [](json::Writer& out, const flow::StartExecutionOutput& started) {
                out.member("executionArn", started.execution_arn);
                write_date(out, "startDate", started.start_date);
            }));
}

void stop_execution(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    auto error = parameters->optional_text("error", error_limits);
    auto cause = parameters->optional_text("cause", cause_limits);
    const auto arn = checked_execution_arn(*parameters);
    if (!arn) return respond(arn.error());
    parts.executions.stop(
        *arn, std::move(error), std::move(cause),
        answer_later<TimePoint>(std::move(respond), [](json::Writer& out, TimePoint stopped) {
            write_date(out, "stopDate", stopped);
        }));
}

void redrive_execution(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    std::string token = parameters->optional_text("clientToken", client_token_limits).value_or("");
    const auto arn = checked_execution_arn(*parameters);
    if (!arn) return respond(arn.error());
    parts.executions.redrive(
        *arn, std::move(token),
        answer_later<TimePoint>(std::move(respond), [](json::Writer& out, TimePoint redriven) {
            write_date(out, "redriveDate", redriven);
        }));
}

void describe_execution(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const bool includes_data =
        parameters->optional_choice("includedData", included_data_values).value_or(0) == 0;
    const auto arn = checked_execution_arn(*parameters);
    if (!arn) return respond(arn.error());
    parts.executions.describe(
        *arn, answer_later<ExecutionDescription>(
                  std::move(respond),
                  [includes_data](json::Writer& out, const ExecutionDescription& execution) {
                      write_description(out, execution, includes_data);
                  }));
}

namespace {

void write_page(json::Writer& out, const flow::ListExecutionsOutput& page) {
    out.key("executions").begin_array();
    for (const ExecutionDescription& execution : page.executions) {
        out.begin_object().member("executionArn", execution.execution_arn);
        out.member("stateMachineArn", execution.state_machine_arn).member("name", execution.name);
        write_qualifier(out, execution);
        out.member("status", name_of(execution.status));
        write_date(out, "startDate", execution.start_date);
        if (execution.stop_date.has_value()) write_date(out, "stopDate", *execution.stop_date);
        if (!execution.map_run_arn.empty()) out.member("mapRunArn", execution.map_run_arn);
        if (execution.item_count.has_value())
            out.member_integer("itemCount", *execution.item_count);
        write_redrives(out, execution);
        out.end_object();
    }
    out.end_array();
    write_next_token(out, page.next_token);
}

// What names the listing: a state machine, or a map run.
struct Listed {
    std::optional<std::string> machine_arn;
    std::optional<std::string> map_run_arn;

    Result<> check() const {
        if (machine_arn.has_value() != map_run_arn.has_value()) return {};
        return Error(errors::validation,
                     machine_arn.has_value()
                         ? "You can only specify one of stateMachineArn or mapRunArn"
                         : "You must specify either a stateMachineArn or a mapRunArn");
    }
};

// Says in `input` which machine's executions are listed.
Result<> choose_machine(const Parts& parts, const std::string& arn,
                        flow::ListExecutionsInput& input) {
    const auto parsed = flow::parse_arn(arn, flow::ArnKind::state_machine);
    if (!parsed) return parsed.error();
    const auto machine = parts.machines.describe(arn);
    if (!machine) return machine.error();
    if (machine->revision->type == flow::MachineType::express) return type_not_supported();
    input.qualifier = qualifier_of(*parsed);
    input.machine_id = machine->revision->id;
    return {};
}

}  // namespace

void list_executions(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const Listed listed{parameters->optional_text("stateMachineArn", arn_limits),
                        parameters->optional_text("mapRunArn", long_arn_limits)};
    const auto status = parameters->optional_choice("statusFilter", statuses);
    const auto redriven = parameters->optional_choice("redriveFilter", redrive_filters);
    flow::ListExecutionsInput input;
    input.max_results = read_page_request(*parameters).max_results;
    input.next_token =
        parameters->optional_text("nextToken", executions_page_token_limits).value_or("");
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto checked = listed.check(); !checked) return respond(checked.error());
    if (listed.machine_arn.has_value()) {
        if (auto chosen = choose_machine(parts, *listed.machine_arn, input); !chosen)
            return respond(chosen.error());
    } else if (auto parsed = flow::parse_arn(*listed.map_run_arn, flow::ArnKind::map_run);
               !parsed) {
        return respond(parsed.error());
    }
    if (status == pending_redrive) return respond(Reply{.body = R"({"executions":[]})"});
    if (status.has_value()) input.status_filter = static_cast<ExecutionStatus>(*status);
    if (redriven.has_value()) input.is_redriven = *redriven == 0;
    auto answer = answer_later<flow::ListExecutionsOutput>(std::move(respond), write_page);
    if (listed.map_run_arn.has_value()) {
        return parts.executions.list_children(*listed.map_run_arn, std::move(input),
                                              std::move(answer));
    }
    parts.executions.list(std::move(input), std::move(answer));
}

void get_execution_history(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::GetHistoryInput input;
    const flow::PageRequest page = read_page_request(*parameters);
    input.max_results = page.max_results;
    input.next_token = page.next_token;
    input.reverse_order = parameters->flag("reverseOrder", false);
    input.include_execution_data = parameters->flag("includeExecutionData", true);
    auto arn = checked_execution_arn(*parameters);
    if (!arn) return respond(arn.error());
    input.execution_arn = *std::move(arn);
    parts.executions.history(
        std::move(input),
        answer_later<flow::GetHistoryOutput>(
            std::move(respond), [](json::Writer& out, const flow::GetHistoryOutput& history) {
                out.member_raw("events", history.events);
                write_next_token(out, history.next_token);
            }));
}

}  // namespace stepwell::api::step_functions
