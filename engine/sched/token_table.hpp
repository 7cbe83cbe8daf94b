// The open token futures of one shard, by address.
#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "sched/task_token.hpp"

namespace stepwell::sched {

/// Finds what waits on a token: one array access, however many wait.
///
/// A slot is used again after its token is spent. An address is never: the generation counts the
/// tokens of one execution, and execution ids are never used twice, also across a restart. So an
/// old token finds a slot that holds another (execution, generation), and is known to be spent.
///
/// What waits may be *asleep*: its token is open, and it is not in memory. `find` does not find it.
///
/// threads  the shard's own
template <class Waiter>
class TokenTable {
 public:
    /// Takes a free slot for `waiter`; the slot's number is part of the token.
    std::uint32_t open(Waiter& waiter, std::uint64_t execution, std::uint32_t generation) {
        if (free_ == none) grow_to(static_cast<std::uint32_t>(slots_.size()) + 1);
        const std::uint32_t index = free_;
        free_ = slots_[index].next_free;
        occupy(index, waiter, execution, generation);
        return index;
    }

    /// Takes the slot that a token from before a restart names. Only before the first `open`; then
    /// `finish_reopening`.
    void reopen(std::uint32_t index, Waiter& waiter, std::uint64_t execution,
                std::uint32_t generation) {
        if (index >= slots_.size()) slots_.resize(std::size_t{index} + 1);
        SW_ASSERT(!slots_[index].is_open());
        occupy(index, waiter, execution, generation);
    }
    /// The same, for a waiter that is asleep.
    void reopen_asleep(std::uint32_t index, std::uint64_t execution, std::uint32_t generation) {
        if (index >= slots_.size()) slots_.resize(std::size_t{index} + 1);
        SW_ASSERT(!slots_[index].is_open());
        slots_[index] = Slot{nullptr, execution, generation, asleep};
        ++open_count_;
    }
    void finish_reopening() {
        free_ = none;
        for (auto index = static_cast<std::uint32_t>(slots_.size()); index-- > 0;) {
            if (slots_[index].is_open()) continue;
            slots_[index].next_free = free_;
            free_ = index;
        }
    }

    /// What waits on the token, or nullptr when it is spent or asleep.
    Waiter* find(const TokenAddress& address) const noexcept {
        if (address.slot >= slots_.size()) return nullptr;
        const Slot& slot = slots_[address.slot];
        const bool is_open = slot.waiter != nullptr && slot.execution == address.execution &&
                             slot.generation == address.generation;
        return is_open ? slot.waiter : nullptr;
    }

    /// The waiter leaves memory; its token stays open.
    void put_to_sleep(std::uint32_t index) noexcept {
        SW_ASSERT(slots_[index].waiter != nullptr);
        slots_[index].waiter = nullptr;
        slots_[index].next_free = asleep;
    }
    /// The waiter of the token in the slot is in memory again.
    void wake(std::uint32_t index, Waiter& waiter) noexcept {
        SW_ASSERT(slots_[index].is_asleep());
        slots_[index].waiter = &waiter;
        slots_[index].next_free = none;
    }
    /// Whether the token is open and its waiter asleep.
    bool is_asleep(const TokenAddress& address) const noexcept {
        if (address.slot >= slots_.size()) return false;
        const Slot& slot = slots_[address.slot];
        return slot.is_asleep() && slot.execution == address.execution &&
               slot.generation == address.generation;
    }

    /// Spends the token in the slot.
    void close(std::uint32_t index) noexcept {
        Slot& slot = slots_[index];
        SW_ASSERT(slot.waiter != nullptr);
        slot.waiter = nullptr;
        slot.next_free = free_;
        free_ = index;
        --open_count_;
    }

    /// Brings the slot's line into the cache, ahead of `find`. (Always inline: see MemoryTable::prefetch_slot.)
    [[gnu::always_inline]] void prefetch(std::uint32_t index) const noexcept {
        if (index < slots_.size()) __builtin_prefetch(&slots_[index]);
    }

    std::size_t open_count() const noexcept { return open_count_; }

 private:
    static constexpr std::uint32_t none = ~0U;
    static constexpr std::uint32_t asleep = none - 1;  // no slot has this number

    // Invariants
    //  (1) While the token is open, either waiter is set or next_free is `asleep`.
    //  (2) All other slots are linked through next_free from free_.
    struct Slot {
        Waiter* waiter = nullptr;
        std::uint64_t execution = 0;
        std::uint32_t generation = 0;
        std::uint32_t next_free = none;

        bool is_asleep() const noexcept { return next_free == asleep; }
        bool is_open() const noexcept { return waiter != nullptr || is_asleep(); }
    };
    static_assert(sizeof(Slot) == 24);

    void occupy(std::uint32_t index, Waiter& waiter, std::uint64_t execution,
                std::uint32_t generation) noexcept {
        slots_[index] = Slot{&waiter, execution, generation, none};
        ++open_count_;
    }
    void grow_to(std::uint32_t size) {
        const auto first = static_cast<std::uint32_t>(slots_.size());
        slots_.resize(size);
        for (std::uint32_t index = size; index-- > first;) {
            slots_[index].next_free = free_;
            free_ = index;
        }
    }

    std::vector<Slot> slots_;
    std::uint32_t free_ = none;
    std::size_t open_count_ = 0;
};

}  // namespace stepwell::sched
