// The services' figures, for whoever watches the server.
#pragma once

#include "api/world.hpp"
#include "base/metrics_text.hpp"

namespace stepwell::api {

/// Executions, tokens, queues, functions, the journal and the process's memory.
///
/// threads  any; reads counters and asks each queue for its counts
void write_metrics(World& world, MetricsText& out);

}  // namespace stepwell::api
