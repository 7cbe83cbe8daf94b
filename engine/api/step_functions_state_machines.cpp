// State machines: create, update, describe, delete, list, validate.
#include <array>

#include "api/step_functions_operations.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"

namespace stepwell::api::step_functions {

namespace {

constexpr std::array<std::string_view, 2> machine_types{"STANDARD", "EXPRESS"};
constexpr std::array<std::string_view, 4> log_levels{"OFF", "ALL", "ERROR",
                                                     "FATAL"};  // as in flow::LogLevel
constexpr std::uint32_t deletion_batch_max = 100;               // executions stopped side by side
constexpr std::array<std::string_view, 2> severities{"ERROR", "WARNING"};

flow::MachineType read_type(const Parameters& parameters) {
    return static_cast<flow::MachineType>(
        parameters.optional_choice("type", machine_types).value_or(0));
}

std::optional<flow::LoggingConfiguration> read_logging(const Parameters& parameters) {
    const std::optional<Parameters> given = parameters.structure("loggingConfiguration");
    if (!given.has_value()) return std::nullopt;
    flow::LoggingConfiguration logging;
    logging.level =
        static_cast<flow::LogLevel>(given->optional_choice("level", log_levels).value_or(0));
    logging.includes_execution_data = given->flag("includeExecutionData", false);
    for (const Parameters& destination : given->structures("destinations", false)) {
        const std::optional<Parameters> group = destination.structure("cloudWatchLogsLogGroup");
        logging.log_group_arns.push_back(
            group.has_value() ? group->optional_text("logGroupArn", arn_limits).value_or("") : "");
    }
    return logging;
}

Result<> check_logging(const flow::LoggingConfiguration& logging) {
    const auto invalid = [](std::string_view reason) {
        return Error(flow::errors::invalid_logging_configuration,
                     "Invalid Logging Configuration: " + std::string(reason));
    };
    const std::size_t destinations = logging.log_group_arns.size();
    if (destinations > 1 || (destinations == 0 && logging.level != flow::LogLevel::off)) {
        return invalid("Must specify exactly one Log Destination.");
    }
    for (const std::string& arn : logging.log_group_arns) {
        if (!arn.starts_with("arn:") || arn.find(":logs:") == std::string::npos ||
            !arn.ends_with(":*")) {
            return invalid("Must set valid CloudWatch Log Group ARN.");
        }
    }
    return {};
}

std::optional<bool> read_tracing(const Parameters& parameters) {
    const std::optional<Parameters> given = parameters.structure("tracingConfiguration");
    if (!given.has_value()) return std::nullopt;
    return given->flag("enabled", false);
}

Result<> check_publishing(bool publishes, const std::string& version_description) {
    if (publishes || version_description.empty()) return {};
    return Error(errors::validation, "Version description can only be set when publish is true");
}

void write_configurations(json::Writer& out, const flow::StateMachineRevision& revision) {
    out.key("loggingConfiguration").begin_object();
    out.member("level", log_levels[static_cast<std::size_t>(revision.logging.level)]);
    out.member_boolean("includeExecutionData", revision.logging.includes_execution_data);
    if (!revision.logging.log_group_arns.empty()) {
        out.key("destinations").begin_array();
        for (const std::string& arn : revision.logging.log_group_arns) {
            out.begin_object().key("cloudWatchLogsLogGroup").begin_object();
            out.member("logGroupArn", arn).end_object().end_object();
        }
        out.end_array();
    }
    out.end_object();
    out.key("tracingConfiguration").begin_object();
    out.member_boolean("enabled", revision.is_traced).end_object();
    write_encryption(out, revision.encryption);
    if (!revision.revision_id.empty()) out.member("revisionId", revision.revision_id);
}

/// Executions that are stopped side by side; whoever sees the last of them end goes on.
struct DeletionBatch {
    DeletionBatch(std::size_t size, UniqueFunction<void()> then)
        : left(size), done(std::move(then)) {}
    std::atomic<std::size_t> left;
    UniqueFunction<void()> done;
};

/// What belongs to the definition and is shown with it.
void write_variable_references(json::Writer& out, const flow::StateMachineRevision& revision) {
    if (revision.program == nullptr || revision.program->variable_references().empty()) return;
    out.key("variableReferences").begin_object();
    for (const auto& [state, variables] : revision.program->variable_references()) {
        out.key(state).begin_array();
        for (const std::string& variable : variables) out.string(variable);
        out.end_array();
    }
    out.end_object();
}

/// METADATA_ONLY: what a reader without the key would see, so no definition.
bool read_includes_data(const Parameters& parameters) {
    return parameters.optional_choice("includedData", included_data_values).value_or(0) == 0;
}

}  // namespace

void create_state_machine(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::CreateStateMachineInput input;
    input.name = parameters->text("name", name_limits);
    input.definition = parameters->text("definition", definition_limits);
    input.role_arn = parameters->text("roleArn", arn_limits);
    input.type = read_type(*parameters);
    input.logging = read_logging(*parameters).value_or(flow::LoggingConfiguration{});
    input.is_traced = read_tracing(*parameters).value_or(false);
    input.encryption = read_encryption(*parameters);
    if (parameters->has("tags")) input.tags = read_tags(*parameters);
    input.publishes = parameters->flag("publish", false);
    input.version_description =
        parameters->optional_text("versionDescription", description_limits).value_or("");
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto checked = check_encryption(*parameters); !checked) return respond(checked.error());
    if (auto checked = check_publishing(input.publishes, input.version_description); !checked) {
        return respond(checked.error());
    }
    if (auto checked = check_logging(input.logging); !checked) return respond(checked.error());
    parts.machines.create(std::move(input),
                          answer_later<flow::CreateStateMachineOutput>(
                              std::move(respond),
                              [](json::Writer& out, const flow::CreateStateMachineOutput& created) {
                                  out.member("stateMachineArn", created.state_machine_arn);
                                  write_date(out, "creationDate", created.creation_date);
                                  if (!created.state_machine_version_arn.empty()) {
                                      out.member("stateMachineVersionArn",
                                                 created.state_machine_version_arn);
                                  }
                              }));
}

