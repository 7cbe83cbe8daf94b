#include "queue/message_rules.hpp"

#include <algorithm>
#include <charconv>

#include "base/sixteen.hpp"
#include "queue/errors.hpp"

namespace stepwell::queue {

namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool starts_with_word(std::string_view text, std::string_view word) {
    std::string lower(text.substr(0, word.size()));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower == word;
}

Result<> check_attribute_name(std::string_view name) {
    if (name.empty() || name.size() > 256) {
        return errors::invalid("Message (user) attribute names must be 1 to 256 characters long.");
    }
    if (!std::all_of(name.begin(), name.end(), is_name_character)) {
        return errors::invalid(
            "The message attribute name '" + std::string(name) +
            "' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), "
            "and period (.) characters.");
    }
    if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string_view::npos) {
        return errors::invalid(
            "You can't use message attribute names that start or end with a period (.), or have "
            "successive periods: '" +
            std::string(name) + "'.");
    }
    if (starts_with_word(name, "aws.") || starts_with_word(name, "amazon.")) {
        return errors::invalid(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.' because "
            "these strings are reserved for internal use.");
    }
    return {};
}

bool is_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error != std::errc::invalid_argument && end == text.data() + text.size();
}

Result<> check_attribute(const MessageAttribute& attribute) {
    if (const Result<> named = check_attribute_name(attribute.name); !named.has_value())
        return named.error();
    const std::string& type = attribute.data_type;
    const std::string quoted = "The message attribute '" + attribute.name + "'";
    const std::string base = type.substr(0, type.find('.'));
    if (base != "String" && base != "Number" && base != "Binary") {
        return errors::invalid(
            quoted +
            " has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String.");
    }
    if (type.size() > 256)
        return errors::invalid(quoted + " has a type that is longer than 256 characters.");
    if (attribute.value.empty()) {
        return errors::invalid(
            quoted +
            " must contain non-empty message attribute value for message attribute type '" + type +
            "'.");
    }
    if (base == "Number" && !is_number(attribute.value)) {
        return errors::invalid("Can't cast the value of message (user) attribute '" +
                               attribute.name + "' to a number.");
    }
    return {};
}

// How many bytes from the start on are surely ASCII and no controls. The last sixteen may be looked
// at twice.
std::size_t printable_ascii_prefix(std::string_view text) {
    const auto is_printable = [&](std::size_t at) {
        const Sixteen next(text.data() + at);
        return (next.controls() | next.not_ascii()) == 0;
    };
    if (text.size() < Sixteen::bytes) return 0;
    std::size_t size = 0;
    for (; size + Sixteen::bytes <= text.size(); size += Sixteen::bytes) {
        if (!is_printable(size)) return size;
    }
    return is_printable(text.size() - Sixteen::bytes) ? text.size() : size;
}

}  // namespace

Result<> check_body(std::string_view body) {
    if (body.empty()) {
        return Error{errors::missing_required_parameter,
                     "The request must contain the parameter MessageBody."};
    }
    // Most bodies are over here; of the others only the rest needs a closer look.
    body.remove_prefix(printable_ascii_prefix(body));
    if (body.empty()) return {};
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    };
    const bool has_noncharacter = body.find("\xEF\xBF\xBE") != std::string_view::npos ||
                                  body.find("\xEF\xBF\xBF") != std::string_view::npos;
    if (has_noncharacter || std::any_of(body.begin(), body.end(), is_control)) {
        return Error{errors::invalid_message_contents,
                     "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | "
                     "#x20 to #xD7FF | "
                     "#xE000 to #xFFFD | #x10000 to #x10FFFF"};
    }
    return {};
}

Result<> check_attributes(const std::vector<MessageAttribute>& attributes) {
    if (attributes.size() > message_attributes_max) {
        return errors::invalid("Number of message attributes [" +
                               std::to_string(attributes.size()) +
                               "] exceeds the allowed maximum [10].");
    }
    for (const MessageAttribute& attribute : attributes) {
        if (const Result<> checked = check_attribute(attribute); !checked.has_value())
            return checked.error();
    }
    return {};
}

std::size_t message_bytes(std::string_view body, const std::vector<MessageAttribute>& attributes) {
    std::size_t bytes = body.size();
    for (const MessageAttribute& attribute : attributes) {
        bytes += attribute.name.size() + attribute.data_type.size() + attribute.value.size();
    }
    return bytes;
}

}  // namespace stepwell::queue
