// What a table is: its keys, its indexes and its settings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>

#include "item/value.hpp"

namespace stepwell::item {

using TextMap = std::map<std::string, std::string, std::less<>>;

/// One attribute of a key: a string, a number or a binary.
struct KeyAttribute {
    std::string name = {};
    Type type = Type::s;
};
struct KeySchema {
    KeyAttribute hash = {};
    std::optional<KeyAttribute> range = {};

    bool has(std::string_view name) const noexcept {
        return hash.name == name || (range.has_value() && range->name == name);
    }
};

struct Throughput {
    std::int64_t read_units = 0;
    std::int64_t write_units = 0;
};

/// A local or global secondary index.
struct Index {
    std::string name = {};
    bool is_global = false;
    KeySchema keys = {};
    std::string projection = "ALL";  ///< ALL, KEYS_ONLY, INCLUDE
    std::vector<std::string> non_key_attributes = {};
    Throughput throughput = {};
};

struct Table {
    std::string name = {};
    std::uint64_t number = 0;  ///< never given twice: what its items are stored under
    std::string id = {};       ///< a UUID
    TimePoint created{};
    KeySchema keys = {};
    std::vector<KeyAttribute> attributes = {};  ///< AttributeDefinitions
    std::vector<Index> indexes = {};
    bool is_on_demand = false;  ///< BillingMode PAY_PER_REQUEST
    Throughput throughput = {};
    bool is_protected = false;  ///< DeletionProtectionEnabled
    std::string ttl_attribute = {};
    bool has_ttl = false;
    TextMap tags = {};

    const Index* find_index(std::string_view index) const noexcept;
    bool is_key_of_any_index(std::string_view attribute) const noexcept;
};

/// What CreateTable says of keys: to be checked.
struct KeyElement {
    std::string name;
    std::string key_type;  ///< HASH, RANGE
};
struct NewIndex {
    Index index;  ///< without its keys
    std::vector<KeyElement> keys;
};
struct NewTable {
    Table table;  ///< without keys and indexes
    std::vector<KeyElement> keys;
    std::vector<NewIndex> indexes;
};

/// The table that the input describes.
///
/// errors   ValidationException, in AWS's words
Result<Table> make_table(NewTable input);
/// An index that UpdateTable adds.
Result<Index> make_index(NewIndex input, const std::vector<KeyAttribute>& attributes);

// --- Keys. In their byte form they sort as DynamoDB sorts them, and none begins another.

/// Appends one key attribute's value.
void append_key_part(std::string& out, const Value& value);
/// The beginning that all strings or binaries with this beginning share.
void append_key_prefix(std::string& out, const Value& value);

/// The key of an item that is put.
/// errors   ValidationException: a key attribute is missing, of another type, empty or too long
Result<std::string> key_of_item(const Table& table, const Item& item);
/// The key that GetItem and its like are given: the key attributes and no others.
/// errors   ValidationException
Result<std::string> key_of(const Table& table, const Item& key);
/// Where an index has the item whose key is `key`; nothing when it lacks the index's attributes.
std::optional<std::string> index_key_of(const Index& index, const Item& item, std::string_view key);
/// Attributes that are keys of indexes have the indexes' types.
/// errors   ValidationException
Result<> check_index_keys(const Table& table, const Item& item);

/// The attributes that LastEvaluatedKey shows: of the table's key and of the index's.
Item key_attributes(const Table& table, const Index* index, const Item& item);
/// What the index shows of an item.
Item projected(const Table& table, const Index& index, const Item& item);

}  // namespace stepwell::item
