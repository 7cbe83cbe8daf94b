// For tests: a clock that stands still until it is moved.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <stepwell/clock.hpp>

namespace stepwell {

/// A clock that moves only when told to, or, when automatic, whenever nothing can run: then it
/// jumps to the next time for which something waits. Everything that waits for a time up to the new
/// one becomes due at once.
///
/// What runs is what its schedulers tell it of: executions, commits, functions, deliveries. Of a
/// client that works on a message or a task it knows nothing.
///
/// threads  any; subscribers are called on the thread that moves the clock
class ManualClock final : public Clock {
 public:
    explicit ManualClock(TimePoint start = TimePoint{milliseconds{1'700'000'000'000}})
        : now_(start.time_since_epoch().count()) {}
    ~ManualClock() override;

    // acquire/release: who sees the new time sees what was done before it was set
    TimePoint now() const noexcept override {
        return TimePoint{milliseconds{now_.load(std::memory_order_acquire)}};
    }
    bool is_virtual() const noexcept override { return true; }

    void advance(milliseconds by);
    void catch_up(TimePoint time) override;

    /// Starts or ends jumping on its own. No jump begins once this has returned.
    void set_automatic(bool is_automatic);
    bool is_automatic() const noexcept;

    std::uint64_t subscribe(std::function<void()> on_jump) override;
    void unsubscribe(std::uint64_t subscription) noexcept override;
    void attach(const Scheduler& scheduler) override;
    void detach(const Scheduler& scheduler) noexcept override;
    void rested() noexcept override;

 private:
    void run();
    void jump_when_idle();
    TimePoint next_time();
    void move_to(std::int64_t time);

    // Invariants
    //  (1) mutex_ is held while the clock moves and while schedulers are asked: none of them ends
    //  meanwhile.
    //  (2) Each call of rested is followed by a look at all schedulers: the last one to become idle
    //  makes the clock jump.
    std::atomic<std::int64_t> now_;
    std::mutex mutex_;  // guards what follows
    std::map<std::uint64_t, std::function<void()>> subscribers_;
    std::uint64_t next_subscription_ = 1;
    std::vector<const Scheduler*> schedulers_;
    bool may_jump_ = false;

    mutable std::mutex signal_mutex_;  // guards what follows; may be taken while mutex_ is held
    std::condition_variable signal_;
    std::uint64_t signals_ = 0;
    bool is_automatic_ = false;
    bool is_ending_ = false;
    std::thread thread_;  // runs from the first time that the clock is automatic
};

}  // namespace stepwell
