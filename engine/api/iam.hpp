// IAM's operations.
#pragma once

#include "access/roles.hpp"
#include "api/operation.hpp"

namespace stepwell::api {

/// Adds the operations of IAM that this server has. `roles` must outlive the table.
/// source  AWS IAM API Reference, version 2010-05-08
void register_iam(OperationTable& table, access::Roles& roles);

}  // namespace stepwell::api
