// What the server still knows after the load, against what it has acknowledged.
#pragma once

#include "soak.hpp"
#include "soak_http_load.hpp"

namespace stepwell::bench {

/// Fills in the ledger of `report`: every acknowledged start is there once and has succeeded, every
/// acknowledged completion is in its execution's history, histories have no gap, the queue is
/// empty.
void check_ledger(const HttpLoad& load, const SoakTarget& target, const SoakOptions& options,
                  SoakReport& report);

}  // namespace stepwell::bench
