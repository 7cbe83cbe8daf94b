// Threads of a simulated machine: fibers on one real thread, and the time that passes for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "sim/trace.hpp"

namespace stepwell::sim {

/// Nanoseconds since the simulation began.
using Nanos = std::int64_t;

/// Runs fibers, one at a time, on the caller's thread. Which one goes on, when one waits or lets
/// others through, is drawn from the seed. Time stands still while any fiber can run (but for a
/// little that each switch takes), then jumps to the first deadline of those that wait.
///
/// What system_calls.cpp puts in the place of threads, mutexes, condition variables, eventfds and
/// clocks is made of this.
///
/// threads  one
class Fibers {
 public:
    using Id = std::uint64_t;

    Fibers(Random& random, Trace& trace);
    ~Fibers();
    Fibers(const Fibers&) = delete;
    Fibers& operator=(const Fibers&) = delete;

    /// The one that is running, if any: there is one at a time in a process.
    static Fibers* active() noexcept;

    // For the driver, which is no fiber.

    /// Runs the fibers until `is_over` holds (asked after each switch), all of them wait for ever,
    /// or `until` has come. False: all wait for ever.
    bool run(const std::function<bool()>& is_over, Nanos until);
    /// Forgets all fibers as they are: what the death of a process does to threads. Nothing on
    /// their stacks is destroyed.
    void abandon();

    // For fibers.

    Id spawn(std::function<void()> body);
    bool has_ended(Id fiber) const { return !fibers_.contains(fiber); }
    Id running() const noexcept;
    /// Lets others through now and then, as a preemptive machine does.
    void pass();
    /// Lets others through.
    void yield();
    /// Waits until `wake` is called for `on`, or the deadline. False: it was the deadline.
    bool wait(const void* on, std::optional<Nanos> deadline = {});
    void wake_one(const void* on);
    void wake_all(const void* on);
    void sleep(Nanos duration);

    Nanos now() const noexcept { return now_; }
    std::uint64_t switches() const noexcept { return switches_; }

 private:
    struct Fiber;

    static void enter();
    void start_fiber(Fiber& fiber);
    void leave();
    void make_ready(Fiber& fiber);
    void wake_due();
    void forget_wait(Fiber& fiber);
    Fiber& draw_ready();

    Random& random_;
    Trace& trace_;
    Nanos now_ = 0;
    std::uint64_t switches_ = 0;
    Id next_id_ = 1;
    // Invariants
    //  (1) A fiber is running_, in ready_, or waits: then it is in waiting_ under its key, in
    //  deadlines_ when it has one, or both.
    //  (2) Nothing depends on the order of addresses: waiting_ is only ever looked up.
    std::map<Id, std::unique_ptr<Fiber>> fibers_;
    std::vector<Fiber*> ready_;
    std::unordered_map<const void*, std::vector<Fiber*>> waiting_;
    std::map<std::pair<Nanos, Id>, Fiber*> deadlines_;
    Fiber* running_ = nullptr;
    std::vector<void*> stacks_;  // free ones
    std::uint64_t pass_odds_;    // one in so many calls of `pass` lets others through
    std::unique_ptr<Fiber> driver_;
};

}  // namespace stepwell::sim
