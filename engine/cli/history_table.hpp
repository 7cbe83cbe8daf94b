// An execution's history as people read it.
#pragma once

#include <string>

#include "json/value.hpp"

namespace stepwell::cli {

/// A table of the events: number, time since the start, time since the event before, type, and the
/// state or the resource that it is about. `events` is the array that GetExecutionHistory gives,
/// oldest first.
std::string history_table(json::Value events);

/// What one event is about, in a few words: the state's name, the resource, the error.
std::string subject_of(json::Value event);

}  // namespace stepwell::cli
