// One table in memory: found by hash, put in order only when somebody scans.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace stepwell::journal {

/// Keys and values. Most keys of a busy store are put and erased again before anybody scans their
/// table: they cost a hash, a probe and one allocation. `order` sorts what came since it was called
/// last; what has gone by then never pays for an order.
///
/// Invariant: every entry is either in ordered_ or, at its `position`, in unordered_.
///
/// threads  one writes or orders while none reads; else any number reads
class MemoryTable {
 public:
    /// A key with its value, or with the mark that it is erased. Stands still while it is there.
    class Entry {
     public:
        std::string_view key() const noexcept { return {bytes(), key_bytes_}; }
        std::optional<std::string_view> value() const noexcept {
            if (is_erased_) return std::nullopt;
            return std::string_view{bytes() + key_bytes_, value_bytes_};
        }

     private:
        friend class MemoryTable;
        static constexpr std::uint32_t is_in_order = UINT32_MAX;

        const char* bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }
        char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

        std::uint32_t key_bytes_ = 0;
        std::uint32_t value_bytes_ = 0;
        std::uint32_t capacity_ = 0;  // of the value
        std::uint32_t position_ = 0;  // in unordered_
        bool is_erased_ = false;
        bool is_new_ = false;  // no table below knows the key
        // key and value follow
    };

    struct Less {
        using is_transparent = void;
        bool operator()(const Entry* a, const Entry* b) const noexcept {
            return a->key() < b->key();
        }
        bool operator()(const Entry* a, std::string_view b) const noexcept { return a->key() < b; }
        bool operator()(std::string_view a, const Entry* b) const noexcept { return a < b->key(); }
    };
    using Ordered = std::set<Entry*, Less>;

    MemoryTable() = default;
    MemoryTable(MemoryTable&& other) noexcept { swap(other); }
    MemoryTable& operator=(MemoryTable&& other) noexcept {
        MemoryTable moved(static_cast<MemoryTable&&>(other));
        swap(moved);
        return *this;
    }
    ~MemoryTable();

    /// Null: the key is not there.
    const Entry* find(std::string_view key) const noexcept;

    static std::uint64_t hash_of(std::string_view key) noexcept;
    // `hash`: the key's.
    /// is_new   no table below has the key
    void put(std::uint64_t hash, std::string_view key, std::string_view value, bool is_new = false);
    void put(std::string_view key, std::string_view value, bool is_new = false) {
        put(hash_of(key), key, value, is_new);
    }
    /// Leaves a mark that the key is erased; of a new key, nothing.
    void erase(std::uint64_t hash, std::string_view key);
    void erase(std::string_view key) { erase(hash_of(key), key); }
    /// Leaves nothing of the key. No entry: nothing to do.
    void remove(std::uint64_t hash, std::string_view key) noexcept;
    void remove(std::string_view key) noexcept { remove(hash_of(key), key); }

    // Brings the key's slot, and then its entry, into the processor's cache: no more than a hint.
    // Always inline: to g++, a call of a function that does no more has no effect, and it goes.
    [[gnu::always_inline]] void prefetch_slot(std::uint64_t hash) const noexcept {
        if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
    }
    [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept {
        if (!slots_.empty()) __builtin_prefetch(slots_[hash & (slots_.size() - 1)].entry);
    }

    bool is_ordered() const noexcept { return unordered_.empty(); }
    void order();
    /// All entries by their keys. Only when `is_ordered`.
    const Ordered& ordered() const noexcept { return ordered_; }
    /// All entries by their keys, for one walk over everything.
    std::vector<const Entry*> sorted() const;

    /// What the table takes, roughly.
    std::uint64_t bytes() const noexcept { return bytes_; }

 private:
    struct Slot {
        std::uint64_t hash = 0;
        Entry* entry = nullptr;  // null: free
    };

    void swap(MemoryTable& other) noexcept;
    /// Where the key is, or where it would go. Only when there are slots.
    std::size_t slot_of(std::uint64_t hash, std::string_view key) const noexcept;
    Entry* make(std::string_view key, std::size_t value_bytes);
    Entry* replace(Entry* entry, std::size_t value_bytes);
    void set(Entry& entry, std::string_view value) noexcept;
    Entry& put_at(Slot& slot, std::uint64_t hash, std::string_view key, std::string_view value);
    void remove_at(std::size_t at) noexcept;
    void grow();
    void free_slot(std::size_t at) noexcept;

    std::vector<Slot> slots_;  // a power of two of them, at most half of them taken; linear probing
    std::size_t count_ = 0;
    std::vector<Entry*> unordered_;
    Ordered ordered_;
    std::uint64_t bytes_ = 0;
};

}  // namespace stepwell::journal
