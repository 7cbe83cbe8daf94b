// What TestState's callers make up, and whether AWS takes it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/execution.hpp>
#include <stepwell/result.hpp>

#include "api/tested_state.hpp"

namespace stepwell::api {

inline constexpr std::array<std::string_view, 3> field_validation_names{"STRICT", "PRESENT",
                                                                        "NONE"};
enum class FieldValidation : std::uint8_t { strict, present, none };  // as the names above

/// What comes instead of the state's own result.
struct Mock {
    std::optional<std::string> result;  ///< JSON text
    std::optional<TaskFailure> error_output;
    FieldValidation validation = FieldValidation::strict;
};

/// errors  ValidationException: both a result and an error; a result that is no JSON, that does not
/// fit a Map or Parallel, or is not what the Task's operation answers
Result<> check_mock(const Mock& mock, const TestedState& state);

/// What a checked mock means for the state. Nothing when it has neither a result nor an error.
std::optional<TaskAnswer> answer_of(const Mock& mock, const TestedState& state,
                                    std::optional<std::int64_t> map_iteration_failures);

/// A context object as callers may give one: the fields that AWS has, but for Map.
///
/// errors  ValidationException
Result<> check_context(const std::string& context);

}  // namespace stepwell::api
