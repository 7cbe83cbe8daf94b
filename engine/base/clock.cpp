#include <stepwell/clock.hpp>

namespace stepwell {

std::uint64_t Clock::subscribe(std::function<void()>) { return 0; }
void Clock::unsubscribe(std::uint64_t) noexcept {}
void Clock::attach(const Scheduler&) {}
void Clock::detach(const Scheduler&) noexcept {}
void Clock::rested() noexcept {}
void Clock::catch_up(TimePoint) {}

RealClock::RealClock()
    : start_wall_(std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now())),
      start_steady_(std::chrono::steady_clock::now()) {}

TimePoint RealClock::now() const noexcept {
    const auto elapsed = std::chrono::steady_clock::now() - start_steady_;
    return start_wall_ + std::chrono::duration_cast<milliseconds>(elapsed);
}

}  // namespace stepwell
