// EventBridge's operations, JSON in and JSON out.
#pragma once

#include <memory>
#include <string>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "api/operation.hpp"
#include "event/rules.hpp"
#include "json/value.hpp"

namespace stepwell::api {

/// Adds the operations of the service "events". What it is given outlives the table.
void register_event_bridge(OperationTable& table, event::Rules& rules, Storage& storage,
                           const Identity& identity);

struct PutEventsAnswer {
    std::string body;  ///< PutEvents's output
    std::size_t failed = 0;
};
/// PutEvents as part of a step of the caller's. A Detail that is no string is sent as its JSON
/// text, as Step Functions does.
///
/// errors   as PutEvents
/// threads  any; never blocks
Result<PutEventsAnswer> put_events(Effects& effects, event::Rules& rules, json::Value input);

}  // namespace stepwell::api
