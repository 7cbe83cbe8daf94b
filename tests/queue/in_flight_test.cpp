// The slots: one winner of every race, whatever the threads do.
#include "queue/in_flight.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <random>
#include <thread>
#include <unordered_map>

namespace stepwell::queue {
namespace {

constexpr TimePoint start{milliseconds{1'700'000'000'000}};

Message* make(std::uint64_t sequence) { return Message::make({}, sequence, start, "body", ""); }

ReceiptAddress address_of(const Message& message, InFlight::Place place) {
    return {.sequence = message.sequence(),
            .slot = place.slot,
            .generation = place.generation,
            .receive_count = message.receive_count};
}

void dispose(InFlight& slots, Message& message) {
    slots.release(message);
    message.release();
}

TEST(InFlight, AHeldMessageIsEndedOnce) {
    InFlight slots(start);
    Message* message = make(1);
    const ReceiptAddress address =
        address_of(*message, slots.hold(*message, start + milliseconds{10}, false));
    const InFlight::End end = slots.end(address);
    EXPECT_EQ(end.how, InFlight::Ended::received);
    EXPECT_EQ(slots.end(address).how, InFlight::Ended::no);
    dispose(slots, *end.message);
    EXPECT_EQ(slots.end(address).how, InFlight::Ended::no);
}

TEST(InFlight, AnAddressNeverReachesTheNextMessageOfItsSlot) {
    InFlight slots(start);
    Message* first = make(1);
    const ReceiptAddress old =
        address_of(*first, slots.hold(*first, start + milliseconds{10}, false));
    dispose(slots, *slots.end(old).message);
    Message* second = make(2);
    const InFlight::Place place = slots.hold(*second, start + milliseconds{10}, false);
    EXPECT_EQ(place.slot, old.slot);
    EXPECT_NE(place.generation, old.generation);
    EXPECT_EQ(slots.end(old).how, InFlight::Ended::no);
}

TEST(InFlight, WhatIsDueBecomesReadyAndWhatIsNotStays) {
    InFlight slots(start);
    Message* soon = make(1);
    Message* late = make(2);
    slots.hold(*soon, start + milliseconds{10}, false);
    slots.hold(*late, start + milliseconds{20}, true);
    std::vector<std::uint64_t> ready;
    const auto collect = [&](Message& message, bool) { ready.push_back(message.sequence()); };
    EXPECT_EQ(slots.take_due(start + milliseconds{9}, collect), start + milliseconds{10});
    EXPECT_TRUE(ready.empty());
    EXPECT_EQ(slots.take_due(start + milliseconds{10}, collect), start + milliseconds{20});
    EXPECT_EQ(ready, std::vector<std::uint64_t>{1});
    EXPECT_TRUE(slots.end_popped(*soon));
    dispose(slots, *soon);
}

TEST(InFlight, AMessageEndedWhileReadyIsAHuskToWhoPopsIt) {
    InFlight slots(start);
    Message* message = make(1);
    const ReceiptAddress address = address_of(*message, slots.hold(*message, start, false));
    slots.take_due(start, [](Message&, bool) {});
    EXPECT_EQ(slots.end(address).how, InFlight::Ended::was_ready);
    EXPECT_FALSE(slots.receive_again(*message, start).has_value());
    dispose(slots, *message);
}

TEST(InFlight, OnlyTheLatestReceiveChangesTheDeadline) {
    InFlight slots(start);
    Message* message = make(1);
    message->receive_count = 1;
    const ReceiptAddress first = address_of(*message, slots.hold(*message, start, false));
    slots.take_due(start, [](Message&, bool) {});
    message->receive_count = 2;
    const auto place = slots.receive_again(*message, start + milliseconds{10});
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(slots.change(first, start + milliseconds{99}).how, InFlight::Changed::no);
    EXPECT_EQ(slots.change(address_of(*message, *place), start + milliseconds{99}).how,
              InFlight::Changed::deadline);
}

TEST(InFlight, RestoredMessagesStandWhereTheirHandlesSay) {
    InFlight slots(start);
    Message* message = make(7);
    message->receive_count = 3;
    EXPECT_TRUE(slots.restore(*message, {5, 42}, start + milliseconds{10}));
    Message* other = make(8);
    EXPECT_FALSE(slots.restore(*other, {5, 43}, start + milliseconds{10}));
    slots.finish_restoring();
    for (std::uint64_t sequence = 100; sequence < 110; ++sequence) {
        EXPECT_NE(slots.hold(*make(sequence), start + milliseconds{10}, false).slot, 5U);
    }
    const InFlight::End end =
        slots.end({.sequence = 7, .slot = 5, .generation = 42, .receive_count = 3});
    EXPECT_EQ(end.how, InFlight::Ended::received);
    dispose(slots, *end.message);
    other->release();
}

// The naive model: a map from live addresses to messages.
TEST(InFlight, BehavesAsAMapUnderRandomOperations) {
    InFlight slots(start);
    std::mt19937_64 random(42);
    std::unordered_map<std::uint64_t, ReceiptAddress> live;
    std::uint64_t next = 1;
    for (int step = 0; step < 50'000; ++step) {
        if (live.size() < 300 && random() % 2 == 0) {
            Message* message = make(next);
            live.emplace(
                next, address_of(*message, slots.hold(*message, start + milliseconds{1}, false)));
            ++next;
            continue;
        }
        const std::uint64_t sequence = 1 + random() % next;
        const auto found = live.find(sequence);
        if (found == live.end()) continue;
        const InFlight::End end = slots.end(found->second);
        ASSERT_EQ(end.how, InFlight::Ended::received);
        ASSERT_EQ(end.message->sequence(), sequence);
        dispose(slots, *end.message);
        ASSERT_EQ(slots.end(found->second).how, InFlight::Ended::no);
        live.erase(found);
    }
    EXPECT_LE(slots.size(), 301U);
}

TEST(InFlight, OfDeleteAndTimeoutExactlyOneWins) {
    constexpr int rounds = 2'000;
    InFlight slots(start);
    std::atomic<int> ended{0};
    std::atomic<int> timed_out{0};
    std::atomic<int> ended_after_timeout{0};
    std::barrier both(2);
    ReceiptAddress address;
    Message* current = nullptr;
    std::thread clock([&] {
        for (int i = 0; i < rounds; ++i) {
            both.arrive_and_wait();
            slots.take_due(start, [&](Message&, bool) { ++timed_out; });
            both.arrive_and_wait();
            both.arrive_and_wait();
        }
    });
    for (int i = 0; i < rounds; ++i) {
        current = make(static_cast<std::uint64_t>(i) + 1);
        address = address_of(*current, slots.hold(*current, start, false));
        both.arrive_and_wait();
        const InFlight::End end = slots.end(address);
        if (end.how == InFlight::Ended::received) ++ended;
        if (end.how == InFlight::Ended::was_ready) ++ended_after_timeout;
        both.arrive_and_wait();
        ASSERT_NE(end.how, InFlight::Ended::no);
        dispose(slots, *current);
        both.arrive_and_wait();
    }
    clock.join();
    EXPECT_EQ(ended + ended_after_timeout, rounds);
    EXPECT_EQ(timed_out, ended_after_timeout);
}

TEST(InFlight, ThreadsThatHoldAndEndNeverShareASlot) {
    InFlight slots(start);
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> next{1};
    std::atomic<int> wrong{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 5'000; ++i) {
                Message* message = make(next.fetch_add(1));
                const std::uint64_t sequence = message->sequence();
                const auto address =
                    address_of(*message, slots.hold(*message, start + milliseconds{5}, false));
                const InFlight::End end = slots.end(address);
                if (end.how != InFlight::Ended::received || end.message->sequence() != sequence)
                    ++wrong;
                if (end.message != nullptr) dispose(slots, *end.message);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(slots.size(), 4U);
}

}  // namespace
}  // namespace stepwell::queue
