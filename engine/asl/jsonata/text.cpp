#include "asl/jsonata/text.hpp"

#include <algorithm>
#include <charconv>

namespace stepwell::asl::jsonata::text {

namespace {

unsigned byte_at(std::string_view text, std::size_t at) noexcept {
    return static_cast<unsigned char>(text[at]);
}

bool is_continuation(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

std::optional<char32_t> hexadecimal_unit(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
    if (error != std::errc{} || end != text.data() + 4) return std::nullopt;
    return value;
}

}  // namespace

char32_t decode(std::string_view text, std::size_t& at) noexcept {
    const unsigned first = byte_at(text, at++);
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    if (more == 0 || at + more > text.size()) return first;
    char32_t character = first & (0x3Fu >> more);
    for (std::size_t i = 0; i < more; ++i)
        character = (character << 6) | (byte_at(text, at++) & 0x3F);
    return character;
}

void append(std::string& out, char32_t character) {
    const auto push = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (character < 0x80) {
        push(character);
    } else if (character < 0x800) {
        push(0xC0 | (character >> 6));
        push(0x80 | (character & 0x3F));
    } else if (character < 0x10000) {
        push(0xE0 | (character >> 12));
        push(0x80 | ((character >> 6) & 0x3F));
        push(0x80 | (character & 0x3F));
    } else {
        push(0xF0 | (character >> 18));
        push(0x80 | ((character >> 12) & 0x3F));
        push(0x80 | ((character >> 6) & 0x3F));
        push(0x80 | (character & 0x3F));
    }
}

std::size_t length(std::string_view text) noexcept {
    return text.size() -
           static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

std::size_t offset_of(std::string_view text, std::size_t index) noexcept {
    std::size_t at = 0;
    while (at < text.size() && index > 0) {
        for (++at; at < text.size() && is_continuation(text[at]);) ++at;
        --index;
    }
    return at;
}

std::size_t utf16_length(std::string_view text) noexcept {
    const auto pairs = std::count_if(text.begin(), text.end(), [](char byte) {
        return static_cast<unsigned char>(byte) >= 0xF0;
    });
    return length(text) + static_cast<std::size_t>(pairs);
}

std::u32string characters(std::string_view text) {
    std::u32string all;
    all.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) all.push_back(decode(text, at));
    return all;
}

bool has_surrogate(std::string_view text) noexcept {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if (byte_at(text, i) == 0xED && byte_at(text, i + 1) >= 0xA0) return true;
    }
    return false;
}

bool is_text(std::string_view bytes) noexcept {
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t start = at;
        if (byte_at(bytes, at) < 0x80) {
            ++at;
            continue;
        }
        const char32_t character = decode(bytes, at);
        const std::size_t size = at - start;
        const std::size_t shortest = character < 0x80      ? 1
                                     : character < 0x800   ? 2
                                     : character < 0x10000 ? 3
                                                           : 4;
        if (size != shortest || character > 0x10FFFF || size == 1) return false;
        if (byte_at(bytes, start) >= 0xF8) return false;
        for (std::size_t i = start + 1; i < at; ++i) {
            if (!is_continuation(bytes[i])) return false;
        }
    }
    return true;
}

bool is_space(char32_t character) noexcept {
    if (character <= 0x20) return character == 0x20 || (character >= 0x09 && character <= 0x0D);
    return character == 0xA0 || character == 0xFEFF || character == 0x1680 ||
           (character >= 0x2000 && character <= 0x200A) || character == 0x2028 ||
           character == 0x2029 || character == 0x202F || character == 0x205F || character == 0x3000;
}

std::optional<char32_t> take_unicode_escape(std::string_view& text) {
    const auto first = hexadecimal_unit(text);
    if (!first) return std::nullopt;
    text.remove_prefix(4);
    if (*first < 0xD800 || *first > 0xDBFF || !text.starts_with("\\u")) return first;
    const auto second = hexadecimal_unit(text.substr(2));
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return first;
    text.remove_prefix(6);
    return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
}

}  // namespace stepwell::asl::jsonata::text
