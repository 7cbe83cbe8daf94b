// How tables and items stand in the store. Known to this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "item/table.hpp"
#include "item/value.hpp"

namespace stepwell::item {

inline constexpr std::string_view table_key_prefix = "table/";
/// In Table::meta: the number of the table that was made last.
inline constexpr std::string_view table_number_key = "table/number";

std::string table_key(std::string_view name);
std::string encode_table(const Table& table);
/// Nothing for damaged bytes or an unknown version.
std::optional<Table> decode_table(std::string_view bytes);

/// The table's number before the item's key.
std::string item_key(std::uint64_t table_number, std::string_view key);
std::string encode_item(const Item& item);
/// Nothing for damaged bytes or an unknown version.
std::optional<Item> decode_item(std::string_view bytes);

/// The answer to a call that may come again.
struct Answer {
    std::uint64_t request_hash = 0;
    std::int64_t lifetime_ms = 0;
    std::string body = {};
};
std::string encode_answer(const Answer& answer);
std::optional<Answer> decode_answer(std::string_view bytes);

}  // namespace stepwell::item
