#include "base/base64.hpp"

#include <array>
#include <cstdint>

namespace stepwell {

namespace {

constexpr char standard_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// What a character stands for at each of the four places of a group, so that a group's 24 bits are
// four of these together. Other characters have bits above those.
constexpr std::uint32_t no_digit = 0xff000000;
using Digits = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Digits digits_of(const char* alphabet) {
    Digits digits{};
    for (std::size_t place = 0; place < 4; ++place) {
        digits[place].fill(no_digit);
        for (std::uint32_t i = 0; i < 64; ++i)
            digits[place][static_cast<unsigned char>(alphabet[i])] = i << (18 - 6 * place);
    }
    return digits;
}
constexpr Digits standard_digits = digits_of(standard_alphabet);
constexpr Digits url_digits = digits_of(url_alphabet);

// Writes the characters of all whole and partial groups.
void encode(const unsigned char* in, std::size_t size, const char* alphabet, char* out) noexcept {
    for (; size >= 3; in += 3, out += 4, size -= 3) {
        const std::uint32_t group = std::uint32_t{in[0]} << 16 | std::uint32_t{in[1]} << 8 | in[2];
        out[0] = alphabet[group >> 18];
        out[1] = alphabet[group >> 12 & 63];
        out[2] = alphabet[group >> 6 & 63];
        out[3] = alphabet[group & 63];
    }
    if (size == 1) {
        out[0] = alphabet[in[0] >> 2];
        out[1] = alphabet[(in[0] & 3) << 4];
    } else if (size == 2) {
        out[0] = alphabet[in[0] >> 2];
        out[1] = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        out[2] = alphabet[(in[1] & 15) << 2];
    }
}

// Decodes unpadded text; false for a character that is no digit, a lone digit, or bits beyond the
// last byte.
bool decode(std::string_view text, const Digits& digits, unsigned char* out) noexcept {
    const auto* in = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t left = text.size();
    std::uint32_t wrong = 0;
    for (; left >= 4; in += 4, out += 3, left -= 4) {
        const std::uint32_t group =
            digits[0][in[0]] | digits[1][in[1]] | digits[2][in[2]] | digits[3][in[3]];
        wrong |= group;
        out[0] = static_cast<unsigned char>(group >> 16);
        out[1] = static_cast<unsigned char>(group >> 8);
        out[2] = static_cast<unsigned char>(group);
    }
    if (left == 1) return false;
    if (left >= 2) {
        std::uint32_t group = digits[0][in[0]] | digits[1][in[1]];
        if (left == 3) group |= digits[2][in[2]];
        wrong |= group | (group & (left == 3 ? 0xff : 0xffff) ? no_digit : 0);
        out[0] = static_cast<unsigned char>(group >> 16);
        if (left == 3) out[1] = static_cast<unsigned char>(group >> 8);
    }
    return (wrong & no_digit) == 0;
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
