// Attribute values and items as DynamoDB's JSON has them: {"S": "text"}.
#pragma once

#include <string_view>

#include <stepwell/result.hpp>

#include "item/value.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::item {

/// Reads an AttributeValue.
///
/// errors   SerializationException (not of the model's types), ValidationException, in AWS's words
Result<Value> read_value(json::Value json);

/// Reads a map of AttributeValues: an item or a key.
/// errors   as read_value
Result<Item> read_item(json::Value json);

void write_value(json::Writer& writer, const Value& value);
void write_item(json::Writer& writer, const Item& item);

}  // namespace stepwell::item
