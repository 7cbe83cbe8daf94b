// Problems of a definition, collected while it is compiled.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "asl/program.hpp"

namespace stepwell::asl {

/// The codes that AWS uses.
namespace diagnostic_code {
inline constexpr std::string_view schema_validation_failed = "SCHEMA_VALIDATION_FAILED";
inline constexpr std::string_view invalid_json_description = "INVALID_JSON_DESCRIPTION";
inline constexpr std::string_view missing_transition_target = "MISSING_TRANSITION_TARGET";
inline constexpr std::string_view missing_end_state = "MISSING_END_STATE";
inline constexpr std::string_view reserved_variable_name = "RESERVED_VARIABLE_NAME";
inline constexpr std::string_view invalid_variable_name = "INVALID_VARIABLE_NAME";
}  // namespace diagnostic_code

class Diagnostics {
 public:
    void add(std::string_view code, std::string message, std::string location) {
        list_.push_back({true, std::string{code}, std::move(message), std::move(location)});
    }
    /// The usual kind: something about a field is wrong.
    void schema(std::string message, std::string location) {
        add(diagnostic_code::schema_validation_failed, std::move(message), std::move(location));
    }
    bool is_empty() const noexcept { return list_.empty(); }
    std::vector<Diagnostic> take() { return std::move(list_); }

 private:
    std::vector<Diagnostic> list_;
};

}  // namespace stepwell::asl
