// Holds one execution's history to the ledger.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"
#include "sim/ledger.hpp"

namespace stepwell::sim {

/// Checks a whole history that was just read.
///
/// acked    the marks of completions that were acknowledged before it was asked for: they must be
/// in pages    the answers of GetExecutionHistory, in order
void check_history(Ledger& ledger, const std::string& arn, const std::vector<std::string>& acked,
                   const std::vector<json::Document>& pages);

/// Checks what DescribeExecution told, and that it does not contradict what it told before.
///
/// was_stopped   a StopExecution was acknowledged before it was asked
void check_description(Ledger& ledger, const std::string& arn, bool was_stopped,
                       const json::Value& description);

}  // namespace stepwell::sim
