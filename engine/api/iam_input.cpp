#include "api/iam_input.hpp"

#include <algorithm>
#include <utility>

#include "access/errors.hpp"
#include "base/base64.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"

namespace stepwell::api {

namespace {

using json::Value;

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// [\w+=,.@-]+
bool is_name(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_word(c) || std::string_view("+=,.@-").find(c) != std::string_view::npos;
    });
}

bool is_printable_ascii(std::string_view text, char last) {
    return std::all_of(text.begin(), text.end(), [last](char c) { return c >= '!' && c <= last; });
}

/// (\u002F)|(\u002F[\u0021-\u007E]+\u002F)
bool is_path(std::string_view text) {
    if (text == "/") return true;
    return text.size() >= 3 && text.front() == '/' && text.back() == '/' &&
           is_printable_ascii(text, '~');
}

/// \u002F[\u0021-\u007F]*
bool is_path_prefix(std::string_view text) {
    return text.starts_with('/') && is_printable_ascii(text, '\x7f');
}

/// ((/[A-Za-z0-9\.,\+@=_-]+)*)/
bool is_policy_path(std::string_view text) {
    return text.starts_with('/') && text.ends_with('/') &&
           text.find("//") == std::string_view::npos &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return c == '/' || is_name({&c, 1}); });
}

/// UTF-8 of tabs, line ends and U+0020 to U+00FF: no longer sequences, no other control characters.
bool is_latin(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || byte == '\n' || byte == '\r' || (byte >= 0x20 && byte <= 0xc3);
    });
}

bool is_version_id(std::string_view text) {
    return text.size() >= 2 && text[0] == 'v' && text[1] >= '1' && text[1] <= '9';
}

/// [\p{L}\p{Z}\p{N}_.:/=+\-@]*: letters beyond ASCII are taken as they come.
bool is_tag(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_word(c) || static_cast<unsigned char>(c) >= 0x80 ||
               std::string_view(" .:/=+-@").find(c) != std::string_view::npos;
    });
}

std::size_t characters_in(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    }));
}

/// "RoleName" -> "roleName", as errors name fields.
std::string field_name(std::string_view name) {
    std::string text(name);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

}  // namespace

namespace iam_rules {

constexpr std::string_view name_pattern =
    "is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-";
constexpr std::string_view path_pattern =
    "is invalid. It must begin and end with / and contain only alphanumeric characters and/or / "
    "characters.";

const TextRule role_name{1, 64, is_name, name_pattern, true};
const TextRule policy_name{1, 128, is_name, name_pattern, true};
const TextRule path{1, 512, is_path, path_pattern, true};
const TextRule path_prefix{1, 512, is_path_prefix, R"(\u002F[\u0021-\u007F]*)", false};
const TextRule policy_path{1, 512, is_policy_path, path_pattern, true};
const TextRule description{0, 1000, is_latin, R"([\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*)",
                           false};
const TextRule policy_description{0, 1000, nullptr, {}, false};
const TextRule document{1, 131072, is_latin, R"([\u0009\u000A\u000D\u0020-\u00FF]+)", false};
const TextRule arn{20, 2048, nullptr, {}, false};
const TextRule session_name{2, 64, is_name, R"([\w+=,.@-]*)", false};
const TextRule version_id{2, 64, is_version_id, R"(v[1-9][0-9]*(\.[A-Za-z0-9-]*)?)", false};
const TextRule tag_key{1, 128, is_tag, R"([\p{L}\p{Z}\p{N}_.:/=+\-@]+)", false};
const TextRule tag_value{0, 256, is_tag, R"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", false};
const TextRule marker{1, 320, nullptr, {}, false};

}  // namespace iam_rules

Result<IamInput> IamInput::of(const Call& call) {
    const std::string_view body =
        call.body.empty() ? std::string_view("{}") : std::string_view(call.body);
    auto parsed = json::Document::parse(body);
    if (parsed.has_error() || !parsed->root().is_object()) {
        return Error(errors::serialization, "The request is not the input of this operation.");
    }
    return IamInput(*std::move(parsed));
}

void IamInput::note(std::string_view name, std::string_view value, std::string constraint) {
    constraints_.push_back("Value '" + std::string(value) + "' at '" + field_name(name) +
                           "' failed to satisfy constraint: " + std::move(constraint));
}

void IamInput::note_missing(std::string_view name) {
    constraints_.push_back("Value null at '" + field_name(name) +
                           "' failed to satisfy constraint: Member must not be null");
}

