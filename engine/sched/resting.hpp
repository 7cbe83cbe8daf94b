// A thread's sleep, as a virtual clock sees it.
#pragma once

#include <atomic>
#include <optional>
#include <stepwell/clock.hpp>

#include "sched/inbox.hpp"

namespace stepwell::sched {

/// Tells the clock whether the owner of an inbox sleeps, and until when. Under a real clock it
/// costs one comparison a sleep.
///
/// threads  begin, end: the owner; rest: any
class Resting final : public Scheduler {
 public:
    Resting(Clock& clock, const Inbox& inbox)
        : clock_(clock), inbox_(inbox), is_virtual_(clock.is_virtual()) {
        clock_.attach(*this);
    }
    ~Resting() { clock_.detach(*this); }
    Resting(const Resting&) = delete;
    Resting& operator=(const Resting&) = delete;

    /// The owner is about to sleep, and has nothing to do before `next`.
    void begin(std::optional<TimePoint> next) noexcept {
        if (!is_virtual_) return;
        next_.store(next.value_or(never).time_since_epoch().count());
        is_resting_.store(true);
        clock_.rested();
    }
    /// It is awake.
    void end() noexcept {
        if (!is_virtual_) return;
        wakings_.fetch_add(1);  // before the next line: see rest
        is_resting_.store(false);
    }

    Rest rest() const noexcept override {
        const std::uint64_t wakings = wakings_.load();  // first: a later rest has other wakings
        const bool is_idle = is_resting_.load() && inbox_.is_empty();
        return {is_idle, wakings, TimePoint{milliseconds{next_.load()}}};
    }

 private:
    Clock& clock_;
    const Inbox& inbox_;
    const bool is_virtual_;
    std::atomic<std::int64_t> next_{0};
    std::atomic<std::uint64_t> wakings_{0};
    std::atomic<bool> is_resting_{false};
};

}  // namespace stepwell::sched
