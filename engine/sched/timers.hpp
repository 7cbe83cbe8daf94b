// Actions at a time: for services whose state no shard owns (queues, topics, functions).
#pragma once

#include <cstdint>
#include <memory>

#include <stepwell/clock.hpp>
#include <stepwell/unique_function.hpp>

namespace stepwell::sched {

/// Runs actions when their time has come, on one thread of its own, each never early. Follows a
/// virtual clock.
///
/// There is no cancelling: an action looks, when it runs, whether it is still wanted (a generation,
/// a weak pointer). Actions must be short and must not block; they may schedule others.
///
/// threads  `schedule` from any thread, without a lock; actions run one at a time on the timers'
/// thread
class Timers {
 public:
    explicit Timers(Clock& clock);  ///< `clock` outlives this
    ~Timers();                      ///< stops the thread; what is not yet due is dropped

    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;

    /// What an automatic clock makes of an action (ManualClock::set_automatic).
    enum class Kind : std::uint8_t {
        awaited,  ///< it jumps to its time when nothing else can run
        upkeep,   ///< it passes its time on the way to another
        patience  ///< as upkeep; under any virtual clock also due when that much real time is over:
                  ///< the end of a client's wait
    };

    /// Runs `action` at `due`, or at once when that is past.
    void schedule(TimePoint due, UniqueFunction<void()> action, Kind kind = Kind::awaited);

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace stepwell::sched
