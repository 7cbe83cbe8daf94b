#include "item/value_json.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "item/errors.hpp"

namespace stepwell::item {

namespace {

Error serialization(std::string message) {
    return {stepwell::errors::serialization, std::move(message)};
}

// How the service names a JSON value that stands where another type is wanted.
Error wrong_type(json::Value json, std::string_view wanted) {
    switch (json.kind()) {
        case json::Kind::boolean:
            return serialization("class java.lang.Boolean can not be converted to a" +
                                 std::string(wanted));
        case json::Kind::number:
            return serialization(
                "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be "
                "converted to a" +
                std::string(wanted));
        case json::Kind::array:
            return serialization("Start of list found where not expected");
        case json::Kind::object:
            return serialization("Start of structure or map found where not expected.");
        case json::Kind::string:
        case json::Kind::null:
            break;
    }
    return serialization("Unexpected value type in payload");
}

Result<std::string> read_text(json::Value json) {
    if (!json.is_string()) return wrong_type(json, "n String");
    return std::string(json.string());
}

Result<std::string> read_bytes(json::Value json) {
    if (!json.is_string()) return wrong_type(json, " Blob");
    const std::string_view text = json.string();
    const std::string prefix = "'" + std::string(text) + "' can not be converted to a Blob: ";
    if (text.size() % 4 != 0) {
        return serialization(prefix +
                             "Base64 encoded length is expected a multiple of 4 bytes but found: " +
                             std::to_string(text.size()));
    }
    auto bytes = base64_decode(text);
    if (!bytes.has_value()) return serialization(prefix + "Invalid Base64 character");
    return *std::move(bytes);
}

Result<bool> read_boolean(json::Value json) {
    if (json.is_boolean()) return json.boolean();
    if (!json.is_string()) return wrong_type(json, "n Boolean");
    std::string text(json.string());
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    if (text == "TRUE" || text == "1" || text == "YES") return true;
    if (text == "FALSE" || text == "0" || text == "NO") return false;
    return serialization("'" + text + "' can not be converted to an Boolean");
}

Result<Number> read_number(json::Value json) {
    SW_TRY(const std::string text, read_text(json));
    return Number::parse(text);
}

Result<Value> read_texts(Type type, json::Value json) {
    Value::Texts texts;
    std::string listed = "[";
    for (const json::Node& node : json.elements()) {
        const json::Value element(&node);
        SW_TRY(std::string text, type == Type::ss ? read_text(element) : read_bytes(element));
        listed.append(texts.empty() ? "" : ", ").append(element.string());
        texts.push_back(std::move(text));
    }
    listed += "]";
    if (texts.empty()) {
        return errors::invalid_value(type == Type::ss ? "An string set  may not be empty"
                                                      : "Binary sets should not be empty");
    }
    Value::Texts sorted = texts;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        const std::string_view end =
            type == Type::ss ? " contains duplicates." : "of type BS contains duplicates.";
        return errors::invalid_value("Input collection " + listed + std::string(end));
    }
    return Value{type, std::move(texts)};
}

Result<Value> read_numbers(json::Value json) {
    Value::Numbers numbers;
    for (const json::Node& node : json.elements()) {
        SW_TRY(Number number, read_number(json::Value(&node)));
        numbers.push_back(std::move(number));
    }
    if (numbers.empty()) return errors::invalid_value("An number set  may not be empty");
    Value::Numbers sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        return errors::invalid("Input collection contains duplicates");
    return Value{Type::ns, std::move(numbers)};
}

Result<Value> read_nested(json::Value json, std::size_t depth);

Result<Map> read_map(json::Value json, std::size_t depth) {
    if (!json.is_object()) {
        if (json.is_array()) return wrong_type(json, "");
        return serialization("Expected map or null");
    }
    Map map;
    for (const json::Member& member : json.members()) {
        SW_TRY(Value value, read_nested(json::Value(&member.value), depth));
        map.insert_or_assign(std::string(member.key), std::move(value));
    }
    return map;
}

Result<Value> read_list(json::Value json, std::size_t depth) {
    List list;
    for (const json::Node& node : json.elements()) {
        SW_TRY(Value value, read_nested(json::Value(&node), depth));
        list.push_back(std::move(value));
    }
    return Value{Type::l, std::move(list)};
}

Result<Value> read_content(Type type, json::Value json, std::size_t depth) {
    const bool is_list =
        type == Type::ss || type == Type::ns || type == Type::bs || type == Type::l;
    if (is_list && !json.is_array()) {
        if (json.is_object()) return wrong_type(json, "");
        return serialization("Expected list or null");
    }
    switch (type) {
        case Type::s: {
            SW_TRY(std::string text, read_text(json));
            return Value::string(std::move(text));
        }
        case Type::b: {
            SW_TRY(std::string bytes, read_bytes(json));
            return Value::of(Type::b, std::move(bytes));
        }
        case Type::n: {
            SW_TRY(Number number, read_number(json));
            return Value::number(std::move(number));
        }
        case Type::boolean: {
            SW_TRY(const bool value, read_boolean(json));
            return Value{Type::boolean, value};
        }
        case Type::null: {
            SW_TRY(const bool is_null, read_boolean(json));
            if (is_null) return Value{};
            return errors::invalid_value("Null attribute value types must have the value of true");
        }
        case Type::ss:
        case Type::bs:
            return read_texts(type, json);
        case Type::ns:
            return read_numbers(json);
        case Type::l:
            return read_list(json, depth + 1);
        case Type::m: {
            SW_TRY(Map map, read_map(json, depth + 1));
            return Value{Type::m, std::move(map)};
        }
    }
    return Value{};
}

Result<Value> read_nested(json::Value json, std::size_t depth) {
    if (depth > depth_max) {
        return errors::invalid(
            "Nesting Levels have exceeded supported limits: Attributes of type Map or List can "
            "only be nested up to 32 levels");
    }
    if (!json.is_object()) {
        if (json.is_null()) {
            return errors::invalid(
                "Supplied AttributeValue is empty, must contain exactly one of the supported "
                "datatypes");
        }
        if (json.is_array()) return wrong_type(json, "");
        return serialization("Unexpected value type in payload");
    }
    std::optional<Value> found;
    for (const json::Member& member : json.members()) {
        const auto type = type_named(member.key);
        const json::Value content(&member.value);
        if (!type.has_value() || content.is_null()) continue;
        if (found.has_value()) {
            return errors::invalid(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                "of the supported datatypes");
        }
        SW_TRY(found, read_content(*type, content, depth));
    }
    if (!found.has_value()) {
        return errors::invalid(
            "Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes");
    }
    return *std::move(found);
}

}  // namespace

