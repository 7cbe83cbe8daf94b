#include "function/configuration.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/identity.hpp"
#include "base/time_text.hpp"
#include "function/errors.hpp"

namespace stepwell::function {

namespace {

void write_environment(json::Writer& writer, const Variables& variables) {
    writer.key("Environment").begin_object().key("Variables").begin_object();
    for (const auto& [name, value] : variables) writer.member(name, value);
    writer.end_object().end_object();
}

void write_common(json::Writer& writer, const FunctionConfiguration& c) {
    writer.member("FunctionName", c.name).member("FunctionArn", c.arn);
    if (!c.runtime.empty()) writer.member("Runtime", c.runtime);
    writer.member("Role", c.role);
    if (!c.handler.empty()) writer.member("Handler", c.handler);
    writer.member_integer("CodeSize", static_cast<std::int64_t>(c.code_bytes));
    writer.member("Description", c.description);
    writer.member_integer("Timeout", c.timeout_seconds).member_integer("MemorySize", c.memory_mb);
    writer.member("CodeSha256", c.code_sha256).member("RevisionId", c.revision_id);
    if (!c.vpc_config.empty()) writer.member_raw("VpcConfig", c.vpc_config);
    if (!c.dead_letter_target_arn.empty()) {
        writer.key("DeadLetterConfig")
            .begin_object()
            .member("TargetArn", c.dead_letter_target_arn)
            .end_object();
    }
    if (c.environment.has_value()) write_environment(writer, *c.environment);
    if (!c.kms_key_arn.empty()) writer.member("KMSKeyArn", c.kms_key_arn);
    writer.key("TracingConfig").begin_object().member("Mode", c.tracing_mode).end_object();
    writer.key("Architectures").begin_array();
    for (const std::string& architecture : c.architectures) writer.string(architecture);
    writer.end_array();
    writer.key("EphemeralStorage")
        .begin_object()
        .member_integer("Size", c.ephemeral_storage_mb)
        .end_object();
}

// "2026-11-24T06:30:00.123+0000", the one form that Lambda has for itself.
std::string last_modified_text(TimePoint time) {
    std::string text = iso8601(time);
    text.pop_back();
    return text + "+0000";
}

/// Reads the members of a stored object; remembers whether all that had to be there was.
struct Reader {
    json::Value object;
    bool is_good = true;

