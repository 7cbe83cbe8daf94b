// What Assign does to the variables.
#pragma once

#include "asl/evaluate.hpp"

namespace stepwell::asl {

/// Sets output's variables: those of the scope, with the members of the object `fresh` added or in
/// their places; and what its history shows as assigned.
void assign_variables(const Scope& scope, const Payload& fresh, StateOutput& output);

}  // namespace stepwell::asl