std::optional<std::string> IamInput::checked(std::optional<Value> value, std::string_view name,
                                             const TextRule& rule) {
    if (!value || value->is_null()) return std::nullopt;
    std::string text(value->is_string() ? value->string() : value->raw());
    const std::size_t length = characters_in(text);
    if (length < rule.length_min) {
        note(name, text,
             "Member must have length greater than or equal to " + std::to_string(rule.length_min));
    } else if (length > rule.length_max) {
        note(name, text,
             "Member must have length less than or equal to " + std::to_string(rule.length_max));
    } else if (rule.allows != nullptr && !rule.allows(text)) {
        if (!rule.is_own_message) {
            note(name, text,
                 std::string("Member must satisfy regular expression pattern: ")
                     .append(rule.pattern));
        } else if (!own_message_) {
            own_message_ =
                "The specified value for " + field_name(name) + " " + std::string(rule.pattern);
        }
    }
    return text;
}

std::string IamInput::text(std::string_view name, const TextRule& rule) {
    auto text = checked(document_.root().find(name), name, rule);
    if (!text) note_missing(name);
    return text ? *std::move(text) : std::string();
}

std::optional<std::string> IamInput::optional_text(std::string_view name, const TextRule& rule) {
    return checked(document_.root().find(name), name, rule);
}

std::optional<std::int64_t> IamInput::optional_integer(std::string_view name, std::int64_t min,
                                                       std::int64_t max) {
    const auto value = document_.root().find(name);
    if (!value || value->is_null()) return std::nullopt;
    const auto number = value->is_number() ? value->integer() : std::nullopt;
    if (!number) {
        note(name, value->raw(), "Member must be an integer");
        return std::nullopt;
    }
    if (*number < min)
        note(name, value->raw(),
             "Member must have value greater than or equal to " + std::to_string(min));
    if (*number > max)
        note(name, value->raw(),
             "Member must have value less than or equal to " + std::to_string(max));
    return number;
}

bool IamInput::flag(std::string_view name) {
    const auto value = document_.root().find(name);
    return value && value->is_boolean() && value->boolean();
}

std::vector<access::Tag> IamInput::tags(bool is_required) {
    std::vector<access::Tag> tags;
    const auto list = document_.root().find("Tags");
    if (!list || !list->is_array()) {
        if (is_required) note_missing("Tags");
        return tags;
    }
    for (const json::Node& element : list->elements()) {
        const std::string at = "tags." + std::to_string(tags.size() + 1) + ".member.";
        const auto read = [&](const char* name, const TextRule& rule) {
            const std::string field = at + field_name(name);
            auto text = checked(Value(&element).find(name), field, rule);
            if (!text) note_missing(field);
            return text ? *std::move(text) : std::string();
        };
        std::string key = read("Key", iam_rules::tag_key);
        tags.push_back({std::move(key), read("Value", iam_rules::tag_value)});
    }
    return tags;
}

std::vector<std::string> IamInput::tag_keys() {
    std::vector<std::string> keys;
    const auto list = document_.root().find("TagKeys");
    if (!list || !list->is_array()) {
        note_missing("TagKeys");
        return keys;
    }
    for (const json::Node& element : list->elements()) {
        auto key = checked(Value(&element), "tagKeys", iam_rules::tag_key);
        if (key) keys.push_back(*std::move(key));
    }
    return keys;
}

access::Page IamInput::page() {
    access::Page page;
    page.count = static_cast<std::size_t>(optional_integer("MaxItems", 1, 1000).value_or(100));
    if (const auto text = optional_text("Marker", iam_rules::marker)) {
        auto name = base64_decode(*text);
        if (name) {
            page.after = *std::move(name);
        } else if (!own_message_) {
            own_message_ = "Invalid Marker.";
        }
    }
    return page;
}

std::optional<Error> IamInput::problems() const {
    if (!constraints_.empty()) {
        const std::size_t count = constraints_.size();
        std::string message =
            std::to_string(count) + (count == 1 ? " validation error" : " validation errors");
        message += " detected: ";
        for (std::size_t i = 0; i < count; ++i) message += (i == 0 ? "" : "; ") + constraints_[i];
        return Error(access::errors::validation, std::move(message));
    }
    if (own_message_) return Error(access::errors::validation, *own_message_);
    return std::nullopt;
}

std::string marker_text(std::string_view last_name) { return base64_encode(last_name); }

}  // namespace stepwell::api
