#include "api/step_functions_parameters.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "flow/names.hpp"

namespace stepwell::api {

struct Parameters::Shared {
    explicit Shared(json::Document parsed) : document(std::move(parsed)) {}

    json::Document document;
    std::optional<Error> mistyped;        // the first one
    std::vector<std::string> complaints;  // at most complaints_max
};

namespace {

constexpr std::size_t complaints_max = 10;

/// The names that AWS's parser has for what it found.
std::string_view token_name(json::Value value) {
    switch (value.kind()) {
        case json::Kind::boolean:
            return value.boolean() ? "TRUE_VALUE" : "FALSE_VALUE";
        case json::Kind::number:
            return "NUMBER_VALUE";
        case json::Kind::string:
            return "STRING_VALUE";
        default:
            return "NULL_VALUE";
    }
}

std::string in_quotes(std::string_view value) { return std::string("'").append(value).append("'"); }

}  // namespace

Result<Parameters> Parameters::parse(std::string_view body) {
    auto document = json::Document::parse(body.empty() ? "{}" : body);
    if (!document) return Error(errors::serialization, document.error().message());
    if (!document->root().is_object()) {
        return Error(errors::serialization,
                     "Unexpected value type in payload: a structure was expected");
    }
    auto shared = std::make_shared<Shared>(*std::move(document));
    const json::Value root = shared->document.root();
    return Parameters(std::move(shared), root, {});
}

std::optional<json::Value> Parameters::find(std::string_view name) const {
    const std::optional<json::Value> value = object_.find(name);
    return value.has_value() && !value->is_null() ? value : std::nullopt;
}

void Parameters::mistype(json::Value value, std::string_view wanted) const {
    if (shared_->mistyped.has_value()) return;
    std::string message;
    if (value.is_array()) {
        message = "Start of list found where not expected";
    } else if (value.is_object()) {
        message = "Start of structure or map found where not expected.";
    } else {
        message.append(token_name(value)).append(" can not be converted to ").append(wanted);
    }
    shared_->mistyped = Error(errors::serialization, std::move(message));
}

void Parameters::complain_at(const std::string& path, std::string_view shown_value,
                             std::string_view constraint) const {
    if (shared_->complaints.size() == complaints_max) return;
    std::string text = "Value ";
    if (!shown_value.empty()) text.append(shown_value).append(" ");
    text.append("at '").append(path).append("' failed to satisfy constraint: ").append(constraint);
    shared_->complaints.push_back(std::move(text));
}

void Parameters::complain(std::string_view name, std::string_view shown_value,
                          std::string_view constraint) const {
    complain_at(path_of(name), in_quotes(shown_value), constraint);
}

void Parameters::miss(std::string_view name) const {
    complain_at(path_of(name), "null", "Member must not be null");
}

std::string Parameters::checked_text(const std::string& path, json::Value value,
                                     const TextLimits& limits) const {
    if (!value.is_string()) {
        mistype(value, "a String");
        return {};
    }
    std::string text(value.string());
    const auto refuse = [&](std::string_view constraint) {
        complain_at(path, limits.is_sensitive ? std::string() : in_quotes(text), constraint);
    };
    const std::size_t length = limits.max == SIZE_MAX ? text.size() : flow::character_count(text);
    if (length < limits.min) {
        refuse("Member must have length greater than or equal to " + std::to_string(limits.min));
    } else if (length > limits.max) {
        refuse("Member must have length less than or equal to " + std::to_string(limits.max));
    } else if (limits.matches != nullptr && !limits.matches(text)) {
        refuse("Member must satisfy regular expression pattern: " + std::string(limits.pattern));
    }
    return text;
}

std::optional<std::string> Parameters::optional_text(std::string_view name,
                                                     const TextLimits& limits) const {
    const std::optional<json::Value> value = find(name);
    if (!value.has_value()) return std::nullopt;
    return checked_text(path_of(name), *value, limits);
}

std::string Parameters::text(std::string_view name, const TextLimits& limits) const {
    std::optional<std::string> text = optional_text(name, limits);
    if (!text.has_value()) miss(name);
    return std::move(text).value_or(std::string());
}

std::optional<std::int64_t> Parameters::optional_integer(std::string_view name,
                                                         const IntegerLimits& limits) const {
    const std::optional<json::Value> value = find(name);
    if (!value.has_value()) return std::nullopt;
    std::optional<std::int64_t> integer = value->is_number() ? value->integer() : std::nullopt;
    if (!integer.has_value()) {
        mistype(*value, "an Integer");
        return std::nullopt;
    }
    if (*integer < limits.min) {
        complain(name, value->raw(),
                 "Member must have value greater than or equal to " + std::to_string(limits.min));
    } else if (*integer > limits.max) {
        complain(name, value->raw(),
                 "Member must have value less than or equal to " + std::to_string(limits.max));
    }
    return integer;
}

std::optional<double> Parameters::optional_number(std::string_view name, double min,
                                                  double max) const {
    const std::optional<json::Value> value = find(name);
    if (!value.has_value()) return std::nullopt;
    if (!value->is_number()) {
        mistype(*value, "a Float");
        return std::nullopt;
    }
    const double number = value->number();
    const auto shown = [](double bound) {
        return std::to_string(static_cast<std::int64_t>(bound));
    };
    if (number < min) {
        complain(name, value->raw(),
                 "Member must have value greater than or equal to " + shown(min));
    } else if (number > max) {
        complain(name, value->raw(), "Member must have value less than or equal to " + shown(max));
    }
    return number;
}

std::int64_t Parameters::integer(std::string_view name, const IntegerLimits& limits) const {
    const std::optional<std::int64_t> integer = optional_integer(name, limits);
    if (!has(name)) miss(name);
    return integer.value_or(0);
}

std::optional<bool> Parameters::optional_flag(std::string_view name) const {
    const std::optional<json::Value> value = find(name);
    if (!value.has_value()) return std::nullopt;
    if (value->is_boolean()) return value->boolean();
    mistype(*value, "a Boolean");
    return std::nullopt;
}

std::optional<std::size_t> Parameters::optional_choice(
    std::string_view name, std::span<const std::string_view> values) const {
    const std::optional<std::string> text = optional_text(name, {});
    if (!text.has_value()) return std::nullopt;
    const auto found = std::find(values.begin(), values.end(), *text);
    if (found != values.end()) return static_cast<std::size_t>(found - values.begin());
    std::string constraint = "Member must satisfy enum value set: [";
    for (std::size_t i = 0; i < values.size(); ++i)
        constraint.append(i == 0 ? "" : ", ").append(values[i]);
    complain(name, *text, constraint + "]");
    return std::nullopt;
}

std::optional<std::size_t> Parameters::choice(std::string_view name,
                                              std::span<const std::string_view> values) const {
    if (!has(name)) miss(name);
    return optional_choice(name, values);
}

std::optional<Parameters> Parameters::structure(std::string_view name) const {
    const std::optional<json::Value> value = find(name);
    if (!value.has_value()) return std::nullopt;
    if (!value->is_object()) {
        mistype(*value, "a structure");
        return std::nullopt;
    }
    return Parameters(shared_, *value, path_of(name));
}

std::vector<Parameters> Parameters::structures(std::string_view name, bool is_required) const {
    std::vector<Parameters> list;
    const std::optional<json::Value> value = find(name);
    if (!value.has_value()) {
        if (is_required) miss(name);
        return list;
    }
    if (!value->is_array()) {
        mistype(*value, "a list");
        return list;
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
        const json::Value element = (*value)[i];
        if (!element.is_object()) {
            mistype(element, "a structure");
            continue;
        }
        list.push_back(
            Parameters(shared_, element, path_of(name) + "." + std::to_string(i + 1) + ".member"));
    }
    return list;
}

std::vector<std::string> Parameters::texts(std::string_view name, const TextLimits& limits) const {
    std::vector<std::string> list;
    const std::optional<json::Value> value = find(name);
    if (!value.has_value()) {
        miss(name);
        return list;
    }
    if (!value->is_array()) {
        mistype(*value, "a list");
        return list;
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
        list.push_back(checked_text(path_of(name) + "." + std::to_string(i + 1) + ".member",
                                    (*value)[i], limits));
    }
    return list;
}

Result<> Parameters::check() const {
    if (shared_->mistyped.has_value()) return *shared_->mistyped;
    const std::vector<std::string>& complaints = shared_->complaints;
    if (complaints.empty()) return {};
    std::string message = std::to_string(complaints.size());
    message.append(complaints.size() == 1 ? " validation error detected: "
                                          : " validation errors detected: ");
    for (std::size_t i = 0; i < complaints.size(); ++i)
        message.append(i == 0 ? "" : "; ").append(complaints[i]);
    return Error(errors::validation, std::move(message));
}

bool is_restricted_name(std::string_view text) {
    bool has_other_than_digits = false;
    for (const char c : text) {
        const bool is_digit = c >= '0' && c <= '9';
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_digit && !is_letter && c != '_' && c != '-' && c != '.') return false;
        has_other_than_digits |= !is_digit;
    }
    return has_other_than_digits;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace stepwell::api
