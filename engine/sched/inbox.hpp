// How other threads reach a thread of ours: a lock-free queue that wakes its owner only when it
// sleeps.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <array>
#include <atomic>
#include <cstddef>

#include <stepwell/clock.hpp>
#include <stepwell/unique_function.hpp>

#include "base/assert.hpp"
#include "base/wake_batch.hpp"
#include "sched/wake_up.hpp"

namespace stepwell::sched {

/// What a thread is asked to do. Captures up to 104 bytes are kept without an allocation.
using Command = UniqueFunction<void(), 104>;

/// The commands for one thread.
///
/// threads  send, is_empty: any; everything else: the owner
class Inbox {
    // Invariants
    //  (1) Any thread enqueues; only the owner dequeues.
    //  (2) is_asleep_ is set only while the owner blocks or is about to.
    //  (3) No command lies unseen: while commands_ is not empty, the owner is awake or a wake-up is
    //  on its way, at the latest at the end of a sender's WakeBatch.
    // For (3) a sender enqueues, then reads is_asleep_; the owner sets is_asleep_, then polls
    // commands_ once more. With acquire/release both could read the old value, so a seq_cst fence
    // parts the two steps on either side.
 public:
    void send(Command command) {
        const bool is_queued = commands_.enqueue(std::move(command));
        SW_ASSERT(is_queued);                                 // false only when memory is exhausted
        std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with sleep(), invariant (3)
        if (!is_asleep_.load(std::memory_order_relaxed))
            return;  // relaxed: the fence has ordered it
        if (is_asleep_.exchange(false, std::memory_order_relaxed))
            WakeBatch::owe(&wake_up_, [](void* wake_up) {  // one sender pays
                static_cast<WakeUp*>(wake_up)->signal();
            });
    }

    /// Makes the owner look around once more after this call, whatever it is doing now: a command
    /// that does nothing. (A bare signal would be lost on an owner that has looked and is not yet
    /// asleep.)
    void wake() {
        send([] {});
    }

    /// Takes out at most `drain_max` of the waiting commands; returns how many. Order holds per
    /// sender. `run` follows.
    std::size_t take() {
        return taken_ = commands_.try_dequeue_bulk(token_, batch_.data(), drain_max);
    }

    /// Runs what `take` took.
    void run() {
        for (std::size_t i = 0; i < taken_; ++i) {
            batch_[i]();
            batch_[i] = nullptr;  // what it captured ends here, not at the next turn
        }
        taken_ = 0;
    }

    /// Both in one.
    std::size_t drain() {
        const std::size_t count = take();
        run();
        return count;
    }

    /// True when every command that was sent before has been taken. Any thread.
    bool is_empty() const noexcept { return commands_.size_approx() == 0; }

    /// Blocks until a command or a wake-up comes, or for `at_most`. May return early.
    void sleep(std::chrono::nanoseconds at_most) {
        is_asleep_.store(
            true, std::memory_order_relaxed);  // relaxed: the fence orders it before the poll
        std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with send(), invariant (3)
        if (commands_.size_approx() == 0) wake_up_.wait(at_most);
        is_asleep_.store(
            false,
            std::memory_order_relaxed);  // relaxed: a late signal only makes the next wait short
    }

 private:
    static constexpr std::size_t drain_max = 256;

    moodycamel::ConcurrentQueue<Command> commands_;
    moodycamel::ConsumerToken token_{commands_};  // the owner's only
    std::array<Command, drain_max> batch_;        // the owner's only
    std::size_t taken_ = 0;                       // the owner's only
    alignas(64) std::atomic<bool> is_asleep_{
        false};  // read by every sender: a cache line of its own
    WakeUp wake_up_;
};

}  // namespace stepwell::sched
