// Hexadecimal digits and UUIDs as text, without a loop over the digits.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace stepwell {

/// Writes the 8 lower-case digits of `value`, the highest first.
inline void put_hex(char* out, std::uint32_t value) noexcept {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::uint64_t digits = __builtin_bswap32(value);  // what is written first stands lowest
    digits = (digits | digits << 16) & 0x0000FFFF0000FFFF;
    digits = (digits | digits << 8) & 0x00FF00FF00FF00FF;
    digits = (digits >> 4 | digits << 8) & (ones * 0x0F);  // a nibble a byte
    const std::uint64_t letters = (digits + ones * 6) >> 4 & ones;
    digits += ones * '0' + letters * ('a' - '0' - 10);
    std::memcpy(out, &digits, sizeof digits);
}
inline void put_hex(char* out, std::uint64_t value) noexcept {
    put_hex(out, static_cast<std::uint32_t>(value >> 32));
    put_hex(out + 8, static_cast<std::uint32_t>(value));
}

/// A UUID as text: 36 characters, lower case.
class UuidText {
 public:
    UuidText() noexcept = default;  ///< meaningless until assigned
    /// From its two halves as numbers, the first byte the highest.
    explicit UuidText(const std::array<std::uint64_t, 2>& halves) noexcept {
        std::array<char, 32> digits;
        put_hex(digits.data(), halves[0]);
        put_hex(digits.data() + 16, halves[1]);
        char* const at = text_.data();
        std::memcpy(at, digits.data(), 8);
        std::memcpy(at + 9, digits.data() + 8, 4);
        std::memcpy(at + 14, digits.data() + 12, 4);
        std::memcpy(at + 19, digits.data() + 16, 4);
        std::memcpy(at + 24, digits.data() + 20, 12);
        at[8] = at[13] = at[18] = at[23] = '-';
    }
    /// The same with the bits that say "version 4".
    static UuidText version_4(std::array<std::uint64_t, 2> halves) noexcept {
        halves[0] = (halves[0] & ~0xf000ULL) | 0x4000;
        halves[1] = (halves[1] & ~(3ULL << 62)) | (2ULL << 62);
        return UuidText(halves);
    }

    std::string_view view() const noexcept { return {text_.data(), text_.size()}; }
    operator std::string_view() const noexcept { return view(); }  // NOLINT: it is one
    std::string string() const { return std::string(view()); }
    friend bool operator==(const UuidText&, const UuidText&) = default;

 private:
    std::array<char, 36> text_;
};

}  // namespace stepwell
