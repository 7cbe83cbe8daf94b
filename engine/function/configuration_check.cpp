#include "function/configuration_check.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "function/errors.hpp"
#include "function/runtimes.hpp"

namespace stepwell::function {

namespace {

constexpr std::size_t environment_bytes_max = 4096;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error violation(std::string_view value, std::string_view member, std::string_view constraint) {
    std::string message = "1 validation error detected: Value '";
    message.append(value)
        .append("' at '")
        .append(member)
        .append("' failed to satisfy constraint: Member must ")
        .append(constraint);
    return Error(errors::validation, std::move(message));
}

// arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+
bool is_role_arn(std::string_view arn) {
    const auto take = [&arn](std::string_view text) {
        if (!arn.starts_with(text)) return false;
        arn.remove_prefix(text.size());
        return true;
    };
    if (!take("arn:aws")) return false;
    while (!arn.empty() && (is_letter(arn.front()) || arn.front() == '-')) arn.remove_prefix(1);
    if (!take(":iam::")) return false;
    if (arn.size() < 12 || !std::all_of(arn.begin(), arn.begin() + 12, is_digit)) return false;
    arn.remove_prefix(12);
    if (!take(":role/") && !take(":role")) return false;
    return !arn.empty() && std::all_of(arn.begin(), arn.end(), [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view("+=,.@-_/").find(c) != std::string_view::npos;
    });
}

bool is_variable_name(std::string_view name) {
    return name.size() >= 2 && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

Result<> check_environment(const Variables& variables) {
    static constexpr std::array reserved{"_HANDLER",
                                         "_X_AMZN_TRACE_ID",
                                         "AWS_ACCESS_KEY",
                                         "AWS_ACCESS_KEY_ID",
                                         "AWS_DEFAULT_REGION",
                                         "AWS_EXECUTION_ENV",
                                         "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                         "AWS_LAMBDA_FUNCTION_NAME",
                                         "AWS_LAMBDA_FUNCTION_VERSION",
                                         "AWS_LAMBDA_INITIALIZATION_TYPE",
                                         "AWS_LAMBDA_LOG_GROUP_NAME",
                                         "AWS_LAMBDA_LOG_STREAM_NAME",
                                         "AWS_LAMBDA_RUNTIME_API",
                                         "AWS_REGION",
                                         "AWS_SECRET_ACCESS_KEY",
                                         "AWS_SECRET_KEY",
                                         "AWS_SESSION_TOKEN",
                                         "LAMBDA_RUNTIME_DIR",
                                         "LAMBDA_TASK_ROOT"};
    std::string used;
    std::size_t bytes = 0;
    for (const auto& [name, value] : variables) {
        if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
            used.append(used.empty() ? "" : ", ").append(name);
        } else if (!is_variable_name(name)) {
            return violation(name, "environment.variables",
                             "satisfy constraint: [Member must satisfy regular expression pattern: "
                             "[a-zA-Z]([a-zA-Z0-9_])+]");
        }
        if (value.find('\0') != std::string::npos)
            return violation(name, "environment.variables", "not hold a NUL character");
        bytes += name.size() + value.size();
    }
    if (used.empty() && bytes <= environment_bytes_max) return {};
    std::string message =
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided ";
    if (used.empty()) {
        message.append("exceeded the 4KB limit.");
    } else {
        message.append(
            "contains reserved keys that are currently not supported for modification. ");
        message.append("Reserved keys used in this request: ").append(used);
    }
    return Error(errors::invalid_parameter_value, std::move(message));
}

Result<> check_runtime(const FunctionConfiguration& c) {
    if (c.runtime.empty() || c.handler.empty()) {
        return Error(errors::invalid_parameter_value,
                     "Runtime and Handler are mandatory parameters for functions created with "
                     "deployment packages.");
    }
    if (!is_known_runtime(c.runtime)) {
        std::string message = "Value ";
        message.append(c.runtime).append(
            " at 'runtime' failed to satisfy constraint: Member must ");
        message.append("satisfy enum value set: ").append(runtime_value_set());
        return Error(errors::invalid_parameter_value, message.append(" or be a valid ARN"));
    }
    if (!is_supported_runtime(c.runtime)) {
        std::string message = "The runtime ";
        message.append(c.runtime).append(" cannot be run here. Supported are ");
        message.append(runtime_value_set()).append("; provided.* runs any executable.");
        return Error(errors::invalid_parameter_value, std::move(message));
    }
    if (c.handler.size() > 128)
        return violation(c.handler, "handler", "have length less than or equal to 128");
    if (std::any_of(c.handler.begin(), c.handler.end(),
                    [](char ch) { return ch == ' ' || (ch >= '\0' && ch < ' '); })) {
        return violation(c.handler, "handler", "satisfy regular expression pattern: [^\\s]+");
    }
    return {};
}

}  // namespace

Result<> check_range(std::int64_t value, std::string_view member, std::int64_t least,
                     std::int64_t most) {
    if (value < least) {
        return violation(std::to_string(value), member,
                         "have value greater than or equal to " + std::to_string(least));
    }
    if (value > most)
        return violation(std::to_string(value), member,
                         "have value less than or equal to " + std::to_string(most));
    return {};
}

Result<> check(const FunctionConfiguration& c) {
    if (!is_role_arn(c.role)) {
        return violation(c.role, "role",
                         "satisfy regular expression pattern: "
                         "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+");
    }
    if (auto checked = check_runtime(c); !checked.has_value()) return checked.error();
    if (auto checked = check_range(c.timeout_seconds, "timeout", 1, 900); !checked.has_value())
        return checked.error();
    if (auto checked = check_range(c.memory_mb, "memorySize", 128, 10'240); !checked.has_value())
        return checked.error();
    if (auto checked = check_range(c.ephemeral_storage_mb, "ephemeralStorage.size", 512, 10'240);
        !checked.has_value()) {
        return checked.error();
    }
    if (c.description.size() > 256)
        return violation(c.description, "description", "have length less than or equal to 256");
    if (c.tracing_mode != "PassThrough" && c.tracing_mode != "Active") {
        return violation(c.tracing_mode, "tracingConfig.mode",
                         "satisfy enum value set: [Active, PassThrough]");
    }
    if (c.architectures.size() != 1 ||
        (c.architectures[0] != "x86_64" && c.architectures[0] != "arm64")) {
        const std::string given = c.architectures.empty() ? "[]" : "[" + c.architectures[0] + "]";
        return violation(
            given, "architectures",
            "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]");
    }
    if (c.environment.has_value()) return check_environment(*c.environment);
    return {};
}

}  // namespace stepwell::function