    std::string text(std::string_view name) {
        const auto found = object.find(name);
        return found && found->is_string() ? std::string(found->string()) : std::string();
    }
    std::string needed_text(std::string_view name) {
        std::string value = text(name);
        if (value.empty()) is_good = false;
        return value;
    }
    std::int64_t integer(std::string_view name) {
        const auto found = object.find(name);
        const auto value = found && found->is_number() ? found->integer() : std::nullopt;
        if (!value) is_good = false;
        return value.value_or(0);
    }
    Reader inner(std::string_view name) {
        const auto found = object.find(name);
        if (!found || !found->is_object()) is_good = false;
        return Reader{found.value_or(object)};
    }
};

FunctionConfiguration read_configuration(Reader& reader) {
    FunctionConfiguration c;
    c.name = reader.needed_text("FunctionName");
    c.arn = reader.needed_text("FunctionArn");
    c.role = reader.text("Role");
    c.runtime = reader.text("Runtime");
    c.handler = reader.text("Handler");
    c.description = reader.text("Description");
    c.timeout_seconds = reader.integer("Timeout");
    c.memory_mb = reader.integer("MemorySize");
    c.code_bytes = static_cast<std::uint64_t>(reader.integer("CodeSize"));
    c.code_sha256 = reader.needed_text("CodeSha256");
    c.revision_id = reader.needed_text("RevisionId");
    c.kms_key_arn = reader.text("KMSKeyArn");
    c.last_modified = TimePoint{milliseconds{reader.integer("LastModifiedMs")}};
    c.tracing_mode = reader.inner("TracingConfig").text("Mode");
    c.ephemeral_storage_mb = reader.inner("EphemeralStorage").integer("Size");
    if (const auto vpc = reader.object.find("VpcConfig")) c.vpc_config = vpc->raw();
    if (const auto dead = reader.object.find("DeadLetterConfig"))
        c.dead_letter_target_arn = Reader{*dead}.text("TargetArn");
    if (const auto environment = reader.object.find("Environment")) {
        c.environment.emplace();
        const auto variables = environment->find("Variables");
        if (variables) {
            for (const json::Member& member : variables->members()) {
                c.environment->emplace_back(member.key, json::Value(&member.value).string());
            }
        }
    }
    c.architectures.clear();
    if (const auto architectures = reader.object.find("Architectures")) {
        for (const json::Node& node : architectures->elements())
            c.architectures.emplace_back(json::Value(&node).string());
    }
    return c;
}

}  // namespace

std::string log_group_of(std::string_view function_name) {
    return "/aws/lambda/" + std::string(function_name);
}

void write_configuration(json::Writer& writer, const FunctionConfiguration& c,
                         Lifecycle lifecycle) {
    writer.begin_object();
    write_common(writer, c);
    writer.member("LastModified", last_modified_text(c.last_modified))
        .member("Version", "$LATEST")
        .member("PackageType", "Zip");
    if (lifecycle == Lifecycle::pending) {
        writer.member("State", "Pending")
            .member("StateReason", "The function is being created.")
            .member("StateReasonCode", "Creating");
    } else {
        writer.member("State", "Active");
        writer.member("LastUpdateStatus",
                      lifecycle == Lifecycle::updating ? "InProgress" : "Successful");
        if (lifecycle == Lifecycle::updating) {
            writer.member("LastUpdateStatusReason", "The function is being created.");
            writer.member("LastUpdateStatusReasonCode", "Creating");
        }
    }
    writer.key("SnapStart")
        .begin_object()
        .member("ApplyOn", "None")
        .member("OptimizationStatus", "Off")
        .end_object();
    writer.key("LoggingConfig")
        .begin_object()
        .member("LogFormat", "Text")
        .member("LogGroup", log_group_of(c.name))
        .end_object();
    writer.end_object();
}

std::string encode(const StoredFunction& function) {
    json::Writer writer;
    writer.begin_object().member_integer("Format", 1).key("Configuration").begin_object();
    write_common(writer, function.configuration);
    writer.member_integer("LastModifiedMs",
                          function.configuration.last_modified.time_since_epoch().count());
    writer.end_object().key("Tags").begin_object();
    for (const auto& [key, value] : function.tags) writer.member(key, value);
    writer.end_object().key("Policy").begin_array();
    for (const PolicyStatement& statement : function.policy) {
        writer.begin_object()
            .member("Id", statement.statement_id)
            .member_raw("Statement", statement.json)
            .end_object();
    }
    writer.end_array().member("PolicyRevisionId", function.policy_revision_id);
    if (function.reserved_concurrency)
        writer.member_integer("ReservedConcurrency", *function.reserved_concurrency);
    writer.end_object();
    return writer.take();
}

Result<StoredFunction> decode_function(std::string_view text) {
    const Error damaged(stepwell::errors::system_failure,
                        "a stored function is damaged or of a newer version");
    const auto document = json::Document::parse(text);
    if (!document.has_value() || !document->root().is_object()) return damaged;
    Reader reader{document->root()};
    if (reader.integer("Format") != 1) return damaged;
    Reader configuration = reader.inner("Configuration");
    if (!reader.is_good) return damaged;
    StoredFunction function;
    function.configuration = read_configuration(configuration);
    function.policy_revision_id = reader.text("PolicyRevisionId");
    if (const auto tags = reader.object.find("Tags")) {
        for (const json::Member& tag : tags->members())
            function.tags.emplace(tag.key, json::Value(&tag.value).string());
    }
    if (const auto policy = reader.object.find("Policy")) {
        for (const json::Node& node : policy->elements()) {
            Reader statement{json::Value(&node)};
            const auto body = statement.object.find("Statement");
            if (!body) return damaged;
            function.policy.push_back({statement.needed_text("Id"), std::string(body->raw())});
        }
    }
    if (reader.object.find("ReservedConcurrency"))
        function.reserved_concurrency = reader.integer("ReservedConcurrency");
    if (!reader.is_good || !configuration.is_good) return damaged;
    return function;
}

namespace {

constexpr std::string_view name_pattern =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{"
    "12}:)?(function:)?"
    "([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";

bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    });
}
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t colon; (colon = text.find(':')) != std::string_view::npos;
         text.remove_prefix(colon + 1)) {
        parts.push_back(text.substr(0, colon));
    }
    parts.push_back(text);
    return parts;
}

Error malformed_name(std::string_view text) {
    return Error(errors::validation, "1 validation error detected: Value '" + std::string(text) +
                                         "' at 'functionName' failed to satisfy constraint: Member "
                                         "must satisfy regular expression "
                                         "pattern: " +
                                         std::string(name_pattern));
}

}  // namespace

Result<FunctionName> parse_function_name(std::string_view text) {
    if (text.size() > 256) {
        return Error(errors::validation, "1 validation error detected: Value '" +
                                             std::string(text) +
                                             "' at 'functionName' failed to satisfy constraint: "
                                             "Member must have length less than "
                                             "or equal to 256");
    }
    std::vector<std::string_view> parts = split(text);
    FunctionName found;
    std::size_t at = 0;
    if (parts[0] == "arn") {  // arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
        if (parts.size() < 7 || parts[2] != "lambda" || parts[5] != "function")
            return malformed_name(text);
        found.region = parts[3];
        found.account = parts[4];
        at = 6;
    } else if (parts.size() >= 3 && is_account(parts[0]) && parts[1] == "function") {
        found.account = parts[0];
        at = 2;
    } else if (parts.size() >= 2 && parts[0] == "function") {
        at = 1;
    }
    if (parts.size() - at > 2 || !is_name(parts[at])) return malformed_name(text);
    found.name = parts[at];
    if (found.name.size() > 64) return malformed_name(text);
    if (parts.size() - at == 2) {
        found.qualifier = parts[at + 1];
        if (found.qualifier != "$LATEST" && !is_name(found.qualifier)) return malformed_name(text);
    }
    return found;
}

}  // namespace stepwell::function
