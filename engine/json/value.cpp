#include "json/value.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>

namespace stepwell::json {

double Value::number() const noexcept {
    double value = 0;
    const std::string_view text = raw();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{}) return value;
    // Out of range. A negative exponent means that it was too small, else it was too large.
    const bool is_tiny = text.find("e-") != text.npos || text.find("E-") != text.npos;
    const double magnitude = is_tiny ? 0.0 : std::numeric_limits<double>::infinity();
    return text.front() == '-' ? -magnitude : magnitude;
}

std::optional<std::int64_t> Value::integer() const noexcept {
    if (!is_number()) return std::nullopt;
    std::int64_t value = 0;
    const std::string_view text = raw();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Value> Value::find(std::string_view key) const noexcept {
    const std::span<const Member> all = members();
    if (all.size() <= members_without_index_max) {
        for (std::size_t i = all.size();
             i-- > 0;) {  // from the end: the last one of a repeated key counts
            if (all[i].key == key) return Value{&all[i].value};
        }
        return std::nullopt;
    }
    const std::span<const std::uint32_t> index{
        reinterpret_cast<const std::uint32_t*>(all.data() + all.size()), all.size()};
    const auto behind =
        std::upper_bound(index.begin(), index.end(), key,
                         [&](std::string_view k, std::uint32_t at) { return k < all[at].key; });
    if (behind == index.begin() || all[*(behind - 1)].key != key) return std::nullopt;
    return Value{&all[*(behind - 1)].value};
}

namespace {

bool equal_numbers(Value a, Value b) noexcept {
    if (a.raw() == b.raw()) return true;
    const auto left = a.integer();
    const auto right = b.integer();
    if (left && right) return *left == *right;
    return a.number() == b.number();
}

bool equal_arrays(Value a, Value b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!equal(a[i], b[i])) return false;
    }
    return true;
}

// With a repeated key the last member counts, so each side is looked up in the other.
bool is_within(Value a, Value b) noexcept {
    for (const Member& member : a.members()) {
        const auto counterpart = b.find(member.key);
        if (!counterpart || !equal(*a.find(member.key), *counterpart)) return false;
    }
    return true;
}

bool has_all_keys(Value a, Value b) noexcept {
    const auto members = b.members();
    return std::all_of(members.begin(), members.end(),
                       [&](const Member& member) { return a.find(member.key).has_value(); });
}

}  // namespace

bool equal(Value a, Value b) noexcept {
    if (a.kind() != b.kind()) return false;
    if (a.node() == b.node()) return true;
    switch (a.kind()) {
        case Kind::null:
            return true;
        case Kind::boolean:
            return a.boolean() == b.boolean();
        case Kind::number:
            return equal_numbers(a, b);
        case Kind::string:
            return a.string() == b.string();
        case Kind::array:
            return equal_arrays(a, b);
        case Kind::object:
            return is_within(a, b) && has_all_keys(a, b);
    }
    return false;
}

std::size_t hash(Value value) noexcept {
    const auto mix = [](std::size_t seed, std::size_t more) {  // boost::hash_combine's
        return seed ^ (more + 0x9E3779B97F4A7C15U + (seed << 6) + (seed >> 2));
    };
    std::size_t result = static_cast<std::size_t>(value.kind());
    switch (value.kind()) {
        case Kind::null:
            break;
        case Kind::boolean:
            return mix(result, value.boolean());
        case Kind::number:
            return mix(result, std::hash<double>{}(value.number()));
        case Kind::string:
            return mix(result, std::hash<std::string_view>{}(value.string()));
        case Kind::array:
            for (const Node& element : value.elements())
                result = mix(result, hash(Value{&element}));
            break;
        case Kind::object:  // in any order; of a repeated key the last one
            for (const Member& member : value.members()) {
                if (value.find(member.key)->node() != &member.value) continue;
                result +=
                    mix(std::hash<std::string_view>{}(member.key), hash(Value{&member.value}));
            }
            break;
    }
    return result;
}

void append_compact(std::string& out, Value value) {
    const std::string_view text = value.raw();
    out.reserve(out.size() + text.size());
    std::size_t copied = 0;  // up to where the text has been appended
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {  // on to the closing quote
            for (++i; text[i] != '"'; ++i) i += text[i] == '\\';
        } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            out.append(text, copied, i - copied);
            copied = i + 1;
        }
    }
    out.append(text, copied);
}

}  // namespace stepwell::json
