#include "base/base64.hpp"

#include <array>
#include <cstdint>

namespace stepwell {

namespace {

constexpr char standard_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> digits_of(const char* alphabet) {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(no_digit);
    for (std::uint8_t i = 0; i < 64; ++i) digits[static_cast<unsigned char>(alphabet[i])] = i;
    return digits;
}
constexpr auto standard_digits = digits_of(standard_alphabet);
constexpr auto url_digits = digits_of(url_alphabet);

// Writes the characters of all whole and partial groups; returns how many.
std::size_t encode(const unsigned char* in, std::size_t size, const char* alphabet,
                   char* out) noexcept {
    char* const start = out;
    for (; size >= 3; in += 3, size -= 3) {
        const std::uint32_t group = std::uint32_t{in[0]} << 16 | std::uint32_t{in[1]} << 8 | in[2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
    if (size == 1) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 3) << 4];
    } else if (size == 2) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = alphabet[(in[1] & 15) << 2];
    }
    return static_cast<std::size_t>(out - start);
}

// Decodes unpadded text; false for a character that is no digit, a lone digit, or bits beyond the
// last byte.
bool decode(std::string_view text, const std::array<std::uint8_t, 256>& digits,
            unsigned char* out) noexcept {
    if (text.size() % 4 == 1) return false;
    std::uint32_t bits = 0;
    int held = 0;
    std::uint8_t wrong = 0;
    for (const char c : text) {
        const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
        wrong |= digit;
        bits = bits << 6 | (digit & 63);
        held += 6;
        if (held >= 8) {
            held -= 8;
            *out++ = static_cast<unsigned char>(bits >> held);
        }
    }
    return (wrong & 0x80) == 0 && (bits & ((1U << held) - 1)) == 0;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '=');
    encode(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), standard_alphabet,
           text.data());
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    std::string bytes(text.size() * 3 / 4, '\0');
    if (!decode(text, standard_digits, reinterpret_cast<unsigned char*>(bytes.data())))
        return std::nullopt;
    return bytes;
}

void base64url_encode(const unsigned char* bytes, std::size_t size, char* out) noexcept {
    encode(bytes, size, url_alphabet, out);
}

bool base64url_decode(std::string_view text, unsigned char* bytes, std::size_t size) noexcept {
    return text.size() == base64url_length(size) && decode(text, url_digits, bytes);
}

}  // namespace stepwell
