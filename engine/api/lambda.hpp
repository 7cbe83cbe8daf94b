// AWS Lambda's operations.
#pragma once

#include "api/operation.hpp"
#include "function/event_source_mappings.hpp"
#include "function/functions.hpp"

namespace stepwell::api {

/// Adds the operations of AWS Lambda that this server has. `functions` and `mappings` outlive the
/// table. source  AWS Lambda API Reference, version 2015-03-31
void register_lambda(OperationTable& table, function::Functions& functions,
                     function::EventSourceMappings& mappings);

}  // namespace stepwell::api
