// CreateFunction, GetFunction and the like.
#include "api/lambda_operations.hpp"
#include "base/base64.hpp"
#include "function/errors.hpp"

namespace stepwell::api::lambda {

namespace {

using function::CreateFunctionInput;
using function::FunctionConfiguration;
using function::FunctionName;
using function::Functions;
using function::Lifecycle;
using function::UpdateFunctionCodeInput;
using function::UpdateFunctionConfigurationInput;

Error not_here(std::string_view what) {
    return Error(errors::not_implemented,
                 std::string(what) + " is not available in this server yet.");
}

// Refuses what a function would not have although it was asked for.
void refuse_unavailable(const LambdaInput& input) {
    static constexpr std::string_view lists[] = {"Layers", "FileSystemConfigs"};
    for (const std::string_view name : lists) {
        const std::string given = input.raw(name);
        if (!given.empty() && given.find_first_not_of("[] \t\r\n") != std::string::npos)
            input.complain(not_here(name));
    }
    static constexpr std::string_view structures[] = {"ImageConfig", "CapacityProviderConfig",
                                                      "DurableConfig", "TenancyConfig"};
    for (const std::string_view name : structures) {
        if (input.has(name)) input.complain(not_here(name));
    }
    if (input.optional_flag("Publish").value_or(false))
        input.complain(not_here("Publish (versions of functions)"));
    if (const auto snap_start = input.structure("SnapStart");
        snap_start && snap_start->text("ApplyOn") != "None") {
        input.complain(not_here("SnapStart"));
    }
}

std::string read_zip(const LambdaInput& code) {
    for (const std::string_view name : {"S3Bucket", "S3Key", "ImageUri"}) {
        if (code.has(name)) code.complain(not_here(std::string("Code.") + std::string(name)));
    }
    const auto text = code.optional_text("ZipFile");
    if (!text) {
        code.complain(Error(function::errors::invalid_parameter_value,
                            "Please provide a source for function code."));
        return {};
    }
    auto zip = base64_decode(*text);
    if (zip) return std::move(*zip);
    code.complain(Error(errors::serialization, "ZipFile is not Base64."));
    return {};
}

std::optional<std::string> member_of(const LambdaInput& input, std::string_view structure,
                                     std::string_view member) {
    const auto found = input.structure(structure);
    return found ? found->optional_text(member) : std::nullopt;
}

std::optional<function::Variables> read_environment(const LambdaInput& input) {
    const auto environment = input.structure("Environment");
    if (!environment) return std::nullopt;
    return environment->optional_map("Variables").value_or(function::Variables{});
}

// What UpdateFunctionConfiguration and CreateFunction have in common.
UpdateFunctionConfigurationInput read_configuration(const LambdaInput& input) {
    refuse_unavailable(input);
    UpdateFunctionConfigurationInput c;
    c.function = input.function_name();
    c.revision_id = input.text("RevisionId");
    c.role = input.optional_text("Role");
    c.runtime = input.optional_text("Runtime");
    c.handler = input.optional_text("Handler");
    c.description = input.optional_text("Description");
    c.timeout_seconds = input.optional_integer("Timeout");
    c.memory_mb = input.optional_integer("MemorySize");
    if (const auto storage = input.structure("EphemeralStorage"))
        c.ephemeral_storage_mb = storage->optional_integer("Size");
    c.environment = read_environment(input);
    c.tracing_mode = member_of(input, "TracingConfig", "Mode");
    c.kms_key_arn = input.optional_text("KMSKeyArn");
    c.dead_letter_target_arn = member_of(input, "DeadLetterConfig", "TargetArn");
    if (input.structure("VpcConfig")) c.vpc_config = input.raw("VpcConfig");
    return c;
}

CreateFunctionInput read_create(const LambdaInput& input) {
    CreateFunctionInput create;
    input.needed_text("Role");
    UpdateFunctionConfigurationInput given = read_configuration(input);
    FunctionConfiguration& c = create.configuration;
    c.name = given.function.name;
    c.role = given.role.value_or("");
    c.runtime = given.runtime.value_or("");
    c.handler = given.handler.value_or("");
    c.description = given.description.value_or("");
    c.timeout_seconds = given.timeout_seconds.value_or(c.timeout_seconds);
    c.memory_mb = given.memory_mb.value_or(c.memory_mb);
    c.ephemeral_storage_mb = given.ephemeral_storage_mb.value_or(c.ephemeral_storage_mb);
    c.environment = std::move(given.environment);
    c.tracing_mode = given.tracing_mode.value_or(c.tracing_mode);
    c.kms_key_arn = given.kms_key_arn.value_or("");
    c.dead_letter_target_arn = given.dead_letter_target_arn.value_or("");
    c.vpc_config = given.vpc_config.value_or("");
    c.architectures = input.optional_texts("Architectures").value_or(c.architectures);
    if (input.text("PackageType") == "Image") input.complain(not_here("PackageType Image"));
    const auto code = input.structure("Code");
    if (code) {
        create.zip = read_zip(*code);
    } else {
        input.needed_text("Code");
    }
    for (auto& [key, value] : input.optional_map("Tags").value_or(function::Variables{}))
        create.tags[key] = value;
    return create;
}

UpdateFunctionCodeInput read_update_code(const LambdaInput& input) {
    UpdateFunctionCodeInput update;
    update.function = input.function_name();
    update.revision_id = input.text("RevisionId");
    update.is_dry_run = input.optional_flag("DryRun").value_or(false);
    update.architectures =
        input.optional_texts("Architectures").value_or(std::vector<std::string>{});
    if (input.optional_flag("Publish").value_or(false))
        input.complain(not_here("Publish (versions of functions)"));
    update.zip = read_zip(input);
    return update;
}

function::Completion<FunctionConfiguration> respond_configuration(Respond respond,
                                                                  Lifecycle lifecycle) {
    return [respond = std::move(respond),
            lifecycle](Result<FunctionConfiguration> configuration) mutable {
        if (!configuration.has_value()) return respond(configuration.error());
        json::Writer writer;
        write_configuration(writer, *configuration, lifecycle);
        respond(Reply{.body = writer.take()});
    };
}

std::string function_reply(const function::StoredFunction& stored, const CallContext& context) {
    json::Writer writer;
    writer.begin_object().key("Configuration");
    write_configuration(writer, stored.configuration, Lifecycle::active);
    writer.key("Code").begin_object().member("RepositoryType", "S3");
    writer
        .member("Location",
                context.base_url + "/_stepwell/functions/" + stored.configuration.name + "/code")
        .end_object();
    if (!stored.tags.empty()) {
        writer.key("Tags").begin_object();
        for (const auto& [key, value] : stored.tags) writer.member(key, value);
        writer.end_object();
    }
    if (stored.reserved_concurrency) {
        writer.key("Concurrency")
            .begin_object()
            .member_integer("ReservedConcurrentExecutions", *stored.reserved_concurrency)
            .end_object();
    }
    writer.end_object();
    return writer.take();
}

struct ListInput {
    std::string marker;
    std::int64_t items_max = 50;
};
ListInput read_list(const LambdaInput& input) {
    ListInput list{input.text("Marker"), input.optional_integer("MaxItems").value_or(50)};
    if (list.items_max < 1 || list.items_max > 10'000) {
        input.complain(
            Error(errors::validation, "1 validation error detected: Value '" +
                                          std::to_string(list.items_max) +
                                          "' at 'maxItems' failed to satisfy constraint: Member "
                                          "must be between 1 and 10000"));
    }
    return list;
}

void respond_list(Functions& functions, const ListInput& input, Respond respond) {
    const auto items_max = static_cast<std::uint32_t>(
        std::min<std::int64_t>(input.items_max, 50));  // AWS gives 50 at most
    const function::ListFunctionsOutput output = functions.list(input.marker, items_max);
    json::Writer writer;
    writer.begin_object();
    if (!output.next_marker.empty()) writer.member("NextMarker", output.next_marker);
    writer.key("Functions").begin_array();
    for (const FunctionConfiguration& configuration : output.functions)
        write_configuration(writer, configuration, Lifecycle::active);
    writer.end_array().end_object();
    respond(Reply{.body = writer.take()});
}

// The one version that there is.
void respond_versions(Functions& functions, const FunctionName& name, Respond respond) {
    const auto stored = functions.find(name);
    if (!stored.has_value()) return respond(stored.error());
    FunctionConfiguration configuration = stored->configuration;
    configuration.arn += ":$LATEST";
    json::Writer writer;
    writer.begin_object().key("Versions").begin_array();
    write_configuration(writer, configuration, Lifecycle::active);
    writer.end_array().end_object();
    respond(Reply{.body = writer.take()});
}

}  // namespace

void register_functions(OperationTable& table, Functions& functions) {
    add(table, "CreateFunction", read_create,
        [&functions](CreateFunctionInput input, const CallContext&, Respond respond) {
            functions.create(std::move(input),
                             respond_configuration(std::move(respond), Lifecycle::pending));
        });
    add(table, "UpdateFunctionCode", read_update_code,
        [&functions](UpdateFunctionCodeInput input, const CallContext&, Respond respond) {
            functions.update_code(std::move(input),
                                  respond_configuration(std::move(respond), Lifecycle::updating));
        });
    add(table, "UpdateFunctionConfiguration", read_configuration,
        [&functions](UpdateFunctionConfigurationInput input, const CallContext&, Respond respond) {
            functions.update_configuration(
                std::move(input), respond_configuration(std::move(respond), Lifecycle::updating));
        });
    add(table, "DeleteFunction", read_name,
        [&functions](FunctionName name, const CallContext&, Respond respond) {
            functions.remove(std::move(name), respond_empty(std::move(respond)));
        });
    add(table, "GetFunction", read_name,
        [&functions](const FunctionName& name, const CallContext& context, Respond respond) {
            const auto stored = functions.find(name);
            if (!stored.has_value()) return respond(stored.error());
            respond(Reply{.body = function_reply(*stored, context)});
        });
    add(table, "GetFunctionConfiguration", read_name,
        [&functions](const FunctionName& name, const CallContext&, Respond respond) {
            const auto stored = functions.find(name);
            if (!stored.has_value()) return respond(stored.error());
            respond_configuration(std::move(respond), Lifecycle::active)(stored->configuration);
        });
    add(table, "ListFunctions", read_list,
        [&functions](const ListInput& input, const CallContext&, Respond respond) {
            respond_list(functions, input, std::move(respond));
        });
    add(table, "ListVersionsByFunction", read_name,
        [&functions](const FunctionName& name, const CallContext&, Respond respond) {
            respond_versions(functions, name, std::move(respond));
        });
}

}  // namespace stepwell::api::lambda
