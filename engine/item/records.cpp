#include "item/records.hpp"

#include "base/bytes.hpp"

namespace stepwell::item {

namespace {

constexpr char record_version = 1;

// What makes the reader fail: more than there is.
void fail(ByteReader& reader) { reader.take(~std::uint64_t{0}); }

void append_key_attribute(std::string& out, const KeyAttribute& attribute) {
    append_text(out, attribute.name);
    out.push_back(static_cast<char>(attribute.type));
}

KeyAttribute read_key_attribute(ByteReader& reader) {
    KeyAttribute attribute;
    attribute.name = reader.text();
    attribute.type = static_cast<Type>(reader.big_endian<unsigned char>());
    if (attribute.type > Type::b) fail(reader);
    return attribute;
}

void append_keys(std::string& out, const KeySchema& keys) {
    append_key_attribute(out, keys.hash);
    append_varint(out, keys.range.has_value() ? 1 : 0);
    if (keys.range.has_value()) append_key_attribute(out, *keys.range);
}

KeySchema read_keys(ByteReader& reader) {
    KeySchema keys;
    keys.hash = read_key_attribute(reader);
    if (reader.varint() == 1) keys.range = read_key_attribute(reader);
    return keys;
}

void append_throughput(std::string& out, const Throughput& throughput) {
    append_varint(out, static_cast<std::uint64_t>(throughput.read_units));
    append_varint(out, static_cast<std::uint64_t>(throughput.write_units));
}

Throughput read_throughput(ByteReader& reader) {
    Throughput throughput;
    throughput.read_units = static_cast<std::int64_t>(reader.varint());
    throughput.write_units = static_cast<std::int64_t>(reader.varint());
    return throughput;
}

void append_index(std::string& out, const Index& index) {
    append_text(out, index.name);
    append_varint(out, index.is_global ? 1 : 0);
    append_keys(out, index.keys);
    append_text(out, index.projection);
    append_varint(out, index.non_key_attributes.size());
    for (const std::string& name : index.non_key_attributes) append_text(out, name);
    append_throughput(out, index.throughput);
}

Index read_index(ByteReader& reader) {
    Index index;
    index.name = reader.text();
    index.is_global = reader.varint() == 1;
    index.keys = read_keys(reader);
    index.projection = reader.text();
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left)
        index.non_key_attributes.emplace_back(reader.text());
    index.throughput = read_throughput(reader);
    return index;
}

void append_map(std::string& out, const Map& map);

void append_value(std::string& out, const Value& value) {
    out.push_back(static_cast<char>(value.type));
    switch (value.type) {
        case Type::s:
        case Type::b:
            return append_text(out, value.text());
        case Type::n:
            return value.number().append_sortable(out);
        case Type::boolean:
            return out.push_back(value.boolean() ? 1 : 0);
        case Type::null:
            return;
        case Type::ss:
        case Type::bs:
            append_varint(out, value.texts().size());
            for (const std::string& text : value.texts()) append_text(out, text);
            return;
        case Type::ns:
            append_varint(out, value.numbers().size());
            for (const Number& number : value.numbers()) number.append_sortable(out);
            return;
        case Type::l:
            append_varint(out, value.list().size());
            for (const Value& element : value.list()) append_value(out, element);
            return;
        case Type::m:
            return append_map(out, value.map());
    }
}

void append_map(std::string& out, const Map& map) {
    append_varint(out, map.size());
    for (const auto& [name, value] : map) {
        append_text(out, name);
        append_value(out, value);
    }
}

Map read_map(ByteReader& reader, std::size_t depth);

template <class Element, class Read>
std::vector<Element> read_all(ByteReader& reader, Read read) {
    std::vector<Element> all;
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left)
        all.push_back(read());
    return all;
}

