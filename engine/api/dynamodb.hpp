// DynamoDB's operations, JSON in and JSON out.
#pragma once

#include "api/operation.hpp"
#include "item/items.hpp"

namespace stepwell::api {

/// Adds the operations of the service "dynamodb". What it is given outlives the table.
void register_dynamodb(OperationTable& table, item::Items& items);

}  // namespace stepwell::api
