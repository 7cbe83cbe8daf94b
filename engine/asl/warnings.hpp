// What is valid in a definition and probably not meant.
// source  AWS Step Functions API Reference, ValidateStateMachineDefinitionDiagnostic
#pragma once

#include <vector>

#include "asl/program.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

/// The warnings for the JSONPath states of a definition, nested ones included, in their order:
///   NO_DOLLAR              in a payload template, a field without `.$` whose value looks like a
///   path
///                          or a call of an intrinsic function
///   NO_PATH                a field of a rule or of a Fail whose value looks like a path, and whose
///                          name does not end in `Path`
///   PASS_RESULT_IS_STATIC  something in Result that looks like a path
std::vector<Diagnostic> find_warnings(json::Value definition);

}  // namespace stepwell::asl
