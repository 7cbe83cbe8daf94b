#include "base/wake_batch.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace stepwell {
namespace {

void owe(int& woken) {
    WakeBatch::owe(&woken, [](void* what) { ++*static_cast<int*>(what); });
}

TEST(WakeBatch, WithoutOneAWakeUpIsMadeAtOnce) {
    int woken = 0;
    owe(woken);
    EXPECT_EQ(woken, 1);
}

TEST(WakeBatch, PutsWakeUpsOffToItsEnd) {
    int woken = 0;
    {
        const WakeBatch batch;
        owe(woken);
        owe(woken);
        EXPECT_EQ(woken, 0);
    }
    EXPECT_EQ(woken, 2);
    owe(woken);
    EXPECT_EQ(woken, 3);
}

TEST(WakeBatch, MakesThemInBetweenWhenAsked) {
    int woken = 0;
    WakeBatch batch;
    owe(woken);
    batch.wake_all();
    EXPECT_EQ(woken, 1);
    batch.wake_all();
    EXPECT_EQ(woken, 1);
    owe(woken);
    EXPECT_EQ(woken, 1);
}

TEST(WakeBatch, BindsItsOwnThreadOnly) {
    int woken = 0;
    const WakeBatch batch;
    std::thread([&] { owe(woken); }).join();
    EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace stepwell
