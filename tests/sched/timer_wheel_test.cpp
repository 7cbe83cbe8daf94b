#include "sched/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/random.hpp"

namespace stepwell::sched {
namespace {

constexpr TimePoint start{milliseconds{1'700'000'000'123}};

std::vector<std::int64_t> advance(TimerWheel& wheel, TimePoint now) {
    std::vector<std::int64_t> fired;
    wheel.advance(now, [&](TimerEntry& entry) { fired.push_back((entry.due() - start).count()); });
    return fired;
}

TEST(TimerWheel, FiresAtItsTimeAndNotBefore) {
    TimerWheel wheel(start);
    TimerEntry entry;
    for (const std::int64_t delay : {1, 63, 64, 65, 4096, 86'400'000}) {
        const TimePoint due = start + milliseconds{delay};
        TimerWheel fresh(start);
        fresh.arm(entry, due);
        EXPECT_TRUE(advance(fresh, due - milliseconds{1}).empty()) << delay;
        EXPECT_EQ(advance(fresh, due), std::vector<std::int64_t>{delay});
    }
}

TEST(TimerWheel, WhatIsPastFiresAtTheNextAdvance) {
    TimerWheel wheel(start);
    TimerEntry entry;
    wheel.arm(entry, start - milliseconds{5});
    EXPECT_EQ(advance(wheel, start).size(), 1U);
}

TEST(TimerWheel, DisarmedDoesNotFire) {
    TimerWheel wheel(start);
    TimerEntry entry;
    wheel.arm(entry, start + milliseconds{10});
    wheel.disarm(entry);
    wheel.disarm(entry);
    EXPECT_TRUE(advance(wheel, start + std::chrono::hours{1}).empty());
    EXPECT_FALSE(wheel.quiet_until().has_value());
}

TEST(TimerWheel, AYearIsOneStep) {
    TimerWheel wheel(start);
    TimerEntry entry;
    wheel.arm(entry, start + std::chrono::days{365});
    EXPECT_EQ(advance(wheel, start + std::chrono::days{366}).size(), 1U);
}

TEST(TimerWheel, AnActionMayArmAgain) {
    TimerWheel wheel(start);
    TimerEntry entry;
    wheel.arm(entry, start + milliseconds{10});
    int fired = 0;
    wheel.advance(start + milliseconds{100}, [&](TimerEntry& due) {
        if (++fired < 5) wheel.arm(due, due.due() + milliseconds{10});
    });
    EXPECT_EQ(fired, 5);
}

// Random operations against an ordered map.
TEST(TimerWheel, BehavesAsAnOrderedMap) {
    Random random(42);
    TimerWheel wheel(start);
    std::deque<TimerEntry> entries(200);
    std::multimap<std::int64_t, TimerEntry*> model;
    TimePoint now = start;
    for (int step = 0; step < 20'000; ++step) {
        TimerEntry& entry = entries[random.next() % entries.size()];
        if (entry.is_armed()) {
            std::erase_if(model, [&](const auto& item) { return item.second == &entry; });
            wheel.disarm(entry);
        } else {
            const auto delay = static_cast<std::int64_t>(
                random.next() % (std::uint64_t{1} << (random.next() % 34)));
            wheel.arm(entry, now + milliseconds{delay});
            model.emplace((now - start).count() + delay, &entry);
        }
        if (step % 7 != 0) continue;
        now += milliseconds{
            static_cast<std::int64_t>(random.next() % (std::uint64_t{1} << (random.next() % 24)))};
        std::vector<std::int64_t> expected;
        while (!model.empty() && model.begin()->first <= (now - start).count()) {
            expected.push_back(model.begin()->first);
            model.erase(model.begin());
        }
        ASSERT_EQ(advance(wheel, now), expected) << step;
        const auto quiet = wheel.quiet_until();
        ASSERT_EQ(quiet.has_value(), !model.empty());
        if (quiet.has_value()) {
            ASSERT_LE((*quiet - start).count(), model.begin()->first);
        }
    }
    for (TimerEntry& entry : entries) wheel.disarm(entry);
}

}  // namespace
}  // namespace stepwell::sched
