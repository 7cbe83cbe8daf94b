#include "json/writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/assert.hpp"

namespace stepwell::json {

namespace {

// How each byte is written: 0 as it is, 'u' as \u00XX, else behind a backslash.
constexpr auto escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
    table['\b'] = 'b';
    table['\t'] = 't';
    table['\n'] = 'n';
    table['\f'] = 'f';
    table['\r'] = 'r';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}();

// Whether one of eight bytes has to be escaped: a control, a quote or a backslash. The well-known
// test of all bytes of a word at once for zero; a carry out of a byte that is found may find its
// neighbour too, so that "yes" only means: look at each.
bool may_need_escape(const char* bytes) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t tops = 0x8080808080808080;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    const std::uint64_t quote = word ^ (ones * '"');
    const std::uint64_t backslash = word ^ (ones * '\\');
    return (((word - ones * 0x20) | (quote - ones) | (backslash - ones)) & ~word & tops) != 0;
}

// Whether the text stands in a string as it is. Short ones are looked at byte by byte; of the
// others the last eight bytes may be looked at twice.
bool is_plain(std::string_view text) noexcept {
    if (text.size() < 8) {
        return std::all_of(text.begin(), text.end(),
                           [](char c) { return escapes[static_cast<unsigned char>(c)] == 0; });
    }
    for (std::size_t i = 0; i + 8 < text.size(); i += 8) {
        if (may_need_escape(text.data() + i)) return false;
    }
    return !may_need_escape(text.data() + text.size() - 8);
}

// A short text is put together with what stands around it, so that the string grows once. False
// when it is not short, or not plain.
bool append_short(std::string& out, bool needs_comma, std::string_view text, bool is_key) {
    constexpr std::size_t short_max = 60;
    if (text.size() > short_max || !is_plain(text)) return false;
    std::array<char, short_max + 4> bytes;
    char* at = bytes.data();
    if (needs_comma) *at++ = ',';
    *at++ = '"';
    std::memcpy(at, text.data(), text.size());
    at += text.size();
    *at++ = '"';
    if (is_key) *at++ = ':';
    out.append(bytes.data(), static_cast<std::size_t>(at - bytes.data()));
    return true;
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
    out.push_back('"');
    if (is_plain(text)) {
        out.append(text).push_back('"');
        return;
    }
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        while (i + 8 <= text.size() && !may_need_escape(text.data() + i)) i += 8;
        if (i == text.size()) break;
        const auto byte = static_cast<unsigned char>(text[i]);
        const char escape = escapes[byte];
        if (escape == 0) [[likely]]
            continue;
        out.append(text, written, i - written);
        written = i + 1;
        out.push_back('\\');
        out.push_back(escape);
        if (escape == 'u') {
            constexpr std::string_view digits = "0123456789ABCDEF";
            out.append("00").push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        }
    }
    out.append(text, written).push_back('"');
}

void Writer::separate() {
    if (needs_comma_) out_.push_back(',');
    needs_comma_ = true;
}

Writer& Writer::begin_object() {
    separate();
    out_.push_back('{');
    needs_comma_ = false;
    return *this;
}
Writer& Writer::end_object() {
    out_.push_back('}');
    needs_comma_ = true;
    return *this;
}
Writer& Writer::begin_array() {
    separate();
    out_.push_back('[');
    needs_comma_ = false;
    return *this;
}
Writer& Writer::end_array() {
    out_.push_back(']');
    needs_comma_ = true;
    return *this;
}
Writer& Writer::key(std::string_view name) {
    if (!append_short(out_, needs_comma_, name, true)) {
        separate();
        append_string(out_, name);
        out_.push_back(':');
    }
    needs_comma_ = false;
    return *this;
}
Writer& Writer::string(std::string_view text) {
    if (!append_short(out_, needs_comma_, text, false)) {
        separate();
        append_string(out_, text);
    }
    needs_comma_ = true;
    return *this;
}
Writer& Writer::integer(std::int64_t value) {
    separate();
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
    return *this;
}
Writer& Writer::number(double value) {
    SW_ASSERT(std::isfinite(value));
    separate();
    std::array<char, 40> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
    return *this;
}
Writer& Writer::boolean(bool value) {
    separate();
    out_.append(value ? "true" : "false");
    return *this;
}
Writer& Writer::null() {
    separate();
    out_.append("null");
    return *this;
}
Writer& Writer::raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
}

void Writer::clear() {
    out_.clear();
    needs_comma_ = false;
}

}  // namespace stepwell::json
