#include "item/table.hpp"

#include <algorithm>
#include <set>

#include "base/try.hpp"
#include "item/errors.hpp"

namespace stepwell::item {

namespace {

constexpr std::size_t local_indexes_max = 5;
constexpr std::size_t global_indexes_max = 20;
constexpr std::size_t hash_bytes_max = 2048;
constexpr std::size_t range_bytes_max = 1024;

// Ends a string or binary in a key: zero bytes in it are written with a mark behind.
constexpr char part_end = 1;
constexpr char zero_follows = static_cast<char>(0xff);

std::string listed(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const std::string& name : names) text.append(text.size() > 1 ? ", " : "").append(name);
    return text + "]";
}

const KeyAttribute* find_attribute(const std::vector<KeyAttribute>& attributes,
                                   std::string_view name) {
    const auto found = std::find_if(attributes.begin(), attributes.end(),
                                    [&](const KeyAttribute& each) { return each.name == name; });
    return found == attributes.end() ? nullptr : &*found;
}

Result<KeySchema> make_keys(const std::vector<KeyElement>& elements,
                            const std::vector<KeyAttribute>& attributes) {
    std::vector<std::string> keys;
    std::vector<std::string> defined;
    for (const KeyElement& element : elements) keys.push_back(element.name);
    for (const KeyAttribute& attribute : attributes) defined.push_back(attribute.name);
    for (const std::string& key : keys) {
        if (find_attribute(attributes, key) != nullptr) continue;
        if (keys.size() > defined.size())
            return errors::invalid(
                "Invalid KeySchema: Some index key attribute have no definition");
        return errors::invalid_value(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: " +
            listed(keys) + ", AttributeDefinitions: " + listed(defined));
    }
    if (keys.size() == 2 && keys[0] == keys[1]) {
        return errors::invalid(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
    if (elements[0].key_type != "HASH") {
        return errors::invalid(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    }
    if (elements.size() == 2 && elements[1].key_type != "RANGE") {
        return errors::invalid(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    }
    KeySchema schema{*find_attribute(attributes, keys[0]), {}};
    if (keys.size() == 2) schema.range = *find_attribute(attributes, keys[1]);
    return schema;
}

Result<> check_local(const Table& table, const Index& index) {
    if (!index.keys.range.has_value()) {
        return errors::invalid_value("Index KeySchema does not have a range key for index: " +
                                     index.name);
    }
    if (index.keys.hash.name != table.keys.hash.name) {
        return errors::invalid_value(
            "Index KeySchema does not have the same leading hash key as table KeySchema for "
            "index: " +
            index.name + ". index hash key: " + index.keys.hash.name +
            ", table hash key: " + table.keys.hash.name);
    }
    return {};
}

Result<> check_index_counts(const Table& table) {
    std::set<std::string_view> names;
    std::size_t locals = 0;
    for (const Index& index : table.indexes) {
        if (!names.insert(index.name).second)
            return errors::invalid_value("Duplicate index name: " + index.name);
        locals += index.is_global ? 0 : 1;
    }
    if (locals > local_indexes_max) {
        return errors::invalid_value(
            "Number of LocalSecondaryIndexes exceeds per-table limit of 5");
    }
    if (table.indexes.size() - locals > global_indexes_max) {
        return errors::invalid_value(
            "GlobalSecondaryIndex count exceeds the per-table limit of 20");
    }
    return {};
}

Result<> check_attributes_used(const Table& table) {
    for (const KeyAttribute& attribute : table.attributes) {
        if (table.keys.has(attribute.name) || table.is_key_of_any_index(attribute.name)) continue;
        if (table.indexes.empty()) {
            return errors::invalid_value(
                "Number of attributes in KeySchema does not exactly match number of attributes "
                "defined in AttributeDefinitions");
        }
        std::vector<std::string> keys;
        std::vector<std::string> defined;
        for (const KeyAttribute& each : table.attributes) {
            defined.push_back(each.name);
            if (table.keys.has(each.name) || table.is_key_of_any_index(each.name))
                keys.push_back(each.name);
        }
        return errors::invalid_value(
            "Some AttributeDefinitions are not used. AttributeDefinitions: " + listed(defined) +
            ", keys used: " + listed(keys));
    }
    return {};
}

void append_escaped(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        out.push_back(c);
        if (c == '\0') out.push_back(zero_follows);
    }
}

Error empty_key(const KeyAttribute& attribute) {
    return errors::invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty " +
        std::string(attribute.type == Type::s ? "string" : "binary") +
        " value. Key: " + attribute.name);
}

Result<> check_key_size(const KeyAttribute& attribute, const Value& value, bool is_hash) {
    if (attribute.type == Type::n) return {};
    if (value.text().empty()) return empty_key(attribute);
    if (is_hash && value.text().size() > hash_bytes_max) {
        return errors::invalid_value(
            "Size of hashkey has exceeded the maximum size limit of2048 bytes");
    }
    if (!is_hash && value.text().size() > range_bytes_max) {
        return errors::invalid_value(
            "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
    }
    return {};
}

template <class Visit>
Result<> for_each_key(const KeySchema& keys, const Visit& visit) {
    if (auto done = visit(keys.hash, true); !done.has_value()) return done;
    if (keys.range.has_value()) return visit(*keys.range, false);
    return {};
}

}  // namespace

const Index* Table::find_index(std::string_view index) const noexcept {
    const auto found = std::find_if(indexes.begin(), indexes.end(),
                                    [&](const Index& each) { return each.name == index; });
    return found == indexes.end() ? nullptr : &*found;
}

bool Table::is_key_of_any_index(std::string_view attribute) const noexcept {
    return std::any_of(indexes.begin(), indexes.end(),
                       [&](const Index& each) { return each.keys.has(attribute); });
}

Result<Index> make_index(NewIndex input, const std::vector<KeyAttribute>& attributes) {
    Index index = std::move(input.index);
    SW_TRY(index.keys, make_keys(input.keys, attributes));
    if (index.projection.empty()) return errors::invalid_value("Unknown ProjectionType: null");
    if (!index.non_key_attributes.empty() && index.projection != "INCLUDE") {
        return errors::invalid_value("ProjectionType is " + index.projection +
                                     ", but NonKeyAttributes is specified");
    }
    if (index.non_key_attributes.empty() && index.projection == "INCLUDE") {
        return errors::invalid_value(
            "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    }
    return index;
}

Result<Table> make_table(NewTable input) {
    Table table = std::move(input.table);
    SW_TRY(table.keys, make_keys(input.keys, table.attributes));
    for (NewIndex& each : input.indexes) {
        if (!each.index.is_global && !table.keys.range.has_value()) {
            return errors::invalid_value(
                "Table KeySchema does not have a range key, which is required when specifying a "
                "LocalSecondaryIndex");
        }
        SW_TRY(Index index, make_index(std::move(each), table.attributes));
        if (!index.is_global) {
            if (const auto checked = check_local(table, index); !checked.has_value())
                return checked.error();
        }
        table.indexes.push_back(std::move(index));
    }
    if (const auto checked = check_index_counts(table); !checked.has_value())
        return checked.error();
    if (const auto checked = check_attributes_used(table); !checked.has_value())
        return checked.error();
    return table;
}

void append_key_prefix(std::string& out, const Value& value) { append_escaped(out, value.text()); }

void append_key_part(std::string& out, const Value& value) {
    if (value.type == Type::n) return value.number().append_sortable(out);
    append_escaped(out, value.text());
    out.push_back('\0');
    out.push_back(part_end);
}

Result<std::string> key_of_item(const Table& table, const Item& item) {
    std::string key;
    const auto done =
        for_each_key(table.keys, [&](const KeyAttribute& attribute, bool is_hash) -> Result<> {
            const auto found = item.find(attribute.name);
            if (found == item.end()) {
                return errors::invalid_value("Missing the key " + attribute.name + " in the item");
            }
            if (found->second.type != attribute.type) {
                return errors::invalid_value(
                    "Type mismatch for key " + attribute.name +
                    " expected: " + std::string(name_of(attribute.type)) +
                    " actual: " + std::string(name_of(found->second.type)));
            }
            auto checked = check_key_size(attribute, found->second, is_hash);
            if (checked.has_value()) append_key_part(key, found->second);
            return checked;
        });
    if (!done.has_value()) return done.error();
    return key;
}

Result<std::string> key_of(const Table& table, const Item& key) {
    const std::size_t attributes = table.keys.range.has_value() ? 2 : 1;
    if (key.size() != attributes) {
        return key.size() > attributes
                   ? errors::invalid("The number of conditions on the keys is invalid")
                   : errors::key_mismatch();
    }
    std::string bytes;
    const auto done =
        for_each_key(table.keys, [&](const KeyAttribute& attribute, bool is_hash) -> Result<> {
            const auto found = key.find(attribute.name);
            if (found == key.end() || found->second.type != attribute.type)
                return errors::key_mismatch();
            auto checked = check_key_size(attribute, found->second, is_hash);
            if (checked.has_value()) append_key_part(bytes, found->second);
            return checked;
        });
    if (!done.has_value()) return done.error();
    return bytes;
}

std::optional<std::string> index_key_of(const Index& index, const Item& item,
                                        std::string_view key) {
    std::string bytes;
    for (const KeyAttribute* attribute :
         {&index.keys.hash, index.keys.range.has_value() ? &*index.keys.range : nullptr}) {
        if (attribute == nullptr) continue;
        const auto found = item.find(attribute->name);
        if (found == item.end() || found->second.type != attribute->type) return std::nullopt;
        append_key_part(bytes, found->second);
    }
    return bytes.append(key);
}

Result<> check_index_keys(const Table& table, const Item& item) {
    for (const Index& index : table.indexes) {
        const auto done =
            for_each_key(index.keys, [&](const KeyAttribute& attribute, bool is_hash) -> Result<> {
                const auto found = item.find(attribute.name);
                if (found == item.end()) return {};
                if (found->second.type != attribute.type) {
                    return errors::invalid_value(
                        "Type mismatch for Index Key " + attribute.name +
                        " Expected: " + std::string(name_of(attribute.type)) + " Actual: " +
                        std::string(name_of(found->second.type)) + " IndexName: " + index.name);
                }
                if (attribute.type != Type::n && found->second.text().empty()) {
                    return errors::invalid(
                        "One or more parameter values are not valid. A value specified for a "
                        "secondary index key is not supported. The AttributeValue for a key "
                        "attribute cannot contain an empty " +
                        std::string(attribute.type == Type::s ? "string" : "binary") +
                        " value. IndexName: " + index.name + ", IndexKey: " + attribute.name);
                }
                return check_key_size(attribute, found->second, is_hash);
            });
        if (!done.has_value()) return done;
    }
    return {};
}

Item key_attributes(const Table& table, const Index* index, const Item& item) {
    Item keys;
    for (const auto& [name, value] : item) {
        if (table.keys.has(name) || (index != nullptr && index->keys.has(name)))
            keys.emplace(name, value);
    }
    return keys;
}

Item projected(const Table& table, const Index& index, const Item& item) {
    if (index.projection == "ALL") return item;
    Item part = key_attributes(table, &index, item);
    for (const std::string& name : index.non_key_attributes) {
        const auto found = item.find(name);
        if (found != item.end()) part.insert(*found);
    }
    return part;
}

}  // namespace stepwell::item
