// Time as the engine sees it: always through an interface, so that tests and users can own it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace stepwell {

using std::chrono::milliseconds;

/// A point in time: milliseconds since the Unix epoch, UTC.
using TimePoint = std::chrono::sys_time<milliseconds>;

inline constexpr TimePoint never = TimePoint::max();

/// Something that has work at times: a virtual clock asks it when it may let time pass.
///
/// threads  any
class Scheduler {
 public:
    struct Rest {
        bool is_idle = false;       ///< has nothing to do before `next`
        std::uint64_t wakings = 0;  ///< grows whenever it stops being idle
        TimePoint next = never;     ///< when it has something to do; never: unless it is asked
    };
    virtual Rest rest() const noexcept = 0;

 protected:
    ~Scheduler() = default;
};

/// The engine's only source of time.
///
/// threads  every function may be called from any thread
class Clock {
 public:
    virtual ~Clock() = default;

    /// The current time. Never goes back within a process.
    virtual TimePoint now() const noexcept = 0;

    /// True when time passes only by `ManualClock::advance`; sleepers then wait for a wake-up
    /// instead of a time-out.
    virtual bool is_virtual() const noexcept { return false; }

    /// Registers a function that is called after every jump of a virtual clock (on the thread that
    /// moved it). Must be undone with `unsubscribe` before what it refers to is destroyed. The real
    /// clock never calls it.
    virtual std::uint64_t subscribe(std::function<void()> on_jump);
    virtual void unsubscribe(std::uint64_t subscription) noexcept;

    /// Tells a virtual clock of a scheduler, which then calls `rested` whenever it becomes idle.
    /// Must be undone with `detach` before the scheduler is destroyed. The real clock takes no
    /// notice.
    virtual void attach(const Scheduler& scheduler);
    virtual void detach(const Scheduler& scheduler) noexcept;
    virtual void rested() noexcept;

    /// Moves a virtual clock on to `time` at least: that of a data directory which it opens again.
    virtual void catch_up(TimePoint time);
};

/// The machine's clock: the wall time at construction, moved on by the monotonic clock, so that a
/// step of the wall clock neither fires a timer early nor makes time go back.
class RealClock final : public Clock {
 public:
    RealClock();
    TimePoint now() const noexcept override;

 private:
    TimePoint start_wall_;
    std::chrono::steady_clock::time_point start_steady_;
};

}  // namespace stepwell
