#include "json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

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

}  // namespace

void append_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
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
    separate();
    append_string(out_, name);
    out_.push_back(':');
    needs_comma_ = false;
    return *this;
}
Writer& Writer::string(std::string_view text) {
    separate();
    append_string(out_, text);
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
