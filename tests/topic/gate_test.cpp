// A gate closes when the last one has left, and lets nobody in afterwards.
#include "topic/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace stepwell::topic {
namespace {

TEST(Gate, WhoIsInsideMayEnterAgainUntilItCloses) {
    Gate gate;
    {
        const Gate::Entered outer(gate);
        const Gate::Entered inner(gate);
        EXPECT_TRUE(outer.is_open());
        EXPECT_TRUE(inner.is_open());
    }
    gate.close();
    EXPECT_FALSE(Gate::Entered(gate).is_open());
}

TEST(Gate, NobodyIsInsideOnceCloseHasReturned) {
    for (int round = 0; round < 20; ++round) {
        Gate gate;
        std::atomic<int> inside{0};
        std::atomic<bool> was_closed{false};
        std::atomic<int> too_late{0};
        std::atomic<int> started{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&] {
                ++started;
                for (;;) {
                    const Gate::Entered entered(gate);
                    if (!entered.is_open()) return;
                    ++inside;
                    if (was_closed) ++too_late;
                    --inside;
                    std::this_thread::yield();
                }
            });
        }
        while (started < 3) std::this_thread::yield();
        gate.close();
        EXPECT_EQ(inside, 0);
        was_closed = true;
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(too_late, 0);
    }
}

}  // namespace
}  // namespace stepwell::topic