void update_state_machine(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::UpdateStateMachineInput input;
    input.state_machine_arn = parameters->text("stateMachineArn", arn_limits);
    input.definition = parameters->optional_text("definition", definition_limits);
    input.role_arn = parameters->optional_text("roleArn", arn_limits);
    input.logging = read_logging(*parameters);
    input.is_traced = read_tracing(*parameters);
    if (parameters->has("encryptionConfiguration")) input.encryption = read_encryption(*parameters);
    input.publishes = parameters->flag("publish", false);
    input.version_description =
        parameters->optional_text("versionDescription", description_limits).value_or("");
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto checked = check_encryption(*parameters); !checked) return respond(checked.error());
    if (auto checked = check_publishing(input.publishes, input.version_description); !checked) {
        return respond(checked.error());
    }
    if (input.logging.has_value()) {
        if (auto checked = check_logging(*input.logging); !checked) return respond(checked.error());
    }
    parts.machines.update(std::move(input),
                          answer_later<flow::UpdateStateMachineOutput>(
                              std::move(respond),
                              [](json::Writer& out, const flow::UpdateStateMachineOutput& updated) {
                                  write_date(out, "updateDate", updated.update_date);
                                  if (!updated.revision_id.empty())
                                      out.member("revisionId", updated.revision_id);
                                  if (!updated.state_machine_version_arn.empty()) {
                                      out.member("stateMachineVersionArn",
                                                 updated.state_machine_version_arn);
                                  }
                              }));
}

