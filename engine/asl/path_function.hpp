// The functions that may end a JSONPath: `$.items.length()`.
//
// source  github.com/json-path/JsonPath, README, "Functions"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.hpp"

namespace stepwell::asl {

enum class PathFunction : std::uint8_t {
    length,  ///< of an array or object; of a string its characters
    keys,
    first,
    last,
    sum,  ///< this and what follows: of an array's numbers
    min,
    max,
    avg,
    stddev,
};

/// The function of that name, without its parentheses.
std::optional<PathFunction> find_path_function(std::string_view name) noexcept;

/// The function's value, as JSON text; nothing for what it cannot be of.
std::optional<std::string> apply(PathFunction function, json::Value value);

}  // namespace stepwell::asl
