#include "json/writer.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/assert.hpp"
#include "base/sixteen.hpp"

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

bool must_escape(char c) noexcept { return escapes[static_cast<unsigned char>(c)] != 0; }

// How many bytes from the start on stand in a string as they are.
std::size_t plain_prefix(std::string_view text) noexcept {
    std::size_t at = 0;
    for (; at + Sixteen::bytes <= text.size(); at += Sixteen::bytes) {
        const Sixteen next(text.data() + at);
        const std::uint32_t found = next.controls() | next.equal_to('"') | next.equal_to('\\');
        if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found));
    }
    while (at < text.size() && !must_escape(text[at])) ++at;
    return at;
}

void append_escaped(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    const char escape = escapes[byte];
    out.push_back('\\');
    out.push_back(escape);
    if (escape == 'u') {
        constexpr std::string_view digits = "0123456789ABCDEF";
        out.append("00").push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
}

// A short text is put together with what stands around it, so that the string grows once. False
// when it is not short, or not plain.
bool append_short(std::string& out, bool needs_comma, std::string_view text, bool is_key) {
    constexpr std::size_t short_max = 60;
    if (text.size() > short_max || plain_prefix(text) != text.size()) return false;
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
    while (true) {
        const std::size_t plain = plain_prefix(text);
        out.append(text.substr(0, plain));
        if (plain == text.size()) break;
        append_escaped(out, text[plain]);
        text.remove_prefix(plain + 1);
    }
    out.push_back('"');
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
