// What SQS promises of a standard queue, one rule a test, on a clock that stands still.
#include "queue/standard_queue.hpp"

#include <gtest/gtest.h>

#include <future>
#include <set>

#include "queue/world_for_tests.hpp"

namespace stepwell::queue {
namespace {

using namespace std::chrono_literals;

TEST(StandardQueue, AMessageIsReceivedWithItsBodyAndDeletedByItsHandle) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "hello");
    const ReceivedMessages received = world.receive(queue, 5s);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].message->body(), "hello");
    EXPECT_EQ(received[0].receive_count, 1U);
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 1 delayed 0");
    world.remove(queue, received[0]);
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 0 delayed 0");
}

TEST(StandardQueue, AReceivedMessageIsHiddenUntilItsVisibilityTimeoutEnds) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "hello");
    ASSERT_EQ(world.receive(queue, 5s).size(), 1U);
    EXPECT_TRUE(world.receive_now(queue).empty());
    world.clock.advance(29'999ms);
    world.settle_timers();
    EXPECT_TRUE(world.receive_now(queue).empty());
    world.clock.advance(1ms);
    const ReceivedMessages again = world.receive(queue, 5s);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].receive_count, 2U);
}

TEST(StandardQueue, ReceiveMayHaveAVisibilityTimeoutOfItsOwn) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "hello");
    ASSERT_EQ(world.receive(queue, {.visibility_timeout_s = 5, .wait_time_s = 5}).size(), 1U);
    world.clock.advance(5s);
    EXPECT_EQ(world.receive(queue, 5s).size(), 1U);
}

TEST(StandardQueue, EachReceiveGivesAnotherHandleAndAnOldOneStillDeletes) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"VisibilityTimeout", "1"}});
    world.send(queue, "hello");
    const ReceivedMessages first = world.receive(queue, 5s);
    world.clock.advance(1s);
    const ReceivedMessages second = world.receive(queue, 5s);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_NE(first[0].receipt_handle.text(), second[0].receipt_handle.text());
    world.remove(queue, first[0]);
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 0 delayed 0");
}

TEST(StandardQueue, AMessageDeletedAfterItsTimeoutIsNotReceivedAgain) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"VisibilityTimeout", "1"}});
    world.send(queue, "late");
    const ReceivedMessages first = world.receive(queue, 5s);
    world.clock.advance(1s);
    world.settle_timers();
    EXPECT_EQ(world.counts(queue), "ready 1 in flight 0 delayed 0");
    world.remove(queue, first[0]);
    world.send(queue, "next");
    const ReceivedMessages next =
        world.receive(queue, {.max_number_of_messages = 10, .wait_time_s = 5});
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].message->body(), "next");
}

TEST(StandardQueue, DeletingTwiceSucceeds) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "hello");
    const ReceivedMessages received = world.receive(queue, 5s);
    world.remove(queue, received[0]);
    world.remove(queue, received[0]);
}

TEST(StandardQueue, AForgedOrForeignHandleIsInvalid) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    const QueuePtr other = world.create("other");
    world.send(queue, "hello");
    const ReceivedMessages received = world.receive(queue, 5s);
    const std::string handle(received[0].receipt_handle.text());
    EXPECT_EQ(world.error_of_delete(other, handle), "ReceiptHandleIsInvalid");
    EXPECT_EQ(world.error_of_delete(queue, "garbage"), "ReceiptHandleIsInvalid");
    for (std::size_t i = 0; i < handle.size(); ++i) {
        std::string forged = handle;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        EXPECT_EQ(world.error_of_delete(queue, forged), "ReceiptHandleIsInvalid") << i;
    }
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 1 delayed 0");
}

TEST(StandardQueue, ADelayedMessageComesWhenItsDelayIsOver) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, {.body = "later", .delay_seconds = 10});
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 0 delayed 1");
    EXPECT_TRUE(world.receive_now(queue).empty());
    world.clock.advance(10s);
    EXPECT_EQ(world.receive(queue, 5s).size(), 1U);
}

TEST(StandardQueue, TheQueuesDelayHoldsForMessagesWithoutOne) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"DelaySeconds", "10"}});
    world.send(queue, "later");
    world.send(queue, {.body = "now", .delay_seconds = 0});
    const ReceivedMessages now =
        world.receive(queue, {.max_number_of_messages = 10, .wait_time_s = 5});
    ASSERT_EQ(now.size(), 1U);
    EXPECT_EQ(now[0].message->body(), "now");
}

TEST(StandardQueue, ALongPollIsAnsweredByTheNextMessage) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    auto waiting = world.start_receive(queue, {.wait_time_s = 20});
    world.send(queue, "hello");
    const ReceivedMessages received = *waiting.get();
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].message->body(), "hello");
}

TEST(StandardQueue, LongPollsAreServedInTheirOrder) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    auto first = world.start_receive(queue, {.wait_time_s = 20});
    auto second = world.start_receive(queue, {.wait_time_s = 20});
    world.send(queue, "one");
    EXPECT_EQ(first.get()->at(0).message->body(), "one");
    world.send(queue, "two");
    EXPECT_EQ(second.get()->at(0).message->body(), "two");
}

TEST(StandardQueue, ALongPollWhoseCallerHasGoneTakesNothing) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    const auto gone = std::make_shared<std::atomic<bool>>(false);
    auto first = world.start_receive(queue, {.wait_time_s = 20, .caller = Caller(gone)});
    auto second = world.start_receive(queue, {.wait_time_s = 20});
    gone->store(true);
    world.send(queue, "one");
    EXPECT_TRUE(first.get()->empty());
    EXPECT_EQ(second.get()->at(0).message->body(), "one");
}

