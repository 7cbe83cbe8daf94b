#include <gtest/gtest.h>
#include <stepwell/testing.hpp>

#include <future>

#include "base/in_flight.hpp"

namespace stepwell {
namespace {

using std::chrono::hours;

/// Idle until a time, but while it is told to work.
class Sleeper final : public Scheduler {
 public:
    Sleeper(ManualClock& clock, TimePoint next) : clock_(clock), next_(next) {
        clock_.attach(*this);
    }
    ~Sleeper() { clock_.detach(*this); }

    void work() { is_working_ = true; }
    void sleep() {
        ++wakings_;
        is_working_ = false;
        clock_.rested();
    }
    Rest rest() const noexcept override { return {!is_working_.load(), wakings_.load(), next_}; }

 private:
    ManualClock& clock_;
    const TimePoint next_;
    std::atomic<bool> is_working_{false};
    std::atomic<std::uint64_t> wakings_{0};
};

/// The time after the clock's next jump.
std::future<TimePoint> next_jump(ManualClock& clock) {
    auto promise = std::make_shared<std::promise<TimePoint>>();
    auto future = promise->get_future();
    auto is_first = std::make_shared<std::atomic<bool>>(true);
    clock.subscribe([&clock, promise, is_first] {
        if (is_first->exchange(false)) promise->set_value(clock.now());
    });
    return future;
}

TEST(AutomaticClock, JumpsToTheFirstTimeThatAnythingWaitsFor) {
    ManualClock clock;
    const TimePoint start = clock.now();
    Sleeper late(clock, start + hours{24 * 365});
    Sleeper never_due(clock, never);
    auto jumped = next_jump(clock);
    clock.set_automatic(true);
    EXPECT_EQ(jumped.get(), start + hours{24 * 365});
    EXPECT_TRUE(clock.is_automatic());
}

TEST(AutomaticClock, WaitsForTheLastThatWorks) {
    ManualClock clock;
    const TimePoint start = clock.now();
    Sleeper waiting(clock, start + hours{1});
    Sleeper working(clock, never);
    working.work();
    auto jumped = next_jump(clock);
    clock.set_automatic(true);
    waiting.sleep();  // looks around, and finds the other at work
    EXPECT_EQ(jumped.wait_for(milliseconds{20}), std::future_status::timeout);
    working.sleep();
    EXPECT_EQ(jumped.get(), start + hours{1});
}

TEST(AutomaticClock, DoesNotPassOverWorkInFlight) {
    ManualClock clock;
    const TimePoint start = clock.now();
    Sleeper waiting(clock, start + hours{1});
    InFlight calls(clock);
    calls.begin();
    auto jumped = next_jump(clock);
    clock.set_automatic(true);
    EXPECT_EQ(jumped.wait_for(milliseconds{20}), std::future_status::timeout);
    EXPECT_EQ(calls.under_way(), 1U);
    calls.end();
    EXPECT_EQ(jumped.get(), start + hours{1});
}

TEST(AutomaticClock, StandsStillOnceItIsNotAutomatic) {
    ManualClock clock;
    const TimePoint start = clock.now();
    InFlight calls(clock);
    calls.begin();
    Sleeper waiting(clock, start + hours{1});
    clock.set_automatic(true);
    clock.set_automatic(false);
    calls.end();
    waiting.sleep();
    EXPECT_EQ(clock.now(), start);
    clock.advance(hours{2});
    EXPECT_EQ(clock.now(), start + hours{2});
}

TEST(ManualClock, CatchesUpAndNeverGoesBack) {
    ManualClock clock;
    const TimePoint start = clock.now();
    clock.catch_up(start + hours{1});
    EXPECT_EQ(clock.now(), start + hours{1});
    clock.catch_up(start);
    EXPECT_EQ(clock.now(), start + hours{1});
}

}  // namespace
}  // namespace stepwell
