// How the changes of one commit are written down: a flat sequence, read back without allocation.
//
//   change := tag key_bytes [value_bytes] key [value]
//   tag    := one byte, the table's number; bit 7 set when the key is erased (and then there is no
//   value), bit 6 when it is inserted
//   *_bytes := LEB128, at most 5 bytes, shortest form
#pragma once

#include <cstdint>
#include <optional>
#include <stepwell/journal.hpp>
#include <string>
#include <string_view>

namespace stepwell::journal {

inline constexpr std::uint8_t erase_tag = 0x80;
inline constexpr std::uint8_t insert_tag = 0x40;

/// Takes a LEB128 number of at most 32 bits from the front of `in`; nothing when there is none.
inline std::optional<std::uint32_t> take_varint(std::string_view& in) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 5 && i < in.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(in[i]);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
        if ((byte & 0x80) != 0) continue;
        if (value > UINT32_MAX) return std::nullopt;
        in.remove_prefix(i + 1);
        return static_cast<std::uint32_t>(value);
    }
    return std::nullopt;
}

/// Takes `bytes` bytes from the front of `in`; nothing when there are fewer.
inline std::optional<std::string_view> take_bytes(std::string_view& in,
                                                  std::size_t bytes) noexcept {
    if (bytes > in.size()) return std::nullopt;
    const std::string_view taken = in.substr(0, bytes);
    in.remove_prefix(bytes);
    return taken;
}

/// Takes one change from the front of `in`; nothing when the encoding is damaged.
inline std::optional<Batch::Change> take_change(std::string_view& in) noexcept {
    if (in.empty()) return std::nullopt;
    const auto tag = static_cast<std::uint8_t>(in.front());
    const auto table = static_cast<std::uint8_t>(tag & ~(erase_tag | insert_tag));
    const bool erases = (tag & erase_tag) != 0;
    const bool inserts = (tag & insert_tag) != 0;
    if (table >= table_count || (erases && inserts)) return std::nullopt;
    in.remove_prefix(1);
    const auto key_bytes = take_varint(in);
    if (!key_bytes) return std::nullopt;
    const auto value_bytes = erases ? std::optional<std::uint32_t>{0} : take_varint(in);
    if (!value_bytes) return std::nullopt;
    const auto key = take_bytes(in, *key_bytes);
    if (!key) return std::nullopt;
    const auto value = take_bytes(in, *value_bytes);
    if (!value) return std::nullopt;
    return Batch::Change{static_cast<Table>(table), *key,
                         erases ? std::nullopt : std::optional<std::string_view>{*value}, inserts};
}

/// Calls `visit(const Batch::Change&)` for each change, in order. False when the encoding is
/// damaged; what stood before the damage has been visited then.
template <class Visit>
bool for_each_change(std::string_view encoded, Visit&& visit) {
    while (!encoded.empty()) {
        const auto change = take_change(encoded);
        if (!change) return false;
        visit(*change);
    }
    return true;
}

}  // namespace stepwell::journal