TEST(StandardQueue, ALongPollEndsEmptyAfterItsWaitTime) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    auto waiting = world.start_receive(queue, {.wait_time_s = 20});
    world.clock.advance(20s);
    EXPECT_TRUE(waiting.get()->empty());
    world.send(queue, "kept");
    EXPECT_EQ(world.receive(queue, 5s).size(), 1U);
}

TEST(StandardQueue, ChangingTheVisibilityToZeroMakesTheMessageReceivableAtOnce) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "hello");
    const ReceivedMessages received = world.receive(queue, 5s);
    EXPECT_EQ(world.change_visibility(queue, received[0], 0), "");
    EXPECT_EQ(world.receive(queue, 5s).size(), 1U);
}

TEST(StandardQueue, ChangingTheVisibilityMovesTheTimeout) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "hello");
    const ReceivedMessages received = world.receive(queue, 5s);
    EXPECT_EQ(world.change_visibility(queue, received[0], 60), "");
    world.clock.advance(59s);
    world.settle_timers();
    EXPECT_TRUE(world.receive_now(queue).empty());
    world.clock.advance(1s);
    EXPECT_EQ(world.receive(queue, 5s).size(), 1U);
}

TEST(StandardQueue, TheVisibilityOfAMessageThatIsNotInFlightCannotBeChanged) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "hello");
    const ReceivedMessages received = world.receive(queue, 5s);
    EXPECT_EQ(world.change_visibility(queue, received[0], 0), "");
    EXPECT_EQ(world.change_visibility(queue, received[0], 10), "MessageNotInflight");
    EXPECT_EQ(world.change_visibility(queue, received[0], 43'201),
              "InvalidParameterValueException");
    world.remove(queue, received[0]);
    EXPECT_EQ(world.change_visibility(queue, received[0], 10), "InvalidParameterValueException");
}

TEST(StandardQueue, AMessageIsKeptForTheRetentionPeriodOnly) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"MessageRetentionPeriod", "60"}});
    world.send(queue, "old");
    world.clock.advance(60s);
    EXPECT_TRUE(world.receive_now(queue).empty());
    world.settle_timers();
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 0 delayed 0");
    EXPECT_EQ(world.stored_messages(), 0U);
}

TEST(StandardQueue, AfterMaxReceiveCountAMessageGoesToTheDeadLetterQueue) {
    TestWorld world;
    const QueuePtr dead = world.create("dead");
    const QueuePtr queue =
        world.create("work", {{"VisibilityTimeout", "0"},
                              {"RedrivePolicy", R"({"deadLetterTargetArn":")" + dead->arn() +
                                                    R"(","maxReceiveCount":2})"}});
    const SentMessage sent = world.send(queue, "poison");
    for (std::uint32_t receive = 1; receive <= 2; ++receive) {
        EXPECT_EQ(world.receive(queue, 5s).at(0).receive_count, receive);
    }
    world.settle_timers();
    EXPECT_TRUE(world.receive_now(queue).empty());
    const ReceivedMessages received = world.receive(dead, 5s);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].message->body(), "poison");
    EXPECT_EQ(received[0].message->id().text(), sent.message_id.text());
    EXPECT_EQ(decode_extras(received[0].message->extras()).dead_letter_source_arn, queue->arn());
    EXPECT_EQ(world.stored_messages(), 1U);
}

TEST(StandardQueue, SendRefusesWhatSqsRefuses) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"MaximumMessageSize", "1024"}});
    EXPECT_EQ(world.error_of_send(queue, {.body = ""}), "MissingRequiredParameterException");
    EXPECT_EQ(world.error_of_send(queue, {.body = "a\x01"}), "InvalidMessageContents");
    for (std::size_t size = 1; size < 70; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string body(size, 'x');
            body[at] = '\x1f';
            EXPECT_EQ(world.error_of_send(queue, {.body = body}), "InvalidMessageContents");
            body.replace(at, 1, "\xEF\xBF\xBF");
            EXPECT_EQ(world.error_of_send(queue, {.body = body}), "InvalidMessageContents");
        }
    }
    EXPECT_EQ(world.error_of_send(queue, {.body = std::string(1025, 'a')}),
              "InvalidParameterValueException");
    EXPECT_EQ(world.error_of_send(queue, {.body = "a", .delay_seconds = 901}),
              "InvalidParameterValueException");
    EXPECT_EQ(world.error_of_send(queue, {.body = "a", .attributes = {{"n", "Number", "x"}}}),
              "InvalidParameterValueException");
    EXPECT_EQ(world.error_of_send(queue, {.body = "a", .attributes = {{"n", "Text", "x"}}}),
              "InvalidParameterValueException");
    const std::string fits(1024, 'a');
    EXPECT_EQ(world.error_of_send(queue, {.body = fits}), "");
}

TEST(StandardQueue, OnlyTheCommittedStepMakesAMessageVisible) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    {
        Effects dropped;
        ASSERT_TRUE(queue->send(dropped, {.body = "never"}).has_value());
    }
    world.send(queue, "sent");
    const ReceivedMessages received =
        world.receive(queue, {.max_number_of_messages = 10, .wait_time_s = 5});
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].message->body(), "sent");
}

}  // namespace
}  // namespace stepwell::queue
