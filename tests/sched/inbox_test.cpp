#include "sched/inbox.hpp"

#include <gtest/gtest.h>
#include <stepwell/testing.hpp>

#include <atomic>
#include <latch>
#include <thread>

#include "sched/timers.hpp"

namespace stepwell::sched {
namespace {

TEST(Inbox, EveryCommandRunsOnceAndInItsSendersOrder) {
    constexpr int senders = 4;
    constexpr int commands_each = 20'000;
    Inbox inbox;
    std::array<int, senders> last{};
    int total = 0;
    std::thread owner([&] {
        while (total < senders * commands_each) {
            if (inbox.drain() == 0)
                inbox.sleep(
                    std::chrono::nanoseconds{-1});  // without limit: a lost wake-up would hang
        }
    });
    std::vector<std::thread> threads;
    for (int sender = 0; sender < senders; ++sender) {
        threads.emplace_back([&, sender] {
            for (int i = 1; i <= commands_each; ++i) {
                inbox.send([&, sender, i] {
                    EXPECT_EQ(last[static_cast<std::size_t>(sender)] + 1, i);
                    last[static_cast<std::size_t>(sender)] = i;
                    ++total;
                });
                if (i % 64 == 0) std::this_thread::yield();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    owner.join();
    EXPECT_EQ(total, senders * commands_each);
}

TEST(Timers, FollowAVirtualClock) {
    ManualClock clock;
    Timers timers(clock);
    std::latch late(1), early(1);
    std::vector<int> order;
    timers.schedule(clock.now() + std::chrono::hours{2}, [&] {
        order.push_back(2);
        late.count_down();
    });
    timers.schedule(clock.now() + std::chrono::hours{1}, [&] {
        order.push_back(1);
        early.count_down();
    });
    clock.advance(std::chrono::hours{1});
    early.wait();
    EXPECT_EQ(order, std::vector<int>{1});
    clock.advance(std::chrono::hours{1});
    late.wait();
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

// The jump may come at any step of a thread that has looked at the clock and is about to sleep.
TEST(Timers, MissNoJumpOfAVirtualClock) {
    ManualClock clock;
    Timers timers(clock);
    for (int i = 0; i < 20'000; ++i) {
        std::latch done(1);
        timers.schedule(clock.now() + milliseconds{1}, [&] { done.count_down(); });
        for (int spin = i % 500 * 10; spin > 0; --spin)
            std::atomic_signal_fence(std::memory_order_seq_cst);
        clock.advance(milliseconds{1});
        done.wait();
    }
}

TEST(Timers, FollowTheRealClock) {
    RealClock clock;
    Timers timers(clock);
    std::latch done(1);
    const TimePoint due = clock.now() + milliseconds{20};
    TimePoint fired{};
    timers.schedule(due, [&] {
        fired = clock.now();
        done.count_down();
    });
    done.wait();
    EXPECT_GE(fired, due);
}

TEST(Timers, DropWhatIsNotDueWhenTheyEnd) {
    ManualClock clock;
    auto token = std::make_shared<int>(1);
    {
        Timers timers(clock);
        for (int i = 0; i < 100; ++i)
            timers.schedule(clock.now() + milliseconds{1000 + i}, [token] { FAIL(); });
    }
    EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace stepwell::sched
