// Timers at O(1): a hierarchical wheel of intrusive entries.
//
// source  Varghese, Lauck: Hashed and Hierarchical Timing Wheels (1987), scheme 7
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <stepwell/clock.hpp>

#include "base/assert.hpp"

namespace stepwell::sched {

/// One timer; lives inside what waits for it, costs no allocation. Not copyable while in a wheel.
class TimerEntry {
 public:
    TimerEntry() = default;
    TimerEntry(const TimerEntry&) = delete;
    TimerEntry& operator=(const TimerEntry&) = delete;
    ~TimerEntry() { SW_ASSERT(!is_armed()); }

    bool is_armed() const noexcept { return next_ != nullptr; }
    TimePoint due() const noexcept { return TimePoint{milliseconds{due_}}; }

 private:
    friend class TimerWheel;
    TimerEntry* previous_ = nullptr;
    TimerEntry* next_ = nullptr;
    std::int64_t due_ = 0;
    std::uint32_t bucket_ = 0;
};

/// All timers of one thread. Arming, disarming and firing cost O(1) each (an entry moves down at
/// most once a level).
///
/// Entries fire in the order of their times, to the millisecond, never early. Entries are the
/// caller's; each is disarmed before it is destroyed.
///
/// threads  one
class TimerWheel {
 public:
    explicit TimerWheel(TimePoint now);
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    /// Arms `entry`, which is not armed, to fire at `due`; one in the past fires at the next
    /// `advance`.
    void arm(TimerEntry& entry, TimePoint due) noexcept;
    /// Takes `entry` out; one that is not armed is left as it is.
    void disarm(TimerEntry& entry) noexcept;

    /// Moves time on to `now` and calls `fire(TimerEntry&)` for each entry that is due; it is
    /// disarmed by then, and `fire` may arm and disarm any entry. A `now` before the last one is
    /// ignored.
    template <class Fire>
    void advance(TimePoint now, Fire&& fire) {
        const std::int64_t target = now.time_since_epoch().count();
        for (;;) {
            const std::optional<Bucket> bucket = first_occupied();
            if (!bucket.has_value() || bucket->start > target) break;
            elapsed_ = std::max(elapsed_, bucket->start);
            while (TimerEntry* entry = first_of(*bucket)) {
                disarm(*entry);
                if (entry->due_ <= elapsed_) {
                    fire(*entry);
                } else {
                    insert(*entry);  // moves down a level
                }
            }
        }
        elapsed_ = std::max(elapsed_, target);
    }

    /// A time up to which nothing fires: the first entry's, or an earlier one; nothing when no
    /// entry is armed.
    std::optional<TimePoint> quiet_until() const noexcept;

 private:
    // Invariants
    //  (1) An entry in level L, slot S has due_ and elapsed_ equal above the bits of L, and S = its
    //  bits of L.
    //      Entries that were due when armed stand in the slot of elapsed_ in level 0.
    //  (2) Bit S of occupied_[L] is set exactly when slot S of level L holds an entry.
    static constexpr int slot_bits = 6;
    static constexpr std::uint32_t slot_count = 1U << slot_bits;
    static constexpr int level_count = 8;  // 2^48 ms: 8,900 years

    struct Bucket {
        std::uint32_t index;  // level * slot_count + slot
        std::int64_t start;   // the first millisecond that its entries may have
    };

    void insert(TimerEntry& entry) noexcept;
    std::optional<Bucket> first_occupied() const noexcept;
    TimerEntry* first_of(const Bucket& bucket) noexcept;

    std::int64_t elapsed_;
    std::array<std::uint64_t, level_count> occupied_{};
    std::array<TimerEntry, level_count * slot_count>
        heads_;  // rings; a head is its own neighbour when empty

 public:
    ~TimerWheel();
};

}  // namespace stepwell::sched
