// Keys of a fixed size: big-endian numbers one behind the other, so that they sort as numbers do.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace stepwell {

/// The bytes of one key, without allocation. Numbers are given as unsigned integers of the sizes
/// that stand in the key.
template <std::size_t Size>
class FixedKey {
 public:
    template <class... Numbers>
        requires((sizeof(Numbers) + ...) == Size)
    explicit FixedKey(Numbers... numbers) noexcept {
        char* at = bytes_;
        (store(at, numbers), ...);
    }

    operator std::string_view() const noexcept { return {bytes_, Size}; }  // NOLINT: it is its text
    std::string text() const { return {bytes_, Size}; }

 private:
    static_assert(std::endian::native == std::endian::little);

    static void store(char*& at, std::uint64_t number) noexcept {
        put(at, __builtin_bswap64(number));
    }
    static void store(char*& at, std::uint32_t number) noexcept {
        put(at, __builtin_bswap32(number));
    }
    template <class Number>
    static void put(char*& at, Number swapped) noexcept {
        std::memcpy(at, &swapped, sizeof swapped);
        at += sizeof swapped;
    }

    char bytes_[Size];
};

}  // namespace stepwell
