// Whether the stored tables and items can be read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <stepwell/journal.hpp>

namespace stepwell::item {

struct CheckedItems {
    std::uint64_t tables = 0;
    std::uint64_t items = 0;
    std::vector<std::string> problems;  ///< one line each; the first hundred
    std::uint64_t problem_count = 0;
};

/// Reads all tables, items and kept answers; each item stands under its key. Items of tables that
/// were deleted are no problem: the next start erases them.
///
/// threads  any; nothing runs on the storage meanwhile
CheckedItems check_items(const Storage& storage);

}  // namespace stepwell::item
