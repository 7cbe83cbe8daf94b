#include "sched/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace stepwell::sched {

TimerWheel::TimerWheel(TimePoint now) : elapsed_(now.time_since_epoch().count()) {
    for (TimerEntry& head : heads_) head.previous_ = head.next_ = &head;
}

TimerWheel::~TimerWheel() {
    for (TimerEntry& head : heads_) {
        SW_ASSERT(head.next_ == &head);  // every entry was disarmed by its owner
        head.previous_ = head.next_ = nullptr;
    }
}

void TimerWheel::arm(TimerEntry& entry, TimePoint due) noexcept {
    SW_ASSERT(!entry.is_armed());
    constexpr std::int64_t horizon = std::int64_t{1} << (slot_bits * level_count - 1);
    entry.due_ = std::clamp(due.time_since_epoch().count(), elapsed_, elapsed_ + horizon);
    insert(entry);
}

void TimerWheel::insert(TimerEntry& entry) noexcept {
    const auto due = static_cast<std::uint64_t>(entry.due_);
    const std::uint64_t differing = (due ^ static_cast<std::uint64_t>(elapsed_)) | (slot_count - 1);
    const int level = (63 - std::countl_zero(differing)) / slot_bits;
    SW_ASSERT(level < level_count);
    const std::uint32_t slot = due >> (level * slot_bits) & (slot_count - 1);
    entry.bucket_ = static_cast<std::uint32_t>(level) * slot_count + slot;
    TimerEntry& head = heads_[entry.bucket_];
    entry.previous_ = head.previous_;
    entry.next_ = &head;
    head.previous_->next_ = &entry;
    head.previous_ = &entry;
    occupied_[static_cast<std::size_t>(level)] |= std::uint64_t{1} << slot;
}

void TimerWheel::disarm(TimerEntry& entry) noexcept {
    if (!entry.is_armed()) return;
    entry.previous_->next_ = entry.next_;
    entry.next_->previous_ = entry.previous_;
    entry.previous_ = entry.next_ = nullptr;
    const TimerEntry& head = heads_[entry.bucket_];
    if (head.next_ == &head) {
        occupied_[entry.bucket_ / slot_count] &=
            ~(std::uint64_t{1} << (entry.bucket_ % slot_count));
    }
}

// By invariant (1) a lower level's entries all come before a higher level's, and within a level the
// slots from the current one upwards are in order of time.
std::optional<TimerWheel::Bucket> TimerWheel::first_occupied() const noexcept {
    for (int level = 0; level < level_count; ++level) {
        const std::uint64_t occupied = occupied_[static_cast<std::size_t>(level)];
        if (occupied == 0) continue;
        const auto slot = static_cast<std::uint32_t>(std::countr_zero(occupied));
        const int shift = level * slot_bits;
        const std::uint64_t above =
            static_cast<std::uint64_t>(elapsed_) >> (shift + slot_bits) << (shift + slot_bits);
        const std::uint64_t start = above | std::uint64_t{slot} << shift;
        return Bucket{static_cast<std::uint32_t>(level) * slot_count + slot,
                      static_cast<std::int64_t>(start)};
    }
    return std::nullopt;
}

TimerEntry* TimerWheel::first_of(const Bucket& bucket) noexcept {
    TimerEntry& head = heads_[bucket.index];
    return head.next_ == &head ? nullptr : head.next_;
}

std::optional<TimePoint> TimerWheel::quiet_until() const noexcept {
    const std::optional<Bucket> bucket = first_occupied();
    if (!bucket.has_value()) return std::nullopt;
    return TimePoint{milliseconds{std::max(bucket->start, elapsed_)}};
}

}  // namespace stepwell::sched
