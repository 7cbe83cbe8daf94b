#include "journal/memory_table.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.hpp"

namespace stepwell::journal {

namespace {

constexpr std::size_t slots_min = 64;
constexpr std::uint64_t entry_bytes = sizeof(MemoryTable::Entry) + 2 * 16;  // with its slots

std::uint64_t big_endian_at(std::string_view key, std::size_t at) noexcept {
    std::uint64_t number = 0;
    if (at < key.size())
        std::memcpy(&number, key.data() + at, std::min(key.size() - at, sizeof number));
    return __builtin_bswap64(number);
}

/// An entry with the beginning of its key, which tells most keys apart without a look at them.
struct Sortable {
    explicit Sortable(const MemoryTable::Entry* e)
        : first(big_endian_at(e->key(), 0)), second(big_endian_at(e->key(), 8)), entry(e) {}

    bool operator<(const Sortable& other) const noexcept {
        if (first != other.first) return first < other.first;
        if (second != other.second) return second < other.second;
        return entry->key() < other.entry->key();
    }

    std::uint64_t first;
    std::uint64_t second;
    const MemoryTable::Entry* entry;
};

}  // namespace

std::uint64_t MemoryTable::hash_of(std::string_view key) noexcept {
    return XXH3_64bits(key.data(), key.size());
}

MemoryTable::~MemoryTable() {
    for (const Slot& slot : slots_) std::free(slot.entry);
}

void MemoryTable::swap(MemoryTable& other) noexcept {
    slots_.swap(other.slots_);
    std::swap(count_, other.count_);
    unordered_.swap(other.unordered_);
    ordered_.swap(other.ordered_);
    std::swap(bytes_, other.bytes_);
}

std::size_t MemoryTable::slot_of(std::uint64_t hash, std::string_view key) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].entry != nullptr &&
           (slots_[at].hash != hash || slots_[at].entry->key() != key)) {
        at = (at + 1) & mask;
    }
    return at;
}

const MemoryTable::Entry* MemoryTable::find(std::string_view key) const noexcept {
    return slots_.empty() ? nullptr : slots_[slot_of(hash_of(key), key)].entry;
}

MemoryTable::Entry* MemoryTable::make(std::string_view key, std::size_t value_bytes) {
    void* const memory = std::malloc(sizeof(Entry) + key.size() + value_bytes);
    if (memory == nullptr) throw std::bad_alloc();
    auto* const entry = new (memory) Entry;
    entry->key_bytes_ = static_cast<std::uint32_t>(key.size());
    entry->capacity_ = static_cast<std::uint32_t>(value_bytes);
    std::memcpy(entry->bytes(), key.data(), key.size());
    bytes_ += entry_bytes + key.size() + value_bytes;
    return entry;
}

// The entry itself when the value has room there and would not waste much of it.
MemoryTable::Entry* MemoryTable::replace(Entry* entry, std::size_t value_bytes) {
    if (value_bytes <= entry->capacity_ && value_bytes + 64 >= entry->capacity_ / 2) return entry;
    Entry* const made = make(entry->key(), value_bytes);
    made->position_ = entry->position_;
    made->is_new_ = entry->is_new_;
    if (entry->position_ == Entry::is_in_order) {
        const auto at = ordered_.find(entry);
        const auto next = std::next(at);
        ordered_.erase(at);
        ordered_.insert(next, made);
    } else {
        unordered_[entry->position_] = made;
    }
    bytes_ -= entry_bytes + entry->key_bytes_ + entry->capacity_;
    std::free(entry);
    return made;
}

void MemoryTable::set(Entry& entry, std::string_view value) noexcept {
    entry.is_erased_ = false;
    entry.value_bytes_ = static_cast<std::uint32_t>(value.size());
    if (!value.empty()) std::memcpy(entry.bytes() + entry.key_bytes_, value.data(), value.size());
}

void MemoryTable::put(std::uint64_t hash, std::string_view key, std::string_view value,
                      bool is_new) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[slot_of(hash, key)];
    // Where there is a mark already, it has to stay one: it hides what is below.
    const bool leaves_no_mark = is_new && slot.entry == nullptr;
    Entry& entry = put_at(slot, hash, key, value);
    entry.is_new_ |= leaves_no_mark;
}

void MemoryTable::erase(std::uint64_t hash, std::string_view key) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    const std::size_t at = slot_of(hash, key);
    if (slots_[at].entry != nullptr && slots_[at].entry->is_new_) return remove_at(at);
    put_at(slots_[at], hash, key, {}).is_erased_ = true;
}

MemoryTable::Entry& MemoryTable::put_at(Slot& slot, std::uint64_t hash, std::string_view key,
                                        std::string_view value) {
    if (slot.entry != nullptr) {
        slot.entry = replace(slot.entry, value.size());
    } else {
        slot = {hash, make(key, value.size())};
        slot.entry->position_ = static_cast<std::uint32_t>(unordered_.size());
        unordered_.push_back(slot.entry);
        ++count_;
    }
    set(*slot.entry, value);
    return *slot.entry;
}

void MemoryTable::remove(std::uint64_t hash, std::string_view key) noexcept {
    if (slots_.empty()) return;
    const std::size_t at = slot_of(hash, key);
    if (slots_[at].entry != nullptr) remove_at(at);
}

void MemoryTable::remove_at(std::size_t at) noexcept {
    Entry* const entry = slots_[at].entry;
    if (entry->position_ == Entry::is_in_order) {
        ordered_.erase(ordered_.find(entry));
    } else {
        Entry* const last = unordered_.back();
        unordered_[entry->position_] = last;
        last->position_ = entry->position_;
        unordered_.pop_back();
    }
    bytes_ -= entry_bytes + entry->key_bytes_ + entry->capacity_;
    std::free(entry);
    free_slot(at);
    --count_;
}

// Those that probed past the slot move up, so that no search ends before them.
void MemoryTable::free_slot(std::size_t at) noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t next = (at + 1) & mask; slots_[next].entry != nullptr;
         next = (next + 1) & mask) {
        const std::size_t home = slots_[next].hash & mask;
        if (((next - home) & mask) < ((next - at) & mask)) continue;
        slots_[at] = slots_[next];
        at = next;
    }
    slots_[at] = {};
}

void MemoryTable::grow() {
    std::vector<Slot> larger(std::max(slots_min, 2 * slots_.size()));
    const std::size_t mask = larger.size() - 1;
    for (const Slot& slot : slots_) {
        if (slot.entry == nullptr) continue;
        std::size_t at = slot.hash & mask;
        while (larger[at].entry != nullptr) at = (at + 1) & mask;
        larger[at] = slot;
    }
    slots_.swap(larger);
}

void MemoryTable::order() {
    std::sort(unordered_.begin(), unordered_.end(), Less());
    auto hint = ordered_.end();
    for (Entry* const entry : unordered_) {
        hint = std::next(ordered_.insert(hint, entry));
        entry->position_ = Entry::is_in_order;
    }
    unordered_.clear();
}

std::vector<const MemoryTable::Entry*> MemoryTable::sorted() const {
    std::vector<Sortable> sorted;
    sorted.reserve(count_);
    for (const Slot& slot : slots_) {
        if (slot.entry != nullptr) sorted.emplace_back(slot.entry);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<const Entry*> entries;
    entries.reserve(count_);
    for (const Sortable& each : sorted) entries.push_back(each.entry);
    return entries;
}

}  // namespace stepwell::journal
