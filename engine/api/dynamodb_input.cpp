#include "api/dynamodb_input.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "item/errors.hpp"
#include "item/value_json.hpp"

namespace stepwell::api::dynamodb {

namespace {

constexpr std::size_t complaints_max = 10;
constexpr std::size_t table_name_min = 3;
constexpr std::size_t table_name_max = 255;

std::string lower_first(std::string_view name) {
    std::string lower(name);
    if (!lower.empty() && lower[0] >= 'A' && lower[0] <= 'Z')
        lower[0] = static_cast<char>(lower[0] + 32);
    return lower;
}

bool is_name_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

}  // namespace

std::optional<json::Value> Input::find(std::string_view name) const {
    const auto found = object_.find(name);
    if (!found.has_value() || found->is_null()) return std::nullopt;
    return found;
}

bool Input::has(std::string_view name) const { return find(name).has_value(); }

void Input::fail(Error error) {
    if (outer_ != nullptr) return outer_->fail(std::move(error));
    if (!failure_.has_value()) failure_ = std::move(error);
}

std::string Input::path_of(std::string_view name) const {
    return path_.empty() ? lower_first(name) : path_ + "." + lower_first(name);
}

void Input::complain(std::string_view name, std::optional<std::string_view> value,
                     std::string_view constraint) {
    std::string text = "Value ";
    text += value.has_value() ? "'" + std::string(*value) + "'" : std::string("null");
    text += " at '" + path_of(name) + "' failed to satisfy constraint: " + std::string(constraint);
    Input* root = this;
    while (root->outer_ != nullptr) root = root->outer_;
    if (root->complaints_.size() < complaints_max) root->complaints_.push_back(std::move(text));
}

std::optional<Error> Input::error() const {
    if (outer_ != nullptr) return outer_->error();
    if (failure_.has_value()) return failure_;
    if (complaints_.empty()) return std::nullopt;
    std::string message = std::to_string(complaints_.size()) + " validation error" +
                          (complaints_.size() > 1 ? "s" : "") + " detected: ";
    for (std::size_t i = 0; i < complaints_.size(); ++i)
        message.append(i == 0 ? "" : "; ").append(complaints_[i]);
    return item::errors::invalid(std::move(message));
}

void Input::wrong_type(json::Value value, std::string_view wanted) {
    std::string message = "Start of structure or map found where not expected.";
    if (value.is_array()) {
        message = "Start of list found where not expected";
    } else if (wanted == "List") {
        if (!value.is_object()) message = "Expected list or null";
    } else if (wanted == "Map") {
        message = "Expected map or null";
    } else if (!value.is_object()) {
        const std::string_view type =
            value.is_boolean()  ? "java.lang.Boolean"
            : value.is_number() ? "com.amazon.coral.value.json.numbers.TruncatingBigNumber"
                                : "java.lang.String";
        message =
            "class " + std::string(type) + " can not be converted to an " + std::string(wanted);
    }
    fail(Error{errors::serialization, std::move(message)});
}

std::optional<std::string_view> Input::text(std::string_view name) {
    const auto found = find(name);
    if (!found.has_value()) return std::nullopt;
    if (found->is_string()) return found->string();
    wrong_type(*found, "String");
    return std::nullopt;
}

std::string Input::required_text(std::string_view name) {
    const auto found = text(name);
    if (!found.has_value()) complain(name, std::nullopt, "Member must not be null");
    return std::string(found.value_or(""));
}

std::optional<std::int64_t> Input::integer(std::string_view name) {
    const auto found = find(name);
    if (!found.has_value()) return std::nullopt;
    if (!found->is_number()) {
        wrong_type(*found, "Integer");
        return std::nullopt;
    }
    if (const auto whole = found->integer()) return whole;
    constexpr double largest = 9e15;
    return static_cast<std::int64_t>(std::clamp(found->number(), -largest, largest));
}

std::optional<std::int64_t> Input::integer_from(std::string_view name, std::int64_t min) {
    const auto found = integer(name);
    if (found.has_value() && *found < min) {
        complain(name, std::to_string(*found),
                 "Member must have value greater than or equal to " + std::to_string(min));
    }
    return found;
}

std::optional<bool> Input::boolean(std::string_view name) {
    const auto found = find(name);
    if (!found.has_value()) return std::nullopt;
    if (found->is_boolean()) return found->boolean();
    wrong_type(*found, "Boolean");
    return std::nullopt;
}

std::optional<json::Value> Input::object(std::string_view name) {
    const auto found = find(name);
    if (!found.has_value() || found->is_object()) return found;
    wrong_type(*found, "Map");
    return std::nullopt;
}

std::optional<json::Value> Input::required_object(std::string_view name) {
    const auto found = object(name);
    if (!found.has_value()) complain(name, std::nullopt, "Member must not be null");
    return found;
}

std::optional<json::Value> Input::array(std::string_view name) {
    const auto found = find(name);
    if (!found.has_value() || found->is_array()) return found;
    wrong_type(*found, "List");
    return std::nullopt;
}

std::optional<std::string_view> Input::one_of(std::string_view name,
                                              std::initializer_list<std::string_view> values) {
    const auto found = text(name);
    if (!found.has_value() || std::find(values.begin(), values.end(), *found) != values.end())
        return found;
    std::string all;
    for (const std::string_view value : values) all.append(all.empty() ? "" : ", ").append(value);
    complain(name, *found, "Member must satisfy enum value set: [" + all + "]");
    return found;
}

std::string Input::table_name() {
    constexpr std::string_view arn_part = ":table/";
    const auto found = text("TableName");
    if (!found.has_value()) {
        fail(item::errors::invalid(
            "The parameter 'TableName' is required but was not present in the request"));
        return {};
    }
    std::string_view name = *found;
    if (name.starts_with("arn:") && name.find(arn_part) != std::string_view::npos)
        name.remove_prefix(name.find(arn_part) + arn_part.size());
    if (name.size() < table_name_min || name.size() > table_name_max) {
        fail(item::errors::invalid(
            "TableName must be at least 3 characters long and at most 255 characters long"));
    } else if (!std::all_of(name.begin(), name.end(), is_name_part)) {
        complain("TableName", name,
                 "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    }
    return std::string(name);
}

item::Item Input::item(std::string_view name) {
    const auto found = required_object(name);
    if (!found.has_value()) return {};
    auto item = item::read_item(*found);
    if (item.has_value()) return *std::move(item);
    fail(item.error());
    return {};
}

}  // namespace stepwell::api::dynamodb
