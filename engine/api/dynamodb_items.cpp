// GetItem, PutItem, UpdateItem, DeleteItem.
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

void write_attributes(json::Writer& writer, std::string_view return_values,
                      const WriteRequest& request, const Written& written) {
    const bool is_old = return_values.ends_with("_OLD");
    const item::ItemPtr& item = is_old ? written.before : written.after;
    if (item == nullptr || return_values == "NONE") return;
    if (return_values.starts_with("ALL")) {
        writer.key("Attributes");
        item::write_item(writer, *item);
        return;
    }
    const item::Item part = item::project(*item, request.updated_paths);
    if (part.empty()) return;
    writer.key("Attributes");
    item::write_item(writer, part);
}

// What the three operations that write have beside the write itself.
struct Wanted {
    WriteRequest request;
    std::string return_values;
    Capacity capacity;
};

Result<Wanted> read_wanted(Input& input, Write::Kind kind) {
    Wanted wanted;
    wanted.return_values =
        input.one_of("ReturnValues", {"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"})
            .value_or("NONE");
    wanted.capacity = read_capacity(input);
    input.one_of("ReturnItemCollectionMetrics", {"SIZE", "NONE"});
    SW_TRY(wanted.request, read_write(input, kind));
    if (kind != Write::Kind::update && wanted.return_values != "NONE" &&
        wanted.return_values != "ALL_OLD") {
        return invalid::invalid("ReturnValues can only be ALL_OLD or NONE");
    }
    return wanted;
}

void write_one(item::Items& items, Input& input, const Call& call, Respond respond,
               Write::Kind kind) {
    auto read = read_wanted(input, kind);
    if (!read.has_value()) return respond(read.error());
    const auto wanted = std::make_shared<Wanted>(*std::move(read));
    item::WriteCall write;
    write.writes.push_back(std::move(wanted->request.write));
    set_token(write, call, std::nullopt);
    write.answer = [wanted](const std::vector<Written>& all) {
        json::Writer writer;
        writer.begin_object();
        write_attributes(writer, wanted->return_values, wanted->request, all[0]);
        if (wanted->capacity != Capacity::none) {
            writer.key("ConsumedCapacity");
            write_capacity(writer, wanted->capacity, all[0].table->name, write_units(all[0]));
        }
        writer.end_object();
        return writer.take();
    };
    write.refuse = [wanted](const std::vector<Written>& all) {
        return with_old_item(*all[0].failure, wanted->request, all[0]);
    };
    items.write(std::move(write), [respond = std::move(respond)](Result<std::string> body) mutable {
        if (!body.has_value()) return respond(body.error());
        respond(Reply{*std::move(body)});
    });
}

void put_item(item::Items& items, Input& input, const Call& call, Respond respond) {
    write_one(items, input, call, std::move(respond), Write::Kind::put);
}
void update_item(item::Items& items, Input& input, const Call& call, Respond respond) {
    write_one(items, input, call, std::move(respond), Write::Kind::update);
}
void delete_item(item::Items& items, Input& input, const Call& call, Respond respond) {
    write_one(items, input, call, std::move(respond), Write::Kind::erase);
}

Result<std::string> get(item::Items& items, Input& input) {
    const std::string table = input.table_name();
    item::Item key = input.item("Key");
    const bool is_consistent = input.boolean("ConsistentRead").value_or(false);
    const Capacity capacity = read_capacity(input);
    if (const auto error = input.error()) return *error;
    SW_TRY(const Expressions expressions, read_expressions(input, {.projection = true}));
    SW_TRY(const auto found, items.get({{table, std::move(key)}}, ""));
    const item::ItemPtr& item = found[0].item;
    json::Writer writer;
    writer.begin_object();
    if (item != nullptr) {
        writer.key("Item");
        item::write_item(writer, expressions.projection.has_value()
                                     ? item::project(*item, *expressions.projection)
                                     : *item);
    }
    if (capacity != Capacity::none) {
        writer.key("ConsumedCapacity");
        const std::size_t bytes = item == nullptr ? 0 : item::bytes_of(*item);
        write_capacity(writer, capacity, found[0].table->name, read_units(bytes, is_consistent));
    }
    writer.end_object();
    return writer.take();
}

void get_item(item::Items& items, Input& input, const Call&, Respond respond) {
    Result<std::string> body = get(items, input);
    if (!body.has_value()) return respond(body.error());
    respond_when_settled(items, std::move(respond), *std::move(body));
}

}  // namespace

Result<WriteRequest> read_write(Input& input, Write::Kind kind) {
    WriteRequest request;
    request.write.kind = kind;
    request.write.table = input.table_name();
    request.write.item = input.item(kind == Write::Kind::put ? "Item" : "Key");
    request.shows_old_on_failure =
        input.one_of("ReturnValuesOnConditionCheckFailure", {"ALL_OLD", "NONE"}) == "ALL_OLD";
    if (const auto error = input.error()) return *error;
    SW_TRY(Expressions expressions,
           read_expressions(input, {.condition = true, .update = kind == Write::Kind::update}));
    request.write.condition = std::move(expressions.condition);
    if (!expressions.update.has_value()) return request;
    request.write.update = *std::move(expressions.update);
    for (const item::UpdateAction& action : request.write.update.actions)
        request.updated_paths.push_back(action.path);
    return request;
}

Error with_old_item(const Error& failure, const WriteRequest& request, const Written& written) {
    if (!request.shows_old_on_failure || written.before == nullptr ||
        !failure.is(invalid::conditional_check_failed)) {
        return failure;
    }
    json::Writer writer;
    item::write_item(writer, *written.before);
    return {failure.kind(), failure.message(), "\"Item\":" + writer.take()};
}

std::vector<NamedHandler> item_operations() {
    return {{"GetItem", get_item},
            {"PutItem", put_item},
            {"UpdateItem", update_item},
            {"DeleteItem", delete_item}};
}

}  // namespace stepwell::api::dynamodb