Result<Value> read_value(json::Value json) { return read_nested(json, 0); }
Result<Item> read_item(json::Value json) { return read_map(json, 0); }

void write_value(json::Writer& writer, const Value& value) {
    writer.begin_object().key(name_of(value.type));
    switch (value.type) {
        case Type::s:
            writer.string(value.text());
            break;
        case Type::b:
            writer.string(base64_encode(value.text()));
            break;
        case Type::n:
            writer.string(value.number().text());
            break;
        case Type::boolean:
            writer.boolean(value.boolean());
            break;
        case Type::null:
            writer.boolean(true);
            break;
        case Type::ss:
        case Type::bs:
            writer.begin_array();
            for (const std::string& text : value.texts())
                writer.string(value.type == Type::ss ? text : base64_encode(text));
            writer.end_array();
            break;
        case Type::ns:
            writer.begin_array();
            for (const Number& number : value.numbers()) writer.string(number.text());
            writer.end_array();
            break;
        case Type::l:
            writer.begin_array();
            for (const Value& element : value.list()) write_value(writer, element);
            writer.end_array();
            break;
        case Type::m:
            write_item(writer, value.map());
            break;
    }
    writer.end_object();
}

void write_item(json::Writer& writer, const Item& item) {
    writer.begin_object();
    for (const auto& [name, value] : item) {
        writer.key(name);
        write_value(writer, value);
    }
    writer.end_object();
}

}  // namespace stepwell::item
