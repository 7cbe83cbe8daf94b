// The names and ARNs of Step Functions: what is allowed, and how an ARN is taken apart.
// source  AWS Step Functions API Reference, CreateStateMachine; Developer Guide, "Quotas"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::flow {

/// True when a state machine, execution or activity may be called so, its length apart: no white
/// space, none of
/// `< > { } [ ] ? * " # % \ ^ | ~ \` $ & , ; : /`, no control character, surrogate or
/// non-character. UTF-8 otherwise.
bool is_valid_name(std::string_view name) noexcept;

/// errors  InvalidName, "Invalid Name: '...'"
Result<> check_name(std::string_view name);

/// The number of characters (UTF-8 code points), which is what AWS's length limits count.
std::size_t character_count(std::string_view text) noexcept;

enum class ArnKind : std::uint8_t { state_machine, execution, express, activity, map_run };

/// An ARN of this service, taken apart. Views into the text that was parsed.
struct StatesArn {
    ArnKind kind;
    std::string_view name;   ///< of the state machine or the activity
    std::string_view label;  ///< of the distributed Map inside the state machine's name; else empty
    std::string_view
        qualifier;  ///< version or alias of a state machine, name of an execution; else empty
    /// Of a state machine: the ARN without its qualifier.
    std::string_view unqualified;
};

/// errors  InvalidArn, in AWS's words
Result<StatesArn> parse_arn(std::string_view text);

/// The same, for a resource that has to be of one kind.
///
/// errors  InvalidArn, also for an ARN of another kind
Result<StatesArn> parse_arn(std::string_view text, ArnKind kind);

}  // namespace stepwell::flow
