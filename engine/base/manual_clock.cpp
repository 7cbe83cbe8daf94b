#include <stepwell/testing.hpp>

namespace stepwell {

void ManualClock::advance(milliseconds by) {
    now_.fetch_add(by.count(), std::memory_order_acq_rel);  // acq_rel: see now()
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, on_jump] : subscribers_) on_jump();
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

}  // namespace stepwell