Value read_value(ByteReader& reader, std::size_t depth) {
    const auto type = static_cast<Type>(reader.big_endian<unsigned char>());
    if (type > Type::m || depth > depth_max + 1) fail(reader);
    if (!reader.is_good()) return {};
    switch (type) {
        case Type::s:
        case Type::b:
            return Value::of(type, std::string(reader.text()));
        case Type::n:
            return Value::number(Number::read_sortable(reader));
        case Type::boolean:
            return Value{type, reader.big_endian<char>() == 1};
        case Type::null:
            return {};
        case Type::ss:
        case Type::bs:
            return Value{type,
                         read_all<std::string>(reader, [&] { return std::string(reader.text()); })};
        case Type::ns:
            return Value{type,
                         read_all<Number>(reader, [&] { return Number::read_sortable(reader); })};
        case Type::l:
            return Value{type,
                         read_all<Value>(reader, [&] { return read_value(reader, depth + 1); })};
        case Type::m:
            return Value{type, read_map(reader, depth + 1)};
    }
    return {};
}

Map read_map(ByteReader& reader, std::size_t depth) {
    Map map;
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        std::string name(reader.text());
        map.insert_or_assign(map.end(), std::move(name), read_value(reader, depth));
    }
    return map;
}

}  // namespace

std::string table_key(std::string_view name) { return std::string(table_key_prefix).append(name); }

std::string encode_table(const Table& table) {
    std::string out(1, record_version);
    append_text(out, table.name);
    append_varint(out, table.number);
    append_text(out, table.id);
    append_varint(out, static_cast<std::uint64_t>(table.created.time_since_epoch().count()));
    append_keys(out, table.keys);
    append_varint(out, table.attributes.size());
    for (const KeyAttribute& attribute : table.attributes) append_key_attribute(out, attribute);
    append_varint(out, table.indexes.size());
    for (const Index& index : table.indexes) append_index(out, index);
    append_varint(out, table.is_on_demand ? 1 : 0);
    append_throughput(out, table.throughput);
    append_varint(out, table.is_protected ? 1 : 0);
    append_text(out, table.ttl_attribute);
    append_varint(out, table.has_ttl ? 1 : 0);
    append_varint(out, table.tags.size());
    for (const auto& [key, value] : table.tags) {
        append_text(out, key);
        append_text(out, value);
    }
    return out;
}

std::optional<Table> decode_table(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    Table table;
    table.name = reader.text();
    table.number = reader.varint();
    table.id = reader.text();
    table.created = TimePoint{milliseconds{static_cast<std::int64_t>(reader.varint())}};
    table.keys = read_keys(reader);
    table.attributes = read_all<KeyAttribute>(reader, [&] { return read_key_attribute(reader); });
    table.indexes = read_all<Index>(reader, [&] { return read_index(reader); });
    table.is_on_demand = reader.varint() == 1;
    table.throughput = read_throughput(reader);
    table.is_protected = reader.varint() == 1;
    table.ttl_attribute = reader.text();
    table.has_ttl = reader.varint() == 1;
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        std::string key(reader.text());
        table.tags.emplace(std::move(key), reader.text());
    }
    if (!reader.is_good() || !reader.is_at_end()) return std::nullopt;
    return table;
}

std::string item_key(std::uint64_t table_number, std::string_view key) {
    std::string bytes;
    append_big_endian(bytes, table_number);
    return bytes.append(key);
}

std::string encode_item(const Item& item) {
    std::string out(1, record_version);
    append_map(out, item);
    return out;
}

std::optional<Item> decode_item(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    Item item = read_map(reader, 0);
    if (!reader.is_good() || !reader.is_at_end()) return std::nullopt;
    return item;
}

std::string encode_answer(const Answer& answer) {
    std::string out(1, record_version);
    append_big_endian(out, answer.request_hash);
    append_big_endian(out, answer.lifetime_ms);
    return out.append(answer.body);
}

std::optional<Answer> decode_answer(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    Answer answer;
    answer.request_hash = reader.big_endian<std::uint64_t>();
    answer.lifetime_ms = reader.big_endian<std::int64_t>();
    answer.body = reader.rest();
    if (!reader.is_good()) return std::nullopt;
    return answer;
}

}  // namespace stepwell::item
