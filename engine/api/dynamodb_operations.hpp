// What there is of DynamoDB, by file. Known to the files of this service only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dynamodb_input.hpp"
#include "api/operation.hpp"
#include "item/items.hpp"
#include "json/writer.hpp"

namespace stepwell::api::dynamodb {

/// Reads the input, does what it says and answers.
using Handler = void (*)(item::Items& items, Input& input, const Call& call, Respond respond);
using NamedHandler = std::pair<std::string_view, Handler>;

std::vector<NamedHandler> table_operations();  ///< dynamodb_tables.cpp
std::vector<NamedHandler> item_operations();   ///< dynamodb_items.cpp
std::vector<NamedHandler> query_operations();  ///< dynamodb_queries.cpp
std::vector<NamedHandler> batch_operations();  ///< dynamodb_batches.cpp

/// A write as PutItem, UpdateItem, DeleteItem and the members of a transaction describe it.
struct WriteRequest {
    item::Write write = {};
    std::vector<item::Path> updated_paths = {};
    bool shows_old_on_failure = false;  ///< ReturnValuesOnConditionCheckFailure
};
/// errors   ValidationException, SerializationException
Result<WriteRequest> read_write(Input& input, item::Write::Kind kind);
/// ConditionalCheckFailedException, with the item where it is wanted.
Error with_old_item(const Error& failure, const WriteRequest& request,
                    const item::Written& written);

/// Takes the token of a task's call or of the client, so that the call is done once.
void set_token(item::WriteCall& write, const Call& call, std::optional<std::string_view> token);

/// ReturnConsumedCapacity of a request.
enum class Capacity : std::uint8_t { none, total, indexes };
Capacity read_capacity(Input& input);
/// Units for so many bytes, in steps of 1 KB written or 4 KB read, at least one.
double write_units(const item::Written& written);
double read_units(std::uint64_t bytes, bool is_consistent);
/// The value of ConsumedCapacity for one table.
void write_capacity(json::Writer& writer, Capacity capacity, std::string_view table, double units);

/// Answers with what was read, once all of it is durable.
void respond_when_settled(item::Items& items, Respond respond, std::string body);

}  // namespace stepwell::api::dynamodb
