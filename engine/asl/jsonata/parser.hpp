// From text to program.
#pragma once

#include <memory>
#include <string_view>

#include "asl/jsonata/error.hpp"
#include "asl/jsonata/expression.hpp"
#include "asl/jsonata/program.hpp"

namespace stepwell::asl::jsonata {

/// Null, and `error` says why, when `text` is no expression.
std::unique_ptr<Program> parse(std::string_view text, Dialect dialect, ExpressionError& error);

/// Finds out what the program takes from its surroundings: fills in `references` and `input_use`.
void find_references(Program& program);

}  // namespace stepwell::asl::jsonata
