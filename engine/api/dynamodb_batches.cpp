// BatchGetItem, BatchWriteItem, TransactGetItems, TransactWriteItems.
#include <map>
#include <memory>

#include "api/dynamodb_expressions.hpp"
#include "api/dynamodb_operations.hpp"
#include "base/try.hpp"
#include "item/errors.hpp"
#include "item/value_json.hpp"

namespace stepwell::api::dynamodb {

namespace {

using item::Write;
using item::Written;
namespace invalid = item::errors;

constexpr std::size_t batch_writes_max = 25;
constexpr std::size_t batch_keys_max = 100;
constexpr std::size_t transaction_items_max = 100;
constexpr std::uint64_t batch_get_bytes_max = 16 * 1024 * 1024;
constexpr double transaction_factor = 2;  // a transaction costs twice what its parts do

using Units = std::map<std::string, double, std::less<>>;  // by table

void write_units_of(json::Writer& writer, Capacity capacity, const Units& units) {
    if (capacity == Capacity::none) return;
    writer.key("ConsumedCapacity").begin_array();
    for (const auto& [table, consumed] : units) write_capacity(writer, capacity, table, consumed);
    writer.end_array();
}

Units units_written(const std::vector<Written>& all, double factor) {
    Units units;
    for (const Written& written : all) units[written.table->name] += write_units(written) * factor;
    return units;
}

void respond_with(item::Items& items, item::WriteCall write, Respond respond) {
    items.write(std::move(write), [respond = std::move(respond)](Result<std::string> body) mutable {
        if (!body.has_value()) return respond(body.error());
        respond(Reply{*std::move(body)});
    });
}

// The members of RequestItems: one for each table, its name checked.
template <class Read>
Result<> for_each_table(Input& input, const Read& read) {
    const auto requests = input.required_object("RequestItems");
    if (const auto error = input.error()) return *error;
    if (requests->size() == 0) {
        input.complain("RequestItems", "{}", "Member must have length greater than or equal to 1");
        return *input.error();
    }
    for (const json::Member& member : requests->members()) {
        if (auto done = read(std::string(member.key), json::Value(&member.value));
            !done.has_value()) {
            return done;
        }
    }
    return {};
}

// --- BatchWriteItem

Result<Write> read_write_request(Input& input, const std::string& table) {
    const auto put = input.object("PutRequest");
    const auto erase = input.object("DeleteRequest");
    if (const auto error = input.error()) return *error;
    if (put.has_value() == erase.has_value()) {
        return invalid::invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            "the supported datatypes");
    }
    Write write;
    write.table = table;
    write.kind = put.has_value() ? Write::Kind::put : Write::Kind::erase;
    Input inner(put.has_value() ? *put : *erase, input, "requestItems.member");
    write.item = inner.item(put.has_value() ? "Item" : "Key");
    if (const auto error = input.error()) return *error;
    return write;
}

void batch_write_item(item::Items& items, Input& input, const Call& call, Respond respond) {
    const Capacity capacity = read_capacity(input);
    item::WriteCall write;
    const auto read =
        for_each_table(input, [&](const std::string& table, json::Value list) -> Result<> {
            for (const json::Node& node : list.elements()) {
                Input request(json::Value(&node), input, "requestItems.member");
                SW_TRY(Write one, read_write_request(request, table));
                write.writes.push_back(std::move(one));
            }
            return {};
        });
    if (!read.has_value()) return respond(read.error());
    if (write.writes.size() > batch_writes_max) {
        return respond(invalid::invalid("Too many items requested for the BatchWriteItem call"));
    }
    write.duplicates_message = "Provided list of item keys contains duplicates";
    set_token(write, call, std::nullopt);
    write.answer = [capacity](const std::vector<Written>& all) {
        json::Writer writer;
        writer.begin_object().key("UnprocessedItems").begin_object().end_object();
        write_units_of(writer, capacity, units_written(all, 1));
        writer.end_object();
        return writer.take();
    };
    write.refuse = [](const std::vector<Written>& all) {
        for (const Written& written : all) {
            if (written.failure.has_value()) return *written.failure;
        }
        return invalid::condition_failed();
    };
    respond_with(items, std::move(write), std::move(respond));
}

// --- BatchGetItem

struct TableKeys {
    std::string table;
    json::Value request;
    std::vector<item::Item> keys = {};
    std::optional<std::vector<item::Path>> projection = {};
    bool is_consistent = false;
};

Result<TableKeys> read_table_keys(Input& input, std::string table, json::Value request) {
    TableKeys read{std::move(table), request};
    Input inner(request, input, "requestItems." + read.table + ".member");
    const auto keys = inner.array("Keys");
    if (!keys.has_value()) inner.complain("Keys", std::nullopt, "Member must not be null");
    read.is_consistent = inner.boolean("ConsistentRead").value_or(false);
    if (const auto error = input.error()) return *error;
    for (const json::Node& node : keys->elements()) {
        SW_TRY(item::Item key, item::read_item(json::Value(&node)));
        read.keys.push_back(std::move(key));
    }
    SW_TRY(Expressions expressions, read_expressions(inner, {.projection = true}));
    read.projection = std::move(expressions.projection);
    return read;
}

// The request again, with those keys that were not answered.
void write_unprocessed(json::Writer& writer, const TableKeys& table, std::size_t from) {
    writer.key(table.table).begin_object();
    for (const json::Member& member : table.request.members()) {
        if (member.key != "Keys") {
            writer.member_raw(member.key, json::Value(&member.value).raw());
            continue;
        }
        writer.key("Keys").begin_array();
        for (std::size_t i = from; i < table.keys.size(); ++i)
            item::write_item(writer, table.keys[i]);
        writer.end_array();
    }
    writer.end_object();
}

std::string batch_answer(const std::vector<TableKeys>& tables,
                         const std::vector<item::Items::Found>& found, Capacity capacity) {
    json::Writer responses;
    json::Writer unprocessed;
    Units units;
    std::uint64_t bytes = 0;
    std::size_t next = 0;
    responses.begin_object();
    unprocessed.begin_object();
    for (const TableKeys& table : tables) {
        responses.key(table.table).begin_array();
        std::size_t i = 0;
        for (; i < table.keys.size() && bytes <= batch_get_bytes_max; ++i) {
            const item::ItemPtr& item = found[next + i].item;
            const std::size_t size = item == nullptr ? 0 : item::bytes_of(*item);
            bytes += size;
            units[table.table] += read_units(size, table.is_consistent);
            if (item == nullptr) continue;
            item::write_item(responses, table.projection.has_value()
                                            ? item::project(*item, *table.projection)
                                            : *item);
        }
        responses.end_array();
        if (i < table.keys.size()) write_unprocessed(unprocessed, table, i);
        next += table.keys.size();
    }
    responses.end_object();
    unprocessed.end_object();
    json::Writer writer;
    writer.begin_object().member_raw("Responses", responses.text());
    writer.member_raw("UnprocessedKeys", unprocessed.text());
    write_units_of(writer, capacity, units);
    writer.end_object();
    return writer.take();
}

void batch_get_item(item::Items& items, Input& input, const Call&, Respond respond) {
    const Capacity capacity = read_capacity(input);
    std::vector<TableKeys> tables;
    std::vector<item::Items::Key> keys;
    const auto read =
        for_each_table(input, [&](std::string table, json::Value request) -> Result<> {
            SW_TRY(TableKeys each, read_table_keys(input, std::move(table), request));
            for (const item::Item& key : each.keys) keys.push_back({each.table, key});
            tables.push_back(std::move(each));
            return {};
        });
    if (!read.has_value()) return respond(read.error());
    if (keys.size() > batch_keys_max)
        return respond(invalid::invalid("Too many items requested for the BatchGetItem call"));
    const auto found = items.get(keys, "Provided list of item keys contains duplicates");
    if (!found.has_value()) return respond(found.error());
    respond_when_settled(items, std::move(respond), batch_answer(tables, *found, capacity));
}

// --- Transactions

std::string member_path(std::size_t index, std::string_view name) {
    return "transactItems." + std::to_string(index + 1) + ".member." + std::string(name);
}

Result<json::Value> transact_items(Input& input) {
    const auto list = input.array("TransactItems");
    if (!list.has_value()) {
        input.complain("TransactItems", std::nullopt, "Member must not be null");
    } else if (list->size() == 0 || list->size() > transaction_items_max) {
        input.complain("TransactItems", list->raw(),
                       list->size() == 0 ? "Member must have length greater than or equal to 1"
                                         : "Member must have length less than or equal to 100");
    }
    if (const auto error = input.error()) return *error;
    return *list;
}

Result<WriteRequest> read_transact_write(Input& input, std::size_t index) {
    struct Member {
        std::string_view name;
        Write::Kind kind;
    };
    constexpr Member members[] = {{"ConditionCheck", Write::Kind::check},
                                  {"Put", Write::Kind::put},
                                  {"Delete", Write::Kind::erase},
                                  {"Update", Write::Kind::update}};
    const Member* found = nullptr;
    for (const Member& member : members) {
        if (!input.has(member.name)) continue;
        if (found != nullptr) {
            return invalid::invalid(
                "TransactItems can only contain one of Check, Put, Update or Delete");
        }
        found = &member;
    }
    if (found == nullptr) {
        return invalid::invalid(
            "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
    }
    const auto object = input.object(found->name);
    if (const auto error = input.error()) return *error;
    std::string path(found->name);
    path[0] = static_cast<char>(path[0] + 32);
    Input inner(*object, input, member_path(index, path));
    if (found->kind == Write::Kind::check) inner.required_text("ConditionExpression");
    if (found->kind == Write::Kind::update) inner.required_text("UpdateExpression");
    return read_write(inner, found->kind);
}

Error canceled(const std::vector<WriteRequest>& requests, const std::vector<Written>& all) {
    std::string codes;
    json::Writer reasons;
    reasons.begin_array();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& failure = all[i].failure;
        const std::string_view code = !failure.has_value() ? "None"
                                      : failure->is(invalid::conditional_check_failed)
                                          ? "ConditionalCheckFailed"
                                          : "ValidationError";
        codes.append(i == 0 ? "" : ", ").append(code);
        reasons.begin_object().member("Code", code);
        if (failure.has_value()) {
            reasons.member("Message", failure->message());
            if (requests[i].shows_old_on_failure && all[i].before != nullptr) {
                reasons.key("Item");
                item::write_item(reasons, *all[i].before);
            }
        }
        reasons.end_object();
    }
    reasons.end_array();
    return {invalid::transaction_canceled,
            "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
                codes + "]",
            "\"CancellationReasons\":" + reasons.take()};
}

void transact_write_items(item::Items& items, Input& input, const Call& call, Respond respond) {
    const Capacity capacity = read_capacity(input);
    const auto token = input.text("ClientRequestToken");
    const Result<json::Value> list = transact_items(input);
    if (!list.has_value()) return respond(list.error());
    const auto requests = std::make_shared<std::vector<WriteRequest>>();
    item::WriteCall write;
    for (const json::Node& node : list->elements()) {
        const std::size_t index = requests->size();
        Input member(json::Value(&node), input, "transactItems." + std::to_string(index + 1));
        Result<WriteRequest> read = read_transact_write(member, index);
        if (!read.has_value()) return respond(read.error());
        write.writes.push_back(std::move(read->write));
        requests->push_back(*std::move(read));
    }
    write.duplicates_message = "Transaction request cannot include multiple operations on one item";
    set_token(write, call, token);
    write.answer = [capacity](const std::vector<Written>& all) {
        json::Writer writer;
        writer.begin_object();
        write_units_of(writer, capacity, units_written(all, transaction_factor));
        writer.end_object();
        return writer.take();
    };
    write.refuse = [requests](const std::vector<Written>& all) { return canceled(*requests, all); };
    respond_with(items, std::move(write), std::move(respond));
}

struct TransactGet {
    item::Items::Key key;
    std::optional<std::vector<item::Path>> projection;
};

Result<TransactGet> read_transact_get(Input& input, std::size_t index) {
    const auto get = input.required_object("Get");
    if (const auto error = input.error()) return *error;
    Input inner(*get, input, member_path(index, "get"));
    TransactGet read;
    read.key.table = inner.table_name();
    read.key.key = inner.item("Key");
    if (const auto error = input.error()) return *error;
    SW_TRY(Expressions expressions, read_expressions(inner, {.projection = true}));
    read.projection = std::move(expressions.projection);
    return read;
}

void transact_get_items(item::Items& items, Input& input, const Call&, Respond respond) {
    const Capacity capacity = read_capacity(input);
    const Result<json::Value> list = transact_items(input);
    if (!list.has_value()) return respond(list.error());
    std::vector<TransactGet> gets;
    std::vector<item::Items::Key> keys;
    for (const json::Node& node : list->elements()) {
        Input member(json::Value(&node), input,
                     "transactItems." + std::to_string(gets.size() + 1) + ".member");
        Result<TransactGet> read = read_transact_get(member, gets.size());
        if (!read.has_value()) return respond(read.error());
        keys.push_back(read->key);
        gets.push_back(*std::move(read));
    }
    const auto found =
        items.get(keys, "Transaction request cannot include multiple operations on one item");
    if (!found.has_value()) return respond(found.error());
    Units units;
    json::Writer writer;
    writer.begin_object().key("Responses").begin_array();
    for (std::size_t i = 0; i < gets.size(); ++i) {
        const item::ItemPtr& item = (*found)[i].item;
        writer.begin_object();
        if (item != nullptr) {
            writer.key("Item");
            item::write_item(writer, gets[i].projection.has_value()
                                         ? item::project(*item, *gets[i].projection)
                                         : *item);
        }
        writer.end_object();
        units[gets[i].key.table] +=
            read_units(item == nullptr ? 0 : item::bytes_of(*item), true) * transaction_factor;
    }
    writer.end_array();
    write_units_of(writer, capacity, units);
    writer.end_object();
    respond_when_settled(items, std::move(respond), writer.take());
}

}  // namespace

std::vector<NamedHandler> batch_operations() {
    return {{"BatchGetItem", batch_get_item},
            {"BatchWriteItem", batch_write_item},
            {"TransactGetItems", transact_get_items},
            {"TransactWriteItems", transact_write_items}};
}

}  // namespace stepwell::api::dynamodb
