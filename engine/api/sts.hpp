// STS's operations.
#pragma once

#include "access/sessions.hpp"
#include "api/operation.hpp"

namespace stepwell::api {

/// Adds the operations of STS that this server has. `sessions` must outlive the table.
/// source  AWS STS API Reference, version 2011-06-15
void register_sts(OperationTable& table, access::Sessions& sessions);

}  // namespace stepwell::api
