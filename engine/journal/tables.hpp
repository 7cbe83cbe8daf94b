// The tables of a store in memory.
#pragma once

#include <array>
#include <cstdint>
#include <stepwell/journal.hpp>
#include <string_view>

#include "journal/memory_table.hpp"

namespace stepwell::journal {

/// What changes lie over.
class Below {
 public:
    virtual ~Below() = default;
    /// False only when `key` is certainly not there.
    virtual bool may_hold(Table table, std::string_view key) const = 0;
};

/// Keys and values, table by table. Either a whole store, or changes that lie over one. Then a key
/// that is erased, and that may exist below, stays as a mark that hides it; one that was put and
/// erased here leaves no trace.
///
/// threads  one writes while none reads; else any number reads
class Tables {
 public:
    /// below   what these lie over, and outlives them; null: nothing
    explicit Tables(const Below* below = nullptr) : below_(below) {}

    void put(Table table, std::string_view key, std::string_view value);
    void erase(Table table, std::string_view key);
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
    const Below* below_;
    std::array<MemoryTable, table_count> tables_;
};

}  // namespace stepwell::journal
