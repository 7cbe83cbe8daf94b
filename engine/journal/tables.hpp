// The tables of a store in memory.
#pragma once

#include <array>
#include <cstdint>
#include <stepwell/journal.hpp>
#include <string_view>

#include "journal/memory_table.hpp"

namespace stepwell::journal {

/// Keys and values, table by table. Either a whole store, or changes that lie over one. Then a key
/// that is erased stays as a mark that hides what may be below; one that was inserted here, and so
/// is not below, leaves no trace.
///
/// threads  one writes while none reads; else any number reads
class Tables {
 public:
    enum class Kind : std::uint8_t { whole, changes };
    explicit Tables(Kind kind) : kind_(kind) {}

    /// Applies an encoded batch, which must be whole.
    void apply(std::string_view encoded);

    const MemoryTable& of(Table table) const noexcept {
        return tables_[static_cast<std::size_t>(table)];
    }
    /// Puts the table's keys in order, which changes nothing else of it.
    void order(Table table) { tables_[static_cast<std::size_t>(table)].order(); }

    /// What the tables take, roughly.
    std::uint64_t bytes() const noexcept;

 private:
    struct Hashed {
        Batch::Change change;
        std::uint64_t hash;
    };
    MemoryTable& table_of(const Hashed& hashed) noexcept {
        return tables_[static_cast<std::size_t>(hashed.change.table)];
    }
    void apply(const Hashed& hashed);

    Kind kind_;
    std::array<MemoryTable, table_count> tables_;
};

}  // namespace stepwell::journal
