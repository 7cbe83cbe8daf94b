#include "journal/tables.hpp"

#include "base/assert.hpp"
#include "journal/batch.hpp"

namespace stepwell::journal {

std::uint64_t Tables::bytes() const noexcept {
    std::uint64_t bytes = 0;
    for (const MemoryTable& table : tables_) bytes += table.bytes();
    return bytes;
}

void Tables::apply(std::string_view encoded) {
    const bool is_whole = for_each_change(encoded, [this](const Batch::Change& change) {
        MemoryTable& table = tables_[static_cast<std::size_t>(change.table)];
        if (change.value) {
            table.put(change.key, *change.value, change.is_new);
        } else if (kind_ == Kind::whole) {
            table.remove(change.key);
        } else {
            table.erase(change.key);
        }
    });
    SW_ASSERT(
        is_whole);  // written by Batch; what comes from the disk is checked before it is applied
}

}  // namespace stepwell::journal
