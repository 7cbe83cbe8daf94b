// For tests: a clock that stands still until it is moved.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include <stepwell/clock.hpp>

namespace stepwell {

/// A clock that moves only when told to. Everything that waits for a time up to the new one becomes
/// due at once.
///
/// threads  any; subscribers are called on the thread that calls `advance`
class ManualClock final : public Clock {
 public:
    explicit ManualClock(TimePoint start = TimePoint{milliseconds{1'700'000'000'000}})
        : now_(start.time_since_epoch().count()) {}

    // acquire/release: who sees the new time sees what was done before it was set
    TimePoint now() const noexcept override {
        return TimePoint{milliseconds{now_.load(std::memory_order_acquire)}};
    }
    bool is_virtual() const noexcept override { return true; }

    void advance(milliseconds by);

    std::uint64_t subscribe(std::function<void()> on_jump) override;
    void unsubscribe(std::uint64_t subscription) noexcept override;

 private:
    std::atomic<std::int64_t> now_;
    std::mutex mutex_;  // guards what follows
    std::map<std::uint64_t, std::function<void()>> subscribers_;
    std::uint64_t next_subscription_ = 1;
};

}  // namespace stepwell
