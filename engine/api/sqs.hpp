// SQS's operations, JSON in and JSON out.
#pragma once

#include <string>
#include <string_view>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "api/operation.hpp"
#include "base/identity.hpp"
#include "json/outline.hpp"
#include "queue/queues.hpp"

namespace stepwell::api {

/// Adds all operations of the service "sqs". What it is given outlives the table.
void register_sqs(OperationTable& table, queue::Queues& queues, Storage& storage,
                  const Identity& identity);

/// SendMessage as part of a step of the caller's: the answer is SendMessage's output, the message
/// becomes visible once `effects` is durable. A MessageBody that is no string is sent as its JSON
/// text, as Step Functions does.
///
/// input    SendMessage's input
/// errors   as SendMessage
/// threads  any; never blocks
Result<std::string> send_message(Effects& effects, queue::Queues& queues, json::Outline& input);

}  // namespace stepwell::api
