// What is known of a function: AWS's FunctionConfiguration, and what else is stored with it.
// source  AWS Lambda API Reference, FunctionConfiguration
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>

#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::function {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// AWS's defaults where it has them. `name` and `arn` never change; all else may.
struct FunctionConfiguration {
    std::string name;
    std::string arn;
    std::string role;
    std::string runtime;
    std::string handler;
    std::string description = {};
    std::int64_t timeout_seconds = 3;
    std::int64_t memory_mb = 128;
    std::int64_t ephemeral_storage_mb = 512;
    std::optional<Variables> environment = {};
    std::vector<std::string> architectures = {"x86_64"};
    std::string tracing_mode = "PassThrough";
    std::string kms_key_arn = {};
    std::string dead_letter_target_arn = {};
    std::string vpc_config = {};  ///< JSON as it was given; kept and shown, of no effect here
    std::string code_sha256 = {};
    std::uint64_t code_bytes = 0;
    std::string revision_id = {};
    TimePoint last_modified{};
};

/// One statement of a function's resource policy, as AddPermission has it.
struct PolicyStatement {
    std::string statement_id;
    std::string json;  ///< the statement of the policy document
};

/// All that is stored of a function except its code.
struct StoredFunction {
    FunctionConfiguration configuration;
    std::map<std::string, std::string> tags = {};
    std::vector<PolicyStatement> policy = {};
    std::string policy_revision_id = {};
    std::optional<std::int64_t> reserved_concurrency = {};
};

/// What the State members of a FunctionConfiguration show.
enum class Lifecycle : std::uint8_t {
    active,    ///< State Active, LastUpdateStatus Successful
    pending,   ///< just made: State Pending
    updating,  ///< just changed: LastUpdateStatus InProgress
};

/// Writes a FunctionConfiguration as the API shows it.
void write_configuration(json::Writer& writer, const FunctionConfiguration& configuration,
                         Lifecycle lifecycle);

/// The stored form (JSON) and back. Reading fails on what `encode` has not written.
std::string encode(const StoredFunction& function);
Result<StoredFunction> decode_function(std::string_view text);

/// The log group that AWS would use: "/aws/lambda/<name>".
std::string log_group_of(std::string_view function_name);

/// What a caller names: a function's name, partial or whole ARN, with or without a version or
/// alias.
struct FunctionName {
    std::string name;
    std::string qualifier = {};  ///< "$LATEST", a version or an alias; empty when none was given
    std::string region = {};     ///< of a whole ARN
    std::string account = {};
};
/// errors   ValidationException: the text has none of AWS's forms
Result<FunctionName> parse_function_name(std::string_view text);

}  // namespace stepwell::function
