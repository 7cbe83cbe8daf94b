#include "asl/fields.hpp"

#include <algorithm>

namespace stepwell::asl {

using json::Value;

namespace {

std::string listed(std::initializer_list<std::string_view> fields, auto&& is_wanted) {
    std::string text = "[";
    for (const std::string_view field : fields) {
        if (is_wanted(field)) text.append(text.size() > 1 ? ", " : "").append(field);
    }
    return text + "]";
}
std::string listed(std::initializer_list<std::string_view> fields) {
    return listed(fields, [](std::string_view) { return true; });
}

}  // namespace

std::optional<std::string_view> Fields::string(std::string_view field) const {
    const auto value = any(field);
    if (!value) return std::nullopt;
    if (value->is_string()) return value->string();
    wrong(field, "Expected value of type [STRING]");
    return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view field) const {
    const auto value = any(field);
    if (!value) return std::nullopt;
    if (value->is_boolean()) return value->boolean();
    wrong(field, "Expected value of type [BOOLEAN]");
    return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(std::string_view field, std::int64_t min,
                                            std::int64_t max) const {
    const auto value = any(field);
    if (!value) return std::nullopt;
    const auto integer = value->integer();
    if (!integer) {
        wrong(field, "Expected value of type Integer");
        return std::nullopt;
    }
    if (*integer < min) {
        wrong(field, "Minimum value is " + std::to_string(min));
        return std::nullopt;
    }
    if (*integer > max) {
        wrong(field, "Maximum value is " + std::to_string(max));
        return std::nullopt;
    }
    return integer;
}

std::optional<double> Fields::number(std::string_view field, double min) const {
    const auto value = any(field);
    if (!value) return std::nullopt;
    if (!value->is_number()) {
        wrong(field, "Expected value of type [NUMBER]");
        return std::nullopt;
    }
    if (value->number() < min) {
        wrong(field, "Minimum value is " + std::to_string(static_cast<std::int64_t>(min)) + ".0");
        return std::nullopt;
    }
    return value->number();
}

std::optional<Value> Fields::array(std::string_view field) const {
    const auto value = any(field);
    if (!value) return std::nullopt;
    if (!value->is_array()) {
        wrong(field, "Expected value of type [ARRAY]");
        return std::nullopt;
    }
    if (value->size() == 0) {
        wrong(field, "Value cannot be empty");
        return std::nullopt;
    }
    return value;
}

std::optional<Value> Fields::object(std::string_view field) const {
    const auto value = any(field);
    if (!value || value->is_object()) return value;
    wrong(field, "Expected value of type [OBJECT]");
    return std::nullopt;
}

void Fields::require(std::initializer_list<std::string_view> fields) const {
    const auto is_absent = [this](std::string_view field) { return !has(field); };
    if (std::any_of(fields.begin(), fields.end(), is_absent)) {
        wrong("These fields are required: " + listed(fields, is_absent));
    }
}

void Fields::at_most_one(std::initializer_list<std::string_view> fields) const {
    const auto count = std::count_if(fields.begin(), fields.end(),
                                     [this](std::string_view field) { return has(field); });
    if (count > 1) wrong("There should only be one of the following fields: " + listed(fields));
}

void Fields::exactly_one(std::initializer_list<std::string_view> fields) const {
    const auto is_there = [this](std::string_view field) { return has(field); };
    if (std::none_of(fields.begin(), fields.end(), is_there)) {
        wrong("This object should have only one of the following fields: " + listed(fields));
    } else {
        at_most_one(fields);
    }
}

void Fields::allow(std::initializer_list<std::string_view> fields) const {
    for (const json::Member& member : object_.members()) {
        if (std::find(fields.begin(), fields.end(), member.key) == fields.end()) {
            wrong("Field '" + std::string{member.key} + "' is not supported");
        }
    }
}

}  // namespace stepwell::asl
