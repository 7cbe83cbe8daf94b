// SNS's operations, JSON in and JSON out.
#pragma once

#include <string>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "api/operation.hpp"
#include "json/outline.hpp"
#include "topic/topics.hpp"

namespace stepwell::api {

/// Adds the operations of the service "sns" that concern topics and subscriptions. What it is given
/// outlives the table.
void register_sns(OperationTable& table, topic::Topics& topics, Storage& storage);

/// Publish as part of a step of the caller's: the answer is Publish's output. A Message that is no
/// string is published as its JSON text, as Step Functions does.
///
/// input    Publish's input
/// errors   as Publish
/// threads  any; never blocks
Result<std::string> publish(Effects& effects, topic::Topics& topics, json::Outline& input);

}  // namespace stepwell::api
