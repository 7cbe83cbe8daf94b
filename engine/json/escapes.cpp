#include "json/escapes.hpp"

#include <cstdint>
#include <cstring>

namespace stepwell::json {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The four digits behind \u, or -1.
std::int32_t hex4(const char* at, const char* end) {
    if (end - at < 4) return -1;
    std::int32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hex_digit(at[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

char* put_utf8(char* out, std::uint32_t code_point) {
    if (code_point < 0x80) {
        *out++ = static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        *out++ = static_cast<char>(0xC0 | code_point >> 6);
        *out++ = static_cast<char>(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        *out++ = static_cast<char>(0xE0 | code_point >> 12);
        *out++ = static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
        *out++ = static_cast<char>(0x80 | (code_point & 0x3F));
    } else {
        *out++ = static_cast<char>(0xF0 | code_point >> 18);
        *out++ = static_cast<char>(0x80 | (code_point >> 12 & 0x3F));
        *out++ = static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
        *out++ = static_cast<char>(0x80 | (code_point & 0x3F));
    }
    return out;
}

// Reads \uXXXX (`at` stands on the first digit), a pair of surrogates as one. A lone surrogate is
// accepted, as AWS's parser accepts it, and becomes U+FFFD. Gives where to read on, nullptr when
// digits are missing.
const char* unescape_unicode(const char* at, const char* end, char*& out) {
    const std::int32_t first = hex4(at, end);
    if (first < 0) return nullptr;
    at += 4;
    auto code_point = static_cast<std::uint32_t>(first);
    if (code_point >= 0xD800 && code_point < 0xDC00 && end - at >= 6 && at[0] == '\\' &&
        at[1] == 'u') {
        const std::int32_t second = hex4(at + 2, end);
        if (second >= 0xDC00 && second < 0xE000) {
            code_point = 0x10000 + ((code_point - 0xD800) << 10) +
                         (static_cast<std::uint32_t>(second) - 0xDC00);
            at += 6;
        }
    }
    if (code_point >= 0xD800 && code_point < 0xE000) code_point = 0xFFFD;
    out = put_utf8(out, code_point);
    return at;
}

}  // namespace

char* unescape(std::string_view text, char* out) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        const void* found = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
        const char* backslash = found == nullptr ? end : static_cast<const char*>(found);
        std::memcpy(out, at, static_cast<std::size_t>(backslash - at));
        out += backslash - at;
        if (backslash == end) break;
        at = backslash + 2;
        switch (backslash[1]) {
            case '"':
                *out++ = '"';
                break;
            case '\\':
                *out++ = '\\';
                break;
            case '/':
                *out++ = '/';
                break;
            case 'b':
                *out++ = '\b';
                break;
            case 'f':
                *out++ = '\f';
                break;
            case 'n':
                *out++ = '\n';
                break;
            case 'r':
                *out++ = '\r';
                break;
            case 't':
                *out++ = '\t';
                break;
            case 'u':
                at = unescape_unicode(at, end, out);
                if (at == nullptr) return nullptr;
                break;
            default:
                return nullptr;
        }
    }
    return out;
}

}  // namespace stepwell::json
