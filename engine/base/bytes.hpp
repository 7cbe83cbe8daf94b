// Reading and writing of binary records: big-endian integers for keys (they sort as numbers),
// variable-length integers and length-prefixed strings for values. Readers never read past the end:
// damaged input makes them fail, for good.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace stepwell {

/// The bytes of an integer, the highest first.
template <class Integer>
std::array<char, sizeof(Integer)> big_endian_bytes(Integer value) noexcept {
    static_assert(std::endian::native == std::endian::little);
    std::array<char, sizeof(Integer)> bytes;
    std::uint64_t swapped = __builtin_bswap64(static_cast<std::uint64_t>(value));
    swapped >>= 64 - 8 * sizeof(Integer);
    std::memcpy(bytes.data(), &swapped, bytes.size());
    return bytes;
}

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
    if constexpr (sizeof(Integer) == 1) {
        out.push_back(static_cast<char>(value));
    } else {
        const auto bytes = big_endian_bytes(value);
        out.append(bytes.data(), bytes.size());
    }
}

inline constexpr std::size_t varint_bytes_max = 10;

/// Writes up to 10 bytes, 7 bits each, the lowest first; gives the end of what it wrote.
inline char* put_varint(char* at, std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
    *at++ = static_cast<char>(value);
    return at;
}

inline void append_varint(std::string& out, std::uint64_t value) {
    if (value < 0x80) return out.push_back(static_cast<char>(value));
    std::array<char, varint_bytes_max> bytes;
    const char* const end = put_varint(bytes.data(), value);
    out.append(bytes.data(), static_cast<std::size_t>(end - bytes.data()));
}

inline void append_text(std::string& out, std::string_view text) {
    append_varint(out, text.size());
    out.append(text);
}

/// A record of at most `bytes_max` bytes, put together without an allocation.
template <std::size_t bytes_max>
class ShortRecord {
 public:
    ShortRecord& byte(char value) noexcept {
        *end_++ = value;
        return *this;
    }
    ShortRecord& varint(std::uint64_t value) noexcept {
        end_ = put_varint(end_, value);
        return *this;
    }
    template <class Integer>
    ShortRecord& big_endian(Integer value) noexcept {
        return copy(big_endian_bytes(value));
    }
    /// Bytes of a size that is known.
    template <class Byte, std::size_t size>
    ShortRecord& copy(const std::array<Byte, size>& bytes) noexcept {
        static_assert(sizeof(Byte) == 1);
        std::memcpy(end_, bytes.data(), size);
        end_ += size;
        return *this;
    }

    ShortRecord() noexcept = default;
    ShortRecord(const ShortRecord& other) noexcept
        : bytes_(other.bytes_), end_(bytes_.data() + other.view().size()) {}
    ShortRecord& operator=(const ShortRecord&) = delete;
    ~ShortRecord() = default;

    std::string_view view() const noexcept {
        return {bytes_.data(), static_cast<std::size_t>(end_ - bytes_.data())};
    }
    operator std::string_view() const noexcept { return view(); }  // NOLINT: it is one

 private:
    std::array<char, bytes_max> bytes_;
    char* end_ = bytes_.data();
};

/// Reads what the functions above wrote. Once something did not fit, `is_good` is false and all
/// reads give nothing.
class ByteReader {
 public:
    explicit ByteReader(std::string_view bytes) noexcept : rest_(bytes) {}

    bool is_good() const noexcept { return is_good_; }
    bool is_at_end() const noexcept { return rest_.empty(); }
    std::string_view rest() const noexcept { return rest_; }

    template <class Integer>
    Integer big_endian() noexcept {
        const std::string_view bytes = take(sizeof(Integer));
        if (bytes.empty()) return Integer{};
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data(), sizeof(Integer));
        return static_cast<Integer>(__builtin_bswap64(value) >> (64 - 8 * sizeof(Integer)));
    }

    std::uint64_t varint() noexcept {
        std::uint64_t value = 0;
        const std::size_t size = std::min(rest_.size(), varint_bytes_max);
        for (std::size_t i = 0; i < size; ++i) {
            const auto byte = static_cast<unsigned char>(rest_[i]);
            value |= std::uint64_t{byte & 0x7fU} << (7 * i);
            if ((byte & 0x80U) == 0) {
                if (!is_good_) return 0;
                rest_.remove_prefix(i + 1);
                return value;
            }
        }
        is_good_ = false;
        return 0;
    }

    std::string_view text() noexcept { return take(varint()); }

    std::string_view take(std::uint64_t size) noexcept {
        if (!is_good_ || size > rest_.size()) {
            is_good_ = false;
            return {};
        }
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

 private:
    std::string_view rest_;
    bool is_good_ = true;
};

}  // namespace stepwell
