// What each intrinsic function does with its arguments.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "asl/intrinsic.hpp"
#include "base/base64.hpp"
#include "base/random.hpp"
#include "json/writer.hpp"

namespace stepwell::asl {

namespace {

using json::Value;
using Values = std::span<const Value>;

// AWS's limits.
constexpr std::size_t range_elements_max = 1000;
constexpr std::size_t hash_characters_max = 10'000;
constexpr std::size_t base64_characters_max = 10'000;

// A number as the functions take it: rounded half up, as Java's Math.round does; 32 bits.
std::optional<std::int64_t> rounded(Value value) {
    if (!value.is_number()) return std::nullopt;
    const double number = std::floor(value.number() + 0.5);
    if (number < std::numeric_limits<std::int32_t>::min() ||
        number > std::numeric_limits<std::int32_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(number);
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

// How Java writes a value as text: strings bare, objects as {a=1, b=[x, y]}.
void append_java_text(std::string& out, Value value) {
    bool is_first = true;
    const auto separate = [&] {
        if (!std::exchange(is_first, false)) out += ", ";
    };
    switch (value.kind()) {
        case json::Kind::null:
        case json::Kind::boolean:
        case json::Kind::number:
            out.append(value.raw());
            break;
        case json::Kind::string:
            out.append(value.string());
            break;
        case json::Kind::array:
            out.push_back('[');
            for (const json::Node& element : value.elements()) {
                separate();
                append_java_text(out, Value{&element});
            }
            out.push_back(']');
            break;
        case json::Kind::object:
            out.push_back('{');
            for (const json::Member& member : value.members()) {
                separate();
                out.append(member.key).push_back('=');
                append_java_text(out, Value{&member.value});
            }
            out.push_back('}');
            break;
    }
}

bool format(Values arguments, std::string& out) {
    if (!arguments[0].is_string()) return false;
    const std::string_view text = arguments[0].string();
    std::string result;
    std::size_t used = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            const char escaped = text[++i];
            if (escaped != '{' && escaped != '}' && escaped != '\\') result.push_back('\\');
            result.push_back(escaped);
        } else if (text[i] == '{') {
            if (i + 1 == text.size() || text[i + 1] != '}' || used == arguments.size())
                return false;
            append_java_text(result, arguments[used++]);
            ++i;
        } else if (text[i] == '}') {
            return false;
        } else {
            result.push_back(text[i]);
        }
    }
    if (used != arguments.size()) return false;
    json::append_string(out, result);
    return true;
}

bool string_to_json(Values arguments, std::string& out) {
    if (!arguments[0].is_string()) return false;
    const std::string_view text = arguments[0].string();
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        out += "null";
        return true;
    }
    const auto document = json::Document::parse(text);
    if (!document) return false;
    json::append_compact(out, document->root());
    return true;
}

bool json_to_string(Values arguments, std::string& out) {
    std::string text;
    json::append_compact(text, arguments[0]);
    json::append_string(out, text);
    return true;
}

// Appends the values from `first` up to `last` as an array.
void append_array(std::string& out, Value array, std::size_t first, std::size_t last) {
    out.push_back('[');
    for (std::size_t i = first; i < last; ++i) {
        if (i != first) out.push_back(',');
        out.append(array[i].raw());
    }
    out.push_back(']');
}

bool array(Values arguments, std::string& out) {
    json::Writer writer;
    writer.begin_array();
    for (const Value argument : arguments) writer.raw(argument.raw());
    out.append(writer.end_array().text());
    return true;
}

bool array_partition(Values arguments, std::string& out) {
    const auto rounded_size = rounded(arguments[1]);
    if (!arguments[0].is_array() || !rounded_size || *rounded_size < 1) return false;
    const auto size = static_cast<std::size_t>(*rounded_size);
    out.push_back('[');
    for (std::size_t first = 0; first < arguments[0].size(); first += size) {
        if (first != 0) out.push_back(',');
        append_array(out, arguments[0], first, std::min(first + size, arguments[0].size()));
    }
    out.push_back(']');
    return true;
}

bool array_contains(Values arguments, std::string& out) {
    if (!arguments[0].is_array()) return false;
    const auto elements = arguments[0].elements();
    const bool is_there = std::any_of(
        elements.begin(), elements.end(),
        [&](const json::Node& element) { return json::equal(Value{&element}, arguments[1]); });
    out += is_there ? "true" : "false";
    return true;
}

bool array_range(Values arguments, std::string& out) {
    const auto first = rounded(arguments[0]);
    const auto last = rounded(arguments[1]);
    const auto step = rounded(arguments[2]);
    if (!first || !last || !step || *step == 0) return false;
    json::Writer writer;
    writer.begin_array();
    std::size_t count = 0;
    for (std::int64_t value = *first; *step > 0 ? value <= *last : value >= *last; value += *step) {
        if (++count > range_elements_max) return false;
        writer.integer(value);
    }
    out.append(writer.end_array().text());
    return true;
}

bool array_get_item(Values arguments, std::string& out) {
    const auto index = rounded(arguments[1]);
    if (!arguments[0].is_array() || !index || *index < 0) return false;
    if (static_cast<std::size_t>(*index) >= arguments[0].size()) return false;
    out.append(arguments[0][static_cast<std::size_t>(*index)].raw());
    return true;
}

bool array_length(Values arguments, std::string& out) {
    if (!arguments[0].is_array()) return false;
    out += std::to_string(arguments[0].size());
    return true;
}

bool array_unique(Values arguments, std::string& out) {
    if (!arguments[0].is_array()) return false;
    json::Writer writer;
    writer.begin_array();
    std::unordered_multimap<std::size_t, Value> kept;  // by hash
    for (const json::Node& element : arguments[0].elements()) {
        const Value value{&element};
        const std::size_t hash = json::hash(value);
        const auto [first, last] = kept.equal_range(hash);
        const bool is_new = std::none_of(
            first, last, [&](const auto& other) { return json::equal(other.second, value); });
        if (!is_new) continue;
        kept.emplace(hash, value);
        writer.raw(value.raw());
    }
    out.append(writer.end_array().text());
    return true;
}

bool encode_base64(Values arguments, std::string& out) {
    if (!arguments[0].is_string() || characters(arguments[0].string()) > base64_characters_max)
        return false;
    json::append_string(out, stepwell::base64_encode(arguments[0].string()));
    return true;
}

bool decode_base64(Values arguments, std::string& out) {
    if (!arguments[0].is_string() || arguments[0].string().size() > base64_characters_max)
        return false;
    const auto bytes = stepwell::base64_decode(arguments[0].string());
    if (!bytes) return false;
    std::string text;
    json::append_string(text, *bytes);
    if (json::find_syntax_error(text)) return false;  // not UTF-8
    out += text;
    return true;
}

bool hash(Values arguments, std::string& out) {
    if (!arguments[0].is_string() || !arguments[1].is_string()) return false;
    const std::string_view data = arguments[0].string();
    if (characters(data) > hash_characters_max) return false;
    const std::string_view name = arguments[1].string();
    const EVP_MD* const algorithm = name == "MD5"       ? EVP_md5()
                                    : name == "SHA-1"   ? EVP_sha1()
                                    : name == "SHA-256" ? EVP_sha256()
                                    : name == "SHA-384" ? EVP_sha384()
                                    : name == "SHA-512" ? EVP_sha512()
                                                        : nullptr;
    if (algorithm == nullptr) return false;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    if (EVP_Digest(data.data(), data.size(), digest.data(), &size, algorithm, nullptr) != 1)
        return false;
    out.push_back('"');
    for (unsigned int i = 0; i < size; ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        out.push_back(digits[digest[i] >> 4]);
        out.push_back(digits[digest[i] & 15]);
    }
    out.push_back('"');
    return true;
}

// Shallow: of a key that both have, the second object's value stands in the first one's place.
bool json_merge(Values arguments, std::string& out) {
    const Value first = arguments[0];
    const Value second = arguments[1];
    if (!first.is_object() || !second.is_object()) return false;
    if (!arguments[2].is_boolean() || arguments[2].boolean())
        return false;  // AWS has the shallow mode only
    json::Writer writer;
    writer.begin_object();
    for (const json::Member& member : first.members()) {
        writer.member_raw(member.key, second.find(member.key).value_or(Value{&member.value}).raw());
    }
    for (const json::Member& member : second.members()) {
        if (!first.find(member.key)) writer.member_raw(member.key, Value{&member.value}.raw());
    }
    out.append(writer.end_object().text());
    return true;
}

Random& random_source() {
    thread_local Random random = Random::from_system();
    return random;
}

// From start (included) to end (excluded); the same seed gives the same number.
bool math_random(Values arguments, std::string& out) {
    const auto start = rounded(arguments[0]);
    const auto end = rounded(arguments[1]);
    if (!start || !end || *start >= *end) return false;
    double fraction = 0;
    if (arguments.size() == 3) {
        const auto seed = rounded(arguments[2]);
        if (!seed) return false;
        fraction = Random{static_cast<std::uint64_t>(*seed)}.next_fraction();
    } else {
        fraction = random_source().next_fraction();
    }
    const auto offset = static_cast<std::int64_t>(fraction * static_cast<double>(*end - *start));
    out += std::to_string(*start + offset);
    return true;
}

bool math_add(Values arguments, std::string& out) {
    const auto first = rounded(arguments[0]);
    const auto second = rounded(arguments[1]);
    if (!first || !second) return false;
    out += std::to_string(*first + *second);
    return true;
}

// Each character of the second argument separates; empty parts are left out.
bool string_split(Values arguments, std::string& out) {
    if (!arguments[0].is_string() || !arguments[1].is_string()) return false;
    const std::string_view text = arguments[0].string();
    const std::string_view separators = arguments[1].string();
    json::Writer writer;
    writer.begin_array();
    std::size_t first = 0;
    for (std::size_t i = 0; i <= text.size();) {
        // a whole character at once, so that no separator matches half of one
        std::size_t size = 1;
        while (i + size < text.size() &&
               (static_cast<unsigned char>(text[i + size]) & 0xC0) == 0x80)
            ++size;
        const bool is_end = i == text.size();
        if (is_end || separators.find(text.substr(i, size)) != std::string_view::npos) {
            if (i > first) writer.string(text.substr(first, i - first));
            first = i + size;
        }
        i += size;
    }
    out.append(writer.end_array().text());
    return true;
}

}  // namespace

bool apply(Function function, std::span<const Value> arguments, std::string& out) {
    switch (function) {
        case Function::format:
            return format(arguments, out);
        case Function::string_to_json:
            return string_to_json(arguments, out);
        case Function::json_to_string:
            return json_to_string(arguments, out);
        case Function::array:
            return array(arguments, out);
        case Function::array_partition:
            return array_partition(arguments, out);
        case Function::array_contains:
            return array_contains(arguments, out);
        case Function::array_range:
            return array_range(arguments, out);
        case Function::array_get_item:
            return array_get_item(arguments, out);
        case Function::array_length:
            return array_length(arguments, out);
        case Function::array_unique:
            return array_unique(arguments, out);
        case Function::base64_encode:
            return encode_base64(arguments, out);
        case Function::base64_decode:
            return decode_base64(arguments, out);
        case Function::hash:
            return hash(arguments, out);
        case Function::json_merge:
            return json_merge(arguments, out);
        case Function::math_random:
            return math_random(arguments, out);
        case Function::math_add:
            return math_add(arguments, out);
        case Function::string_split:
            return string_split(arguments, out);
        case Function::uuid:
            json::append_string(out, make_uuid());
            return true;
    }
    return false;
}

}  // namespace stepwell::asl
