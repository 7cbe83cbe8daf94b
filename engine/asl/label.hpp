// Label of a Map: the part of a map run's ARN that says which Map it was.
// source  AWS Step Functions Developer Guide, "Using Map state in Distributed mode"
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.hpp"

namespace stepwell::asl {

struct LabelProblem {
    std::string message;   ///< "Label contains invalid character: '*'"
    std::string location;  ///< "/States/M/Label"
};

/// What is wrong with the first bad Label of a definition, wherever its Map is nested: longer than
/// 40 characters, or with white space, wildcards, brackets, any of `: ; , \ | ^ ~ $ # % & " ` or a
/// control character in it.
std::optional<LabelProblem> find_label_problem(json::Value definition);

/// AWS answers a bad Label unlike all other problems, as recorded: "Error=ValueError Args=['...']
/// in definition '...'.", with the message as Python writes a string.
std::string label_complaint(const LabelProblem& problem, std::string_view definition);

}  // namespace stepwell::asl
