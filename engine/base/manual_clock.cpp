#include <algorithm>
#include <stepwell/testing.hpp>

namespace stepwell {

ManualClock::~ManualClock() {
    {
        const std::scoped_lock lock(signal_mutex_);
        is_ending_ = true;
    }
    signal_.notify_all();
    if (thread_.joinable()) thread_.join();
}

// mutex_ is held.
void ManualClock::move_to(std::int64_t time) {
    now_.store(time, std::memory_order_release);  // release: see now()
    for (const auto& [id, on_jump] : subscribers_) on_jump();
}

void ManualClock::advance(milliseconds by) {
    const std::scoped_lock lock(mutex_);
    move_to(now_.load(std::memory_order_relaxed) + by.count());  // relaxed: mutex_ orders writers
}

void ManualClock::catch_up(TimePoint time) {
    const std::scoped_lock lock(mutex_);
    if (time > now()) move_to(time.time_since_epoch().count());
}

void ManualClock::set_automatic(bool is_automatic) {
    {
        const std::scoped_lock lock(mutex_);
        may_jump_ = is_automatic;
    }
    {
        const std::scoped_lock lock(signal_mutex_);
        is_automatic_ = is_automatic;
        ++signals_;
        if (is_automatic && !thread_.joinable()) thread_ = std::thread([this] { run(); });
    }
    signal_.notify_all();
}

bool ManualClock::is_automatic() const noexcept {
    const std::scoped_lock lock(signal_mutex_);
    return is_automatic_;
}

std::uint64_t ManualClock::subscribe(std::function<void()> on_jump) {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t id = next_subscription_++;
    subscribers_.emplace(id, std::move(on_jump));
    return id;
}

void ManualClock::unsubscribe(std::uint64_t subscription) noexcept {
    const std::scoped_lock lock(mutex_);
    subscribers_.erase(subscription);
}

void ManualClock::attach(const Scheduler& scheduler) {
    const std::scoped_lock lock(mutex_);
    schedulers_.push_back(&scheduler);
}

void ManualClock::detach(const Scheduler& scheduler) noexcept {
    const std::scoped_lock lock(mutex_);
    std::erase(schedulers_, &scheduler);
}

void ManualClock::rested() noexcept {
    {
        const std::scoped_lock lock(signal_mutex_);
        ++signals_;
        if (!is_automatic_) return;
    }
    signal_.notify_all();
}

void ManualClock::run() {
    std::uint64_t seen = 0;
    std::unique_lock lock(signal_mutex_);
    for (;;) {
        signal_.wait(lock, [&] { return is_ending_ || (is_automatic_ && signals_ != seen); });
        if (is_ending_) return;
        seen = signals_;  // invariant (2)
        lock.unlock();
        jump_when_idle();
        lock.lock();
    }
}

void ManualClock::jump_when_idle() {
    const std::scoped_lock lock(mutex_);
    if (!may_jump_) return;
    const TimePoint next = next_time();
    if (next != never && next > now()) move_to(next.time_since_epoch().count());
}

// The first time that anything waits for; `never` while something runs.
//
// Schedulers are asked one after another, and one may give work to another that has been asked. So
// all are asked twice: who has not woken between the two answers was idle all along, and where that
// holds for all of them there was a moment, after the first round, at which nothing ran.
TimePoint ManualClock::next_time() {
    std::vector<std::uint64_t> wakings;
    wakings.reserve(schedulers_.size());
    for (const Scheduler* scheduler : schedulers_) {
        const Scheduler::Rest rest = scheduler->rest();
        if (!rest.is_idle) return never;
        wakings.push_back(rest.wakings);
    }
    TimePoint next = never;
    for (std::size_t i = 0; i < schedulers_.size(); ++i) {
        const Scheduler::Rest rest = schedulers_[i]->rest();
        if (!rest.is_idle || rest.wakings != wakings[i]) return never;
        next = std::min(next, rest.next);
    }
    return next;
}

}  // namespace stepwell