void describe_state_machine(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("stateMachineArn", arn_limits);
    const bool includes_data = read_includes_data(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    answer_result(respond, parts.machines.describe(arn),
                  [&](json::Writer& out, const flow::StateMachineDescription& machine) {
                      const flow::StateMachineRevision& revision = *machine.revision;
                      out.member("stateMachineArn", machine.arn).member("name", revision.name);
                      out.member("status", machine.status == flow::StateMachineStatus::active
                                               ? "ACTIVE"
                                               : "DELETING");
                      if (includes_data) out.member("definition", revision.definition);
                      out.member("roleArn", revision.role_arn);
                      out.member("type", machine_types[static_cast<std::size_t>(revision.type)]);
                      write_date(out, "creationDate", machine.creation_date);
                      write_configurations(out, revision);
                      if (includes_data) write_variable_references(out, revision);
                      if (!machine.description.empty())
                          out.member("description", machine.description);
                  });
}

void describe_state_machine_for_execution(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("executionArn", arn_limits);
    const bool includes_data = read_includes_data(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    const auto parsed = flow::parse_arn(arn, flow::ArnKind::execution);
    if (!parsed) return respond(parsed.error());
    parts.executions.describe(arn, [machines = &parts.machines, includes_data,
                                    respond = std::move(respond)](
                                       Result<ExecutionDescription> execution) mutable {
        if (!execution) return respond(execution.error());
        const auto revision =
            machines->describe_revision(execution->machine_id, execution->machine_revision);
        if (revision == nullptr) {
            return respond(Error(flow::errors::execution_does_not_exist,
                                 "Execution Does Not Exist: '" + execution->execution_arn + "'"));
        }
        json::Writer out;
        out.begin_object();
        out.member("stateMachineArn", revision->arn).member("name", revision->name);
        if (includes_data) out.member("definition", revision->definition);
        out.member("roleArn", revision->role_arn);
        write_date(out, "updateDate", revision->updated);
        write_configurations(out, *revision);
        if (!execution->map_run_arn.empty()) {
            const std::string& labelled = execution->state_machine_arn;
            out.member("mapRunArn", execution->map_run_arn);
            out.member("label", std::string_view(labelled).substr(labelled.find('/') + 1));
        }
        if (includes_data) write_variable_references(out, *revision);
        out.end_object();
        answer(respond, out);
    });
}

void delete_state_machine(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("stateMachineArn", arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.machines.start_deletion(arn, [parts, respond = std::move(respond)](
                                           Result<std::optional<std::uint64_t>> id) mutable {
        if (!id) return respond(id.error());
        if (!id->has_value()) return respond(Reply{.body = "{}"});
        drain_deletion(parts, **id,
                       [respond = std::move(respond)]() mutable { respond(Reply{.body = "{}"}); });
    });
}

void drain_deletion(const Parts& parts, std::uint64_t machine_id, UniqueFunction<void()> done) {
    flow::ListExecutionsInput running;
    running.machine_id = machine_id;
    running.status_filter = ExecutionStatus::running;
    running.max_results = deletion_batch_max;
    parts.executions.list(running, [parts, machine_id, done = std::move(done)](
                                       Result<flow::ListExecutionsOutput> listed) mutable {
        if (!listed || listed->executions.empty()) {
            if (listed) parts.machines.finish_deletion(machine_id);  // else it stays deleting
            return done();
        }
        auto batch = std::make_shared<DeletionBatch>(listed->executions.size(), std::move(done));
        for (const ExecutionDescription& execution : listed->executions) {
            const std::string& arn = execution.execution_arn;
            parts.executions.stop(arn, std::nullopt, std::nullopt, [](Result<TimePoint>) {});
            parts.executions.wait_until_ended(
                arn, [parts, machine_id, batch](Result<ExecutionDescription>) {
                    // acq_rel: who continues sees all that was done before the others ended
                    if (batch->left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
                    drain_deletion(parts, machine_id, std::move(batch->done));
                });
        }
    });
}

void list_state_machines(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const flow::PageRequest request = read_page_request(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    answer_result(respond, parts.machines.list(request),
                  [](json::Writer& out, const flow::Page<flow::ListedStateMachine>& page) {
                      out.key("stateMachines").begin_array();
                      for (const flow::ListedStateMachine& machine : page.items) {
                          out.begin_object();
                          out.member("stateMachineArn", machine.arn).member("name", machine.name);
                          out.member("type", machine_types[static_cast<std::size_t>(machine.type)]);
                          write_date(out, "creationDate", machine.creation_date);
                          out.end_object();
                      }
                      out.end_array();
                      write_next_token(out, page.next_token);
                  });
}

void validate_state_machine_definition(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string definition = parameters->text("definition", definition_limits);
    const flow::MachineType type = read_type(*parameters);
    const bool wants_warnings =
        parameters->optional_choice("severity", severities).value_or(0) == 1;
    const auto asked =
        parameters->optional_integer("maxResults", {.min = 0, .max = 100}).value_or(0);
    const auto limit = static_cast<std::size_t>(asked == 0 ? 100 : asked);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());

    bool is_valid = true;
    bool is_truncated = false;
    std::size_t shown = 0;
    json::Writer out;
    out.begin_object().key("diagnostics").begin_array();
    for (const asl::Diagnostic& diagnostic : parts.machines.diagnose(definition, type)) {
        is_valid &= !diagnostic.is_error;
        if (!diagnostic.is_error && !wants_warnings) continue;
        is_truncated = shown == limit;
        if (is_truncated) break;
        ++shown;
        out.begin_object();
        out.member("severity", severities[diagnostic.is_error ? 0 : 1]);
        out.member("code", diagnostic.code).member("message", diagnostic.message);
        if (!diagnostic.location.empty()) out.member("location", diagnostic.location);
        out.end_object();
    }
    out.end_array();
    out.member("result", is_valid ? "OK" : "FAIL").member_boolean("truncated", is_truncated);
    out.end_object();
    answer(respond, out);
}

}  // namespace stepwell::api::step_functions
