// The expressions of DynamoDB's requests, and what was there before expressions: Expected,
// AttributeUpdates, KeyConditions and their like, which are read into the same.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "api/dynamodb_input.hpp"
#include "item/expression.hpp"

namespace stepwell::api::dynamodb {

/// What one request says in expressions, by the names of the parameters.
struct Expressions {
    std::optional<item::Node> condition = {};      ///< ConditionExpression, Expected
    std::optional<item::Update> update = {};       ///< UpdateExpression, AttributeUpdates
    std::optional<item::Node> key_condition = {};  ///< KeyConditionExpression, KeyConditions
    std::optional<item::Node> filter = {};         ///< FilterExpression, QueryFilter, ScanFilter
    std::optional<std::vector<item::Path>> projection = {};  ///< and AttributesToGet
};

/// Which of them an operation has.
struct ExpressionKinds {
    bool condition = false;
    bool update = false;
    bool key_condition = false;
    bool filter = false;
    bool projection = false;
};

/// errors   ValidationException, SerializationException, in AWS's words
Result<Expressions> read_expressions(Input& input, ExpressionKinds kinds);

}  // namespace stepwell::api::dynamodb
