// A shard: one thread, and everything that only it may touch.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <thread>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>

#include "sched/inbox.hpp"
#include "sched/resting.hpp"
#include "sched/slab.hpp"
#include "sched/timer_wheel.hpp"

namespace stepwell::sched {

/// Runs turns: take commands and due timers, resume the coroutines that became ready until each
/// suspends, then hand everything that the turn changed to the storage as one commit. The next turn
/// runs while that commit syncs.
///
/// threads  send: any; start, stop: the owner of the shard; everything else: the shard's own thread
class Shard {
 public:
    /// What the layer above does within a turn.
    class Delegate {
     public:
        virtual ~Delegate() = default;
        /// A timer that was armed in this shard's wheel is due.
        virtual void timer_fired(TimerEntry& entry) = 0;
        /// All ready coroutines have run: write what is still unwritten into `effects()`.
        virtual void turn_ending() = 0;
        /// The time that was given to `keep_house_at` has come.
        virtual void keep_house() = 0;
    };

    /// All of these outlive the shard.
    Shard(std::uint32_t index, Clock& clock, Storage& storage, Delegate& delegate);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    void start();
    /// Ends the thread after the turn it is in. What is in the inbox by then is dropped: it was
    /// never acknowledged.
    void stop();

    /// Runs `command` in a turn of this shard, soon. Commands of one sending thread keep their
    /// order.
    void send(Command command) { inbox_.send(std::move(command)); }

    std::uint32_t index() const noexcept { return index_; }

    // The shard's own thread only.

    /// The present turn's changes and what they release.
    Effects& effects() noexcept { return effects_; }
    /// The time at which the present turn began.
    TimePoint now() const noexcept { return now_; }
    TimerWheel& timers() noexcept { return timers_; }
    /// Calls the delegate's keep_house in the first turn at `time` or later, or at the time before
    /// that was asked for already. Unlike a timer, it is nothing that a virtual clock moves on for.
    void keep_house_at(TimePoint time) noexcept { house_time_ = std::min(house_time_, time); }
    Slab& slab() noexcept { return slab_; }
    Storage& storage() noexcept { return storage_; }
    /// Resumes `coroutine` later in this turn, after those that are ready already.
    void make_ready(std::coroutine_handle<> coroutine) { ready_.push_back(coroutine); }
    /// Resumes `coroutine` in the next turn: for long work that lets others through.
    void make_ready_next_turn(std::coroutine_handle<> coroutine) {
        ready_next_turn_.push_back(coroutine);
    }

 private:
    void run();
    bool take_turn();
    void sleep();
    std::chrono::nanoseconds time_to_sleep() const;

    // Immutable.
    const std::uint32_t index_;
    Clock& clock_;
    Storage& storage_;
    Delegate& delegate_;

    // Shared.
    Inbox inbox_;
    Resting resting_{clock_, inbox_};

    // The shard's thread's only.
    TimePoint now_;
    TimerWheel timers_;
    TimePoint house_time_ = never;
    Slab slab_;
    Effects effects_;
    std::size_t turn_bytes_ = 0;    // room made for the next turn's effects ...
    std::size_t turn_actions_ = 0;  // ... and for its actions
    std::vector<std::coroutine_handle<>> ready_;
    std::vector<std::coroutine_handle<>> ready_next_turn_;
    bool is_stopping_ = false;

    std::uint64_t clock_subscription_ = 0;
    std::thread thread_;
};

}  // namespace stepwell::sched
