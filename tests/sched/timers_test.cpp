#include "sched/timers.hpp"

#include <gtest/gtest.h>
#include <stepwell/testing.hpp>

#include <atomic>
#include <future>

namespace stepwell::sched {
namespace {

using std::chrono::hours;

TEST(Timers, AnAutomaticClockJumpsToWhatIsAwaitedAndPassesUpkeep) {
    ManualClock clock;
    const TimePoint epoch = clock.now();
    Timers timers(clock);
    std::atomic<int> upkept = 0;
    std::promise<int> awaited;
    std::promise<void> scheduled;
    timers.schedule(epoch + hours{1}, [&] { ++upkept; }, Timers::Kind::upkeep);
    timers.schedule(epoch + hours{3}, [&] { ++upkept; }, Timers::Kind::upkeep);
    timers.schedule(epoch + hours{2}, [&] { awaited.set_value(1); });
    timers.schedule(epoch, [&] { scheduled.set_value(); });
    scheduled.get_future().wait();
    clock.set_automatic(true);
    awaited.get_future().wait();
    clock.set_automatic(false);
    EXPECT_EQ(clock.now(), epoch + hours{2});
    std::promise<void> seen;
    timers.schedule(epoch, [&] { seen.set_value(); });
    seen.get_future().wait();
    EXPECT_EQ(upkept, 1);
}

TEST(Timers, PatienceEndsByRealTimeWhileAVirtualClockStands) {
    ManualClock clock;
    Timers timers(clock);
    std::promise<void> over;
    timers.schedule(
        clock.now() + milliseconds{1}, [&] { over.set_value(); }, Timers::Kind::patience);
    over.get_future().wait();
}

TEST(Timers, PatienceEndsOnceWhenAVirtualClockPassesItsTime) {
    ManualClock clock;
    Timers timers(clock);
    std::atomic<int> ends = 0;
    std::promise<void> over;
    timers.schedule(
        clock.now() + hours{1},
        [&] {
            ++ends;
            over.set_value();
        },
        Timers::Kind::patience);
    clock.advance(hours{1});
    over.get_future().wait();
    clock.advance(hours{1});
    std::promise<void> seen;
    timers.schedule(clock.now(), [&] { seen.set_value(); });
    seen.get_future().wait();
    EXPECT_EQ(ends, 1);
}

TEST(Timers, RunByTheMachinesClock) {
    RealClock clock;
    Timers timers(clock);
    std::promise<TimePoint> run;
    const TimePoint due = clock.now() + milliseconds{3};
    timers.schedule(due, [&] { run.set_value(clock.now()); }, Timers::Kind::upkeep);
    EXPECT_GE(run.get_future().get(), due);
}

}  // namespace
}  // namespace stepwell::sched
