#include "api/sqs_sns_fields.hpp"

#include <charconv>

#include "base/base64.hpp"
#include "base/errors.hpp"

namespace stepwell::api {

void Fields::wrong_type(std::string_view name, std::string_view expected) {
    fail({stepwell::errors::serialization,
          std::string(name) + " can not be converted to " + std::string(expected)});
}

std::optional<json::Value> Fields::value(std::string_view name) const {
    const auto found = outline_ != nullptr ? outline_->find(name) : object_.find(name);
    return found.has_value() && !found->is_null() ? found : std::nullopt;
}

// The same with all that is in it.
std::optional<json::Value> Fields::whole(std::string_view name) const {
    const auto found = value(name);
    return found.has_value() && outline_ != nullptr ? outline_->find_whole(name) : found;
}

std::optional<std::string_view> Fields::text(std::string_view name) {
    const auto found = value(name);
    if (!found.has_value()) return std::nullopt;
    if (!found->is_string()) {
        wrong_type(name, "a String");
        return std::nullopt;
    }
    return found->string();
}

std::string_view Fields::required_text(std::string_view name) {
    const auto found = text(name);
    if (!found.has_value()) fail(missing_(name));
    return found.value_or(std::string_view{});
}

std::optional<std::int64_t> Fields::integer(std::string_view name) {
    const auto found = value(name);
    if (!found.has_value()) return std::nullopt;
    if (found->is_number()) {
        if (const auto number = found->integer(); number.has_value()) return number;
    } else if (found->is_string()) {  // some clients write numbers as text
        const std::string_view text = found->string();
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return number;
    }
    wrong_type(name, "an Integer");
    return std::nullopt;
}

std::int64_t Fields::required_integer(std::string_view name) {
    const auto found = integer(name);
    if (!found.has_value()) fail(missing_(name));
    return found.value_or(0);
}

bool Fields::boolean(std::string_view name) {
    const auto found = value(name);
    if (!found.has_value()) return false;
    if (found->is_boolean()) return found->boolean();
    if (found->is_string()) return found->string() == "true";
    wrong_type(name, "a Boolean");
    return false;
}

std::vector<json::Value> Fields::array(std::string_view name) {
    std::vector<json::Value> all;
    const auto found = whole(name);
    if (!found.has_value()) return all;
    if (!found->is_array()) wrong_type(name, "a List");
    for (const json::Node& node : found->elements()) all.emplace_back(&node);
    return all;
}

std::vector<std::string> Fields::texts(std::string_view name) {
    std::vector<std::string> all;
    for (const json::Value element : array(name)) {
        if (!element.is_string()) {
            wrong_type(name, "a List of Strings");
            break;
        }
        all.emplace_back(element.string());
    }
    return all;
}

std::optional<json::Value> Fields::object(std::string_view name) {
    const auto found = whole(name);
    if (!found.has_value()) return std::nullopt;
    if (!found->is_object()) {
        wrong_type(name, "a Map");
        return std::nullopt;
    }
    return found;
}

Fields::TextMap Fields::text_map(std::string_view name) {
    TextMap map;
    const auto found = object(name);
    if (!found.has_value()) return map;
    for (const json::Member& member : found->members()) {
        const json::Value text(&member.value);
        if (!text.is_string()) {
            wrong_type(name, "a Map of Strings");
            break;
        }
        map.insert_or_assign(std::string(member.key), std::string(text.string()));
    }
    return map;
}

std::vector<AttributeField> attribute_fields(Fields& fields, std::string_view name) {
    std::vector<AttributeField> all;
    const auto found = fields.object(name);
    if (!found.has_value()) return all;
    for (const json::Member& member : found->members()) {
        const json::Value value(&member.value);
        if (!value.is_object()) {
            fields.fail({stepwell::errors::serialization,
                         std::string(name) + " can not be converted to a Map"});
            break;
        }
        Fields inner(value,
                     [](std::string_view) { return Error{stepwell::errors::validation, ""}; });
        AttributeField attribute;
        attribute.name = member.key;
        attribute.data_type = inner.text("DataType").value_or("");
        const auto text = inner.text("StringValue");
        const auto binary = inner.text("BinaryValue");
        const bool is_binary = attribute.data_type.starts_with("Binary");
        attribute.has_wrong_field = is_binary ? text.has_value() && !binary.has_value()
                                              : binary.has_value() && !text.has_value();
        if (!is_binary) attribute.value = text.value_or("");
        if (is_binary && binary.has_value()) {
            auto bytes = base64_decode(*binary);
            if (!bytes.has_value()) {
                fields.fail({stepwell::errors::serialization, "BinaryValue is not valid base64"});
                break;
            }
            attribute.value = std::move(*bytes);
        }
        if (inner.error().has_value()) fields.fail(*inner.error());
        all.push_back(std::move(attribute));
    }
    return all;
}

Result<json::Document> parse_request(std::string_view body) {
    auto document = json::Document::parse(body.empty() ? "{}" : body);
    if (!document.has_value())
        return Error{stepwell::errors::serialization, document.error().message()};
    if (!document->root().is_object()) {
        return Error{stepwell::errors::serialization,
                     "Start of structure or map found where not expected."};
    }
    return document;
}

}  // namespace stepwell::api
