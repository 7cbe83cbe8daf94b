#include "journal/tables.hpp"

#include "base/assert.hpp"
#include "journal/batch.hpp"

namespace stepwell::journal {

void Tables::put(Table table, std::string_view key, std::string_view value) {
    tables_[static_cast<std::size_t>(table)].put(key, value);
}

void Tables::erase(Table table, std::string_view key) {
    MemoryTable& changed = tables_[static_cast<std::size_t>(table)];
    if (below_ == nullptr || !below_->may_hold(table, key)) {
        changed.remove(key);
    } else {
        changed.mark_erased(key);
    }
}

std::uint64_t Tables::bytes() const noexcept {
    std::uint64_t bytes = 0;
    for (const MemoryTable& table : tables_) bytes += table.bytes();
    return bytes;
}

void Tables::apply(std::string_view encoded) {
    const bool is_whole = for_each_change(encoded, [this](const Batch::Change& change) {
        if (change.value) {
            put(change.table, change.key, *change.value);
        } else {
            erase(change.table, change.key);
        }
    });
    SW_ASSERT(
        is_whole);  // written by Batch; what comes from the disk is checked before it is applied
}

}  // namespace stepwell::journal
