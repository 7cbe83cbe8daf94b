// Event source mappings.
#include "api/lambda_operations.hpp"
#include "function/errors.hpp"

namespace stepwell::api::lambda {

namespace {

using function::CreateMappingInput;
using function::EventSourceMappings;
using function::FunctionName;
using function::Functions;
using function::ListMappingsInput;
using function::MappingView;
using function::UpdateMappingInput;

// Refuses what a mapping would not do although it was asked for.
void refuse_unavailable_of_mapping(const LambdaInput& input) {
    static constexpr std::string_view structures[] = {
        "FilterCriteria", "DestinationConfig", "SelfManagedEventSource", "ProvisionedPollerConfig",
        "DocumentDBEventSourceConfig"};
    for (const std::string_view name : structures) {
        const std::string given = input.raw(name);
        if (given.empty() || given.find_first_not_of("{} \t\r\n") == std::string::npos) continue;
        input.complain(Error(errors::not_implemented,
                             std::string(name) + " is not available in this server yet."));
    }
}

std::optional<bool> read_response_types(const LambdaInput& input) {
    const auto types = input.optional_texts("FunctionResponseTypes");
    if (!types) return std::nullopt;
    for (const std::string& type : *types) {
        if (type == "ReportBatchItemFailures") continue;
        input.complain(Error(
            errors::validation,
            "1 validation error detected: Value '[" + type +
                "]' at 'functionResponseTypes' failed to satisfy constraint: Member must satisfy "
                "constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]"));
    }
    return !types->empty();
}

std::optional<std::optional<std::int64_t>> read_maximum_concurrency(const LambdaInput& input) {
    const auto scaling = input.structure("ScalingConfig");
    if (!scaling) return std::nullopt;
    return scaling->optional_integer("MaximumConcurrency");
}

CreateMappingInput read_create_mapping(const LambdaInput& input) {
    refuse_unavailable_of_mapping(input);
    CreateMappingInput create;
    create.function = input.function_name();
    create.mapping.event_source_arn = input.text("EventSourceArn");
    if (create.mapping.event_source_arn.empty()) {
        input.complain(
            Error(function::errors::invalid_parameter_value, "Unrecognized event source."));
    }
    create.mapping.batch_size = input.optional_integer("BatchSize").value_or(10);
    create.mapping.window_seconds =
        input.optional_integer("MaximumBatchingWindowInSeconds").value_or(0);
    create.mapping.is_enabled = input.optional_flag("Enabled").value_or(true);
    create.mapping.reports_batch_item_failures = read_response_types(input).value_or(false);
    create.mapping.maximum_concurrency = read_maximum_concurrency(input).value_or(std::nullopt);
    return create;
}

UpdateMappingInput read_update_mapping(const LambdaInput& input) {
    refuse_unavailable_of_mapping(input);
    UpdateMappingInput update;
    update.uuid = input.needed_text("UUID");
    if (input.has("FunctionName")) update.function = input.function_name();
    update.batch_size = input.optional_integer("BatchSize");
    update.window_seconds = input.optional_integer("MaximumBatchingWindowInSeconds");
    update.is_enabled = input.optional_flag("Enabled");
    update.reports_batch_item_failures = read_response_types(input);
    update.maximum_concurrency = read_maximum_concurrency(input);
    return update;
}

ListMappingsInput read_list_mappings(const LambdaInput& input) {
    ListMappingsInput list;
    list.event_source_arn = input.text("EventSourceArn");
    if (input.has("FunctionName")) list.function = input.function_name();
    list.marker = input.text("Marker");
    const std::int64_t items_max = input.optional_integer("MaxItems").value_or(100);
    if (items_max < 1 || items_max > 10'000) {
        input.complain(Error(errors::validation,
                             "1 validation error detected: Value '" + std::to_string(items_max) +
                                 "' at 'maxItems' failed to satisfy constraint: Member must be "
                                 "between 1 and 10000"));
    }
    list.items_max = static_cast<std::uint32_t>(std::min<std::int64_t>(items_max, 100));
    return list;
}

std::string read_uuid(const LambdaInput& input) { return input.needed_text("UUID"); }

function::Completion<MappingView> respond_mapping(Respond respond, const Functions& functions) {
    return [respond = std::move(respond), &functions](Result<MappingView> view) mutable {
        if (!view.has_value()) return respond(view.error());
        json::Writer writer;
        write_mapping(writer, *view, functions);
        respond(Reply{.body = writer.take()});
    };
}

std::string list_reply(const function::ListMappingsOutput& output, const Functions& functions) {
    json::Writer writer;
    writer.begin_object();
    if (!output.next_marker.empty()) writer.member("NextMarker", output.next_marker);
    writer.key("EventSourceMappings").begin_array();
    for (const MappingView& view : output.mappings) write_mapping(writer, view, functions);
    writer.end_array().end_object();
    return writer.take();
}

}  // namespace

void register_mappings(OperationTable& table, Functions& functions, EventSourceMappings& mappings) {
    add(table, "CreateEventSourceMapping", read_create_mapping,
        [&](CreateMappingInput input, const CallContext&, Respond respond) {
            mappings.create(std::move(input), respond_mapping(std::move(respond), functions));
        });
    add(table, "UpdateEventSourceMapping", read_update_mapping,
        [&](UpdateMappingInput input, const CallContext&, Respond respond) {
            mappings.update(std::move(input), respond_mapping(std::move(respond), functions));
        });
    add(table, "DeleteEventSourceMapping", read_uuid,
        [&](const std::string& uuid, const CallContext&, Respond respond) {
            mappings.remove(uuid, respond_mapping(std::move(respond), functions));
        });
    add(table, "GetEventSourceMapping", read_uuid,
        [&](const std::string& uuid, const CallContext&, Respond respond) {
            respond_mapping(std::move(respond), functions)(mappings.find(uuid));
        });
    add(table, "ListEventSourceMappings", read_list_mappings,
        [&](const ListMappingsInput& input, const CallContext&, Respond respond) {
            respond(Reply{.body = list_reply(mappings.list(input), functions)});
        });
}

}  // namespace stepwell::api::lambda
