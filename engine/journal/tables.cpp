#include "journal/tables.hpp"

#include "base/assert.hpp"
#include "journal/batch.hpp"

namespace stepwell::journal {

namespace {

constexpr std::size_t changes_at_once = 8;

}  // namespace

std::uint64_t Tables::bytes() const noexcept {
    std::uint64_t bytes = 0;
    for (const MemoryTable& table : tables_) bytes += table.bytes();
    return bytes;
}

// Keys lie anywhere in memory: those of a few changes are fetched at once before they are used.
void Tables::apply(std::string_view encoded) {
    std::array<Hashed, changes_at_once> changes;
    while (!encoded.empty()) {
        std::size_t count = 0;
        for (; count < changes.size() && !encoded.empty(); ++count) {
            const std::optional<Batch::Change> change = take_change(encoded);
            // Written by Batch; what comes from the disk is checked before it is applied.
            SW_ASSERT(change.has_value());
            changes[count] = {*change, MemoryTable::hash_of(change->key)};
            table_of(changes[count]).prefetch_slot(changes[count].hash);
        }
        for (std::size_t i = 0; i < count; ++i)
            table_of(changes[i]).prefetch_entry(changes[i].hash);
        for (std::size_t i = 0; i < count; ++i) apply(changes[i]);
    }
}

void Tables::apply(const Hashed& hashed) {
    const Batch::Change& change = hashed.change;
    MemoryTable& table = table_of(hashed);
    if (change.value) {
        table.put(hashed.hash, change.key, *change.value, change.is_new);
    } else if (kind_ == Kind::whole) {
        table.remove(hashed.hash, change.key);
    } else {
        table.erase(hashed.hash, change.key);
    }
}

}  // namespace stepwell::journal
