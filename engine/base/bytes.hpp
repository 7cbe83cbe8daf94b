// Reading and writing of binary records: big-endian integers for keys (they sort as numbers),
// variable-length integers and length-prefixed strings for values. Readers never read past the end:
// damaged input makes them fail, for good.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stepwell {

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
    for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff));
    }
}

/// Up to 10 bytes, 7 bits each, the lowest first.
inline void append_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
    out.push_back(static_cast<char>(value));
}

inline void append_text(std::string& out, std::string_view text) {
    append_varint(out, text.size());
    out.append(text);
}

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
        std::uint64_t value = 0;
        for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
        return static_cast<Integer>(value);
    }

    std::uint64_t varint() noexcept {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::string_view byte = take(1);
            if (byte.empty()) return 0;
            value |= std::uint64_t{static_cast<unsigned char>(byte[0]) & 0x7fU} << shift;
            if ((static_cast<unsigned char>(byte[0]) & 0x80U) == 0) return value;
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
