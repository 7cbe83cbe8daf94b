// Tables: making, describing, changing and deleting them; their tags and time to live.
#include <algorithm>

#include "api/dynamodb_operations.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "item/errors.hpp"

namespace stepwell::api::dynamodb {

namespace {

using item::DescribedTable;
using item::Index;
using item::Table;
namespace invalid = item::errors;

constexpr std::size_t list_max = 100;
constexpr std::size_t tags_max = 50;

// --- Input

std::string element_path(std::string_view list, std::size_t index) {
    return std::string(list) + "." + std::to_string(index + 1) + ".member";
}

std::vector<item::KeyElement> read_key_schema(Input& input) {
    std::vector<item::KeyElement> keys;
    const auto list = input.array("KeySchema");
    if (!list.has_value()) {
        input.complain("KeySchema", std::nullopt, "Member must not be null");
        return keys;
    }
    if (list->size() < 1 || list->size() > 2) {
        input.complain("KeySchema", list->raw(),
                       list->size() < 1 ? "Member must have length greater than or equal to 1"
                                        : "Member must have length less than or equal to 2");
    }
    for (const json::Node& node : list->elements()) {
        Input element(json::Value(&node), input, element_path("keySchema", keys.size()));
        item::KeyElement key;
        key.name = element.required_text("AttributeName");
        key.key_type = element.required_text("KeyType");
        element.one_of("KeyType", {"HASH", "RANGE"});
        keys.push_back(std::move(key));
    }
    return keys;
}

std::vector<item::KeyAttribute> read_attributes(Input& input) {
    std::vector<item::KeyAttribute> attributes;
    const auto list = input.array("AttributeDefinitions");
    if (!list.has_value()) return attributes;
    for (const json::Node& node : list->elements()) {
        Input element(json::Value(&node), input,
                      element_path("attributeDefinitions", attributes.size()));
        item::KeyAttribute attribute;
        attribute.name = element.required_text("AttributeName");
        element.required_text("AttributeType");
        const auto type = element.one_of("AttributeType", {"B", "N", "S"});
        attribute.type = item::type_named(type.value_or("S")).value_or(item::Type::s);
        attributes.push_back(std::move(attribute));
    }
    return attributes;
}

std::optional<item::Throughput> read_throughput(Input& input, const std::string& path) {
    const auto object = input.object("ProvisionedThroughput");
    if (!object.has_value()) return std::nullopt;
    Input inner(*object, input, path + "provisionedThroughput");
    return item::Throughput{inner.integer_from("ReadCapacityUnits", 1).value_or(0),
                            inner.integer_from("WriteCapacityUnits", 1).value_or(0)};
}

item::NewIndex read_index(Input& input, bool is_global, const std::string& path) {
    item::NewIndex index;
    index.index.is_global = is_global;
    index.index.name = input.required_text("IndexName");
    index.keys = read_key_schema(input);
    if (const auto projection = input.required_object("Projection")) {
        Input inner(*projection, input, path + ".projection");
        index.index.projection =
            inner.one_of("ProjectionType", {"ALL", "INCLUDE", "KEYS_ONLY"}).value_or("");
        if (const auto names = inner.array("NonKeyAttributes")) {
            for (const json::Node& name : names->elements()) {
                const json::Value text(&name);
                if (text.is_string()) index.index.non_key_attributes.emplace_back(text.string());
            }
        }
    }
    index.index.throughput = read_throughput(input, path + ".").value_or(item::Throughput{});
    return index;
}

void read_indexes(Input& input, std::string_view name, bool is_global,
                  std::vector<item::NewIndex>& indexes) {
    const auto list = input.array(name);
    if (!list.has_value()) return;
    if (list->size() == 0)
        return input.fail(invalid::invalid_value("List of " + std::string(name) + " is empty"));
    std::size_t index = 0;
    for (const json::Node& node : list->elements()) {
        const std::string path =
            element_path(is_global ? "globalSecondaryIndexes" : "localSecondaryIndexes", index++);
        Input element(json::Value(&node), input, path);
        indexes.push_back(read_index(element, is_global, path));
    }
}

Result<item::TextMap> read_tags(Input& input) {
    item::TextMap tags;
    const auto list = input.array("Tags");
    if (!list.has_value()) return tags;
    for (const json::Node& node : list->elements()) {
        Input tag(json::Value(&node), input, element_path("tags", tags.size()));
        std::string key = tag.required_text("Key");
        tags.insert_or_assign(std::move(key), tag.required_text("Value"));
    }
    if (const auto error = input.error()) return *error;
    if (tags.size() > tags_max) return invalid::invalid("Too many tags: at most 50 are allowed");
    return tags;
}

Result<> set_billing(Input& input, Table& table) {
    const auto mode = input.one_of("BillingMode", {"PROVISIONED", "PAY_PER_REQUEST"});
    const auto throughput = read_throughput(input, "");
    if (const auto error = input.error()) return *error;
    if (mode.has_value()) table.is_on_demand = mode == "PAY_PER_REQUEST";
    if (table.is_on_demand && throughput.has_value()) {
        return invalid::invalid_value(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST");
    }
    if (throughput.has_value()) table.throughput = *throughput;
    if (table.is_on_demand) table.throughput = {};
    if (!table.is_on_demand &&
        (table.throughput.read_units == 0 || table.throughput.write_units == 0)) {
        return invalid::invalid_value(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            "PROVISIONED");
    }
    return {};
}

Result<> refuse_streams(Input& input) {
    const auto stream = input.object("StreamSpecification");
    if (!stream.has_value()) return {};
    Input inner(*stream, input, "streamSpecification");
    if (!inner.boolean("StreamEnabled").value_or(false)) return {};
    return Error{errors::not_implemented, "Streams of tables are not supported by this server."};
}

// --- Output

void write_throughput(json::Writer& writer, const item::Throughput& throughput) {
    writer.key("ProvisionedThroughput").begin_object();
    writer.member_integer("NumberOfDecreasesToday", 0);
    writer.member_integer("ReadCapacityUnits", throughput.read_units);
    writer.member_integer("WriteCapacityUnits", throughput.write_units).end_object();
}

void write_key_schema(json::Writer& writer, const item::KeySchema& keys) {
    const auto element = [&](const item::KeyAttribute& attribute, std::string_view type) {
        writer.begin_object().member("AttributeName", attribute.name).member("KeyType", type);
        writer.end_object();
    };
    writer.key("KeySchema").begin_array();
    element(keys.hash, "HASH");
    if (keys.range.has_value()) element(*keys.range, "RANGE");
    writer.end_array();
}

void write_indexes(json::Writer& writer, const std::string& arn, const DescribedTable& described,
                   bool is_global) {
    bool has_begun = false;
    for (const Index& index : described.table->indexes) {
        if (index.is_global != is_global) continue;
        if (!has_begun)
            writer.key(is_global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes")
                .begin_array();
        has_begun = true;
        writer.begin_object().member("IndexName", index.name);
        write_key_schema(writer, index.keys);
        writer.key("Projection").begin_object().member("ProjectionType", index.projection);
        if (!index.non_key_attributes.empty()) {
            writer.key("NonKeyAttributes").begin_array();
            for (const std::string& name : index.non_key_attributes) writer.string(name);
            writer.end_array();
        }
        writer.end_object();
        if (is_global) {
            writer.member("IndexStatus", "ACTIVE");
            write_throughput(writer, index.throughput);
        }
        const auto count = described.index_items.find(index.name);
        writer.member_integer("IndexSizeBytes", 0);
        writer.member_integer(
            "ItemCount",
            static_cast<std::int64_t>(count == described.index_items.end() ? 0 : count->second));
        writer.member("IndexArn", arn + "/index/" + index.name);
        writer.end_object();
    }
    if (has_begun) writer.end_array();
}

std::string table_answer(const std::string& arn, std::string_view member,
                         const DescribedTable& described, std::string_view status) {
    constexpr double ms_per_s = 1000;
    const Table& table = *described.table;
    json::Writer writer;
    writer.begin_object().key(member).begin_object();
    writer.key("AttributeDefinitions").begin_array();
    for (const item::KeyAttribute& attribute : table.attributes) {
        writer.begin_object().member("AttributeName", attribute.name);
        writer.member("AttributeType", item::name_of(attribute.type)).end_object();
    }
    writer.end_array().member("TableName", table.name);
    write_key_schema(writer, table.keys);
    writer.member("TableStatus", status);
    writer.key("CreationDateTime")
        .number(static_cast<double>(table.created.time_since_epoch().count()) / ms_per_s);
    write_throughput(writer, table.throughput);
    writer.member_integer("TableSizeBytes", static_cast<std::int64_t>(described.bytes));
    writer.member_integer("ItemCount", static_cast<std::int64_t>(described.items));
    writer.member("TableArn", arn).member("TableId", table.id);
    if (table.is_on_demand) {
        writer.key("BillingModeSummary").begin_object().member("BillingMode", "PAY_PER_REQUEST");
        writer.end_object();
    }
    write_indexes(writer, arn, described, false);
    write_indexes(writer, arn, described, true);
    writer.member_boolean("DeletionProtectionEnabled", table.is_protected);
    writer.end_object().end_object();
    return writer.take();
}

item::Completion<DescribedTable> answer_table(std::string arn, Respond respond,
                                              std::string_view status) {
    return [arn = std::move(arn), respond = std::move(respond),
            status](const Result<DescribedTable>& table) mutable {
        if (!table.has_value()) return respond(table.error());
        respond(Reply{table_answer(arn, "TableDescription", *table, status)});
    };
}

item::Completion<DescribedTable> answer_with(Respond respond, std::string body) {
    return [respond = std::move(respond),
            body = std::move(body)](const Result<DescribedTable>& table) mutable {
        if (!table.has_value()) return respond(table.error());
        respond(Reply{std::move(body)});
    };
}

// --- Operations

Result<item::NewTable> read_new_table(Input& input) {
    item::NewTable made;
    made.table.name = input.table_name();
    made.keys = read_key_schema(input);
    made.table.attributes = read_attributes(input);
    if (!input.has("AttributeDefinitions"))
        input.complain("AttributeDefinitions", std::nullopt, "Member must not be null");
    if (const auto error = input.error()) return *error;
    if (const auto set = set_billing(input, made.table); !set.has_value()) return set.error();
    if (const auto refused = refuse_streams(input); !refused.has_value()) return refused.error();
    made.table.is_protected = input.boolean("DeletionProtectionEnabled").value_or(false);
    read_indexes(input, "LocalSecondaryIndexes", false, made.indexes);
    read_indexes(input, "GlobalSecondaryIndexes", true, made.indexes);
    SW_TRY(made.table.tags, read_tags(input));
    return made;
}

void create_table(item::Items& items, Input& input, const Call&, Respond respond) {
    Result<item::NewTable> made = read_new_table(input);
    if (!made.has_value()) return respond(made.error());
    std::string arn = items.arn_of(made->table.name);
    items.create_table(*std::move(made),
                       answer_table(std::move(arn), std::move(respond), "CREATING"));
}

void describe_table(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = input.table_name();
    if (const auto error = input.error()) return respond(*error);
    const Result<DescribedTable> table = items.describe_table(name);
    if (!table.has_value()) return respond(table.error());
    respond_when_settled(items, std::move(respond),
                         table_answer(items.arn_of(name), "Table", *table, "ACTIVE"));
}

void delete_table(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = input.table_name();
    if (const auto error = input.error()) return respond(*error);
    items.delete_table(name, answer_table(items.arn_of(name), std::move(respond), "DELETING"));
}

// One member of GlobalSecondaryIndexUpdates.
Result<> change_index(Input& input, Table& table) {
    if (const auto create = input.object("Create")) {
        Input inner(*create, input, "globalSecondaryIndexUpdates.member.create");
        item::NewIndex read = read_index(inner, true, "create");
        if (const auto error = input.error()) return *error;
        SW_TRY(Index index, item::make_index(std::move(read), table.attributes));
        if (table.find_index(index.name) != nullptr) {
            return invalid::invalid("Attempting to create an index which already exists");
        }
        table.indexes.push_back(std::move(index));
        return {};
    }
    const bool deletes = input.has("Delete");
    const auto change = input.object(deletes ? "Delete" : "Update");
    if (!change.has_value()) return {};
    Input inner(*change, input, "globalSecondaryIndexUpdates.member");
    const std::string name = inner.required_text("IndexName");
    const auto throughput = read_throughput(inner, "");
    if (const auto error = input.error()) return *error;
    const auto found =
        std::find_if(table.indexes.begin(), table.indexes.end(),
                     [&](const Index& index) { return index.is_global && index.name == name; });
    if (found == table.indexes.end())
        return Error{invalid::resource_not_found, "Requested resource not found"};
    if (deletes) {
        table.indexes.erase(found);
    } else {
        found->throughput = throughput.value_or(found->throughput);
    }
    return {};
}

Result<> change(Input& input, Table& table) {
    if (const auto refused = refuse_streams(input); !refused.has_value()) return refused.error();
    for (item::KeyAttribute& attribute : read_attributes(input)) {
        const auto is_same = [&](const item::KeyAttribute& each) {
            return each.name == attribute.name;
        };
        if (std::none_of(table.attributes.begin(), table.attributes.end(), is_same))
            table.attributes.push_back(std::move(attribute));
    }
    if (input.has("BillingMode") || input.has("ProvisionedThroughput")) {
        if (auto set = set_billing(input, table); !set.has_value()) return set;
    }
    if (const auto is_protected = input.boolean("DeletionProtectionEnabled"))
        table.is_protected = *is_protected;
    if (const auto updates = input.array("GlobalSecondaryIndexUpdates")) {
        for (const json::Node& node : updates->elements()) {
            Input update(json::Value(&node), input, "globalSecondaryIndexUpdates.member");
            if (auto done = change_index(update, table); !done.has_value()) return done;
        }
    }
    if (const auto error = input.error()) return *error;
    return {};
}

void update_table(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = input.table_name();
    if (const auto error = input.error()) return respond(*error);
    items.change_table(
        name, [&](Table& table) { return change(input, table); },
        answer_table(items.arn_of(name), std::move(respond), "UPDATING"));
}

void list_tables(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string after(input.text("ExclusiveStartTableName").value_or(""));
    const auto limit = input.integer_from("Limit", 1);
    if (limit.has_value() && *limit > static_cast<std::int64_t>(list_max)) {
        input.complain("Limit", std::to_string(*limit),
                       "Member must have value less than or equal to 100");
    }
    if (const auto error = input.error()) return respond(*error);
    const std::size_t max = limit.has_value() ? static_cast<std::size_t>(*limit) : list_max;
    std::vector<std::string> names = items.table_names(after, max + 1);
    const bool has_more = names.size() > max;
    if (has_more) names.pop_back();
    json::Writer writer;
    writer.begin_object().key("TableNames").begin_array();
    for (const std::string& name : names) writer.string(name);
    writer.end_array();
    if (has_more) writer.member("LastEvaluatedTableName", names.back());
    writer.end_object();
    respond_when_settled(items, std::move(respond), writer.take());
}

// --- Tags

std::string tagged_table(const item::Items& items, Input& input) {
    const std::string arn = input.required_text("ResourceArn");
    const std::string prefix = items.arn_of("");
    if (input.error().has_value()) return {};
    if (arn.starts_with(prefix) && items.describe_table(arn.substr(prefix.size())).has_value())
        return arn.substr(prefix.size());
    input.fail(Error{invalid::resource_not_found,
                     "Requested resource not found: ResourcArn: " + arn + " not found"});
    return {};
}

void tag_resource(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = tagged_table(items, input);
    const Result<item::TextMap> tags = read_tags(input);
    if (const auto error = input.error()) return respond(*error);
    if (!tags.has_value()) return respond(tags.error());
    items.change_table(
        name,
        [&](Table& table) -> Result<> {
            for (const auto& [key, value] : *tags) table.tags.insert_or_assign(key, value);
            if (table.tags.size() > tags_max)
                return invalid::invalid("Too many tags: at most 50 are allowed");
            return {};
        },
        answer_with(std::move(respond), "{}"));
}

void untag_resource(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = tagged_table(items, input);
    const auto keys = input.array("TagKeys");
    if (!keys.has_value()) input.complain("TagKeys", std::nullopt, "Member must not be null");
    if (const auto error = input.error()) return respond(*error);
    items.change_table(
        name,
        [&](Table& table) -> Result<> {
            for (const json::Node& node : keys->elements()) {
                const json::Value key(&node);
                if (key.is_string()) table.tags.erase(std::string(key.string()));
            }
            return {};
        },
        answer_with(std::move(respond), "{}"));
}

void list_tags(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = tagged_table(items, input);
    if (const auto error = input.error()) return respond(*error);
    const Result<DescribedTable> table = items.describe_table(name);
    if (!table.has_value()) return respond(table.error());
    json::Writer writer;
    writer.begin_object().key("Tags").begin_array();
    for (const auto& [key, value] : table->table->tags)
        writer.begin_object().member("Key", key).member("Value", value).end_object();
    writer.end_array().end_object();
    respond_when_settled(items, std::move(respond), writer.take());
}

// --- Time to live: it is kept and told, no item is deleted for it

void update_time_to_live(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = input.table_name();
    const auto specification = input.required_object("TimeToLiveSpecification");
    if (const auto error = input.error()) return respond(*error);
    Input inner(*specification, input, "timeToLiveSpecification");
    const std::string attribute = inner.required_text("AttributeName");
    const auto enabled = inner.boolean("Enabled");
    if (!enabled.has_value()) inner.complain("Enabled", std::nullopt, "Member must not be null");
    if (const auto error = input.error()) return respond(*error);
    json::Writer writer;
    writer.begin_object().key("TimeToLiveSpecification").begin_object();
    writer.member_boolean("Enabled", *enabled).member("AttributeName", attribute);
    writer.end_object().end_object();
    items.change_table(
        name,
        [&](Table& table) -> Result<> {
            if (table.has_ttl == *enabled) {
                return invalid::invalid(*enabled ? "TimeToLive is already enabled"
                                                 : "TimeToLive is already disabled");
            }
            table.has_ttl = *enabled;
            table.ttl_attribute = *enabled ? attribute : "";
            return {};
        },
        answer_with(std::move(respond), writer.take()));
}

void describe_time_to_live(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = input.table_name();
    if (const auto error = input.error()) return respond(*error);
    const Result<DescribedTable> table = items.describe_table(name);
    if (!table.has_value()) return respond(table.error());
    json::Writer writer;
    writer.begin_object().key("TimeToLiveDescription").begin_object();
    writer.member("TimeToLiveStatus", table->table->has_ttl ? "ENABLED" : "DISABLED");
    if (table->table->has_ttl) writer.member("AttributeName", table->table->ttl_attribute);
    writer.end_object().end_object();
    respond_when_settled(items, std::move(respond), writer.take());
}

void describe_continuous_backups(item::Items& items, Input& input, const Call&, Respond respond) {
    const std::string name = input.table_name();
    if (const auto error = input.error()) return respond(*error);
    const Result<DescribedTable> table = items.describe_table(name);
    if (!table.has_value()) {
        return respond(Error{invalid::resource_not_found, table.error().message()});
    }
    respond(
        Reply{R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",)"
              R"("PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}})"});
}

void describe_endpoints(item::Items&, Input&, const Call& call, Respond respond) {
    constexpr std::int64_t cache_minutes = 1440;
    const std::string& url = call.context.base_url;
    json::Writer writer;
    writer.begin_object().key("Endpoints").begin_array().begin_object();
    writer.member("Address", std::string_view(url).substr(url.find("://") + 3));
    writer.member_integer("CachePeriodInMinutes", cache_minutes);
    writer.end_object().end_array().end_object();
    respond(Reply{writer.take()});
}

}  // namespace

std::vector<NamedHandler> table_operations() {
    return {{"CreateTable", create_table},
            {"DescribeTable", describe_table},
            {"DeleteTable", delete_table},
            {"UpdateTable", update_table},
            {"ListTables", list_tables},
            {"TagResource", tag_resource},
            {"UntagResource", untag_resource},
            {"ListTagsOfResource", list_tags},
            {"UpdateTimeToLive", update_time_to_live},
            {"DescribeTimeToLive", describe_time_to_live},
            {"DescribeContinuousBackups", describe_continuous_backups},
            {"DescribeEndpoints", describe_endpoints}};
}

}  // namespace stepwell::api::dynamodb
