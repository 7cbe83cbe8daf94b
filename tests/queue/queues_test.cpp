// All queues: making, finding, deleting, and what a restart keeps.
#include "queue/queues.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "queue/world_for_tests.hpp"

namespace stepwell::queue {
namespace {

using namespace std::chrono_literals;

std::string error_of(const Result<QueuePtr>& result) {
    return result.has_value() ? "" : std::string(result.error().code());
}

Result<> control(const std::function<void(Completion<>)>& operation) {
    std::promise<Result<>> promise;
    operation([&](Result<> done) { promise.set_value(std::move(done)); });
    return promise.get_future().get();
}

TEST(Queues, CreatingAgainWithTheSameAttributesGivesTheSameQueue) {
    TestWorld world;
    const QueuePtr first = world.create("work", {{"VisibilityTimeout", "5"}});
    EXPECT_EQ(world.create("work", {{"VisibilityTimeout", "5"}}), first);
    EXPECT_EQ(world.create("work"), first);
    EXPECT_EQ(error_of(world.try_create("work", {{"VisibilityTimeout", "6"}})), "QueueNameExists");
}

TEST(Queues, NamesAndAttributesAreChecked) {
    TestWorld world;
    EXPECT_EQ(error_of(world.try_create("no spaces")), "InvalidParameterValueException");
    EXPECT_EQ(error_of(world.try_create(std::string(81, 'a'))), "InvalidParameterValueException");
    EXPECT_EQ(error_of(world.try_create("later.fifo")), "UnsupportedOperation");
    EXPECT_EQ(error_of(world.try_create("work", {{"Color", "red"}})), "InvalidAttributeName");
    EXPECT_EQ(error_of(world.try_create("work", {{"VisibilityTimeout", "43201"}})),
              "InvalidAttributeValue");
    EXPECT_EQ(error_of(world.try_create("work", {{"MessageRetentionPeriod", "59"}})),
              "InvalidAttributeValue");
    EXPECT_EQ(error_of(world.try_create("work", {{"RedrivePolicy", "{}"}})),
              "InvalidParameterValueException");
    EXPECT_EQ(error_of(world.queues->find("work")), "QueueDoesNotExist");
}

TEST(Queues, ADeadLetterQueueMayRefuseItsSources) {
    TestWorld world;
    const QueuePtr dead =
        world.create("dead", {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}});
    const std::string policy =
        R"({"deadLetterTargetArn":")" + dead->arn() + R"(","maxReceiveCount":"3"})";
    EXPECT_EQ(error_of(world.try_create("work", {{"RedrivePolicy", policy}})),
              "InvalidParameterValueException");
    ASSERT_TRUE(control([&](auto done) {
                    world.queues->set_attributes("dead", {{"RedriveAllowPolicy", ""}},
                                                 std::move(done));
                }).has_value());
    world.create("work", {{"RedrivePolicy", policy}});
    EXPECT_EQ(world.queues->dead_letter_sources(*dead, "", 10), std::vector<std::string>{"work"});
}

TEST(Queues, AttributesTellWhatAQueueHas) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"DelaySeconds", "3"}});
    world.send(queue, {.body = "a", .delay_seconds = 0});
    const TextMap all = *world.queues->attributes(*queue, {"All"});
    EXPECT_EQ(all.at("QueueArn"), "arn:aws:sqs:us-east-1:000000000000:work");
    EXPECT_EQ(all.at("ApproximateNumberOfMessages"), "1");
    EXPECT_EQ(all.at("DelaySeconds"), "3");
    EXPECT_EQ(all.at("CreatedTimestamp"), "1700000000");
    EXPECT_EQ(world.queues->attributes(*queue, {"DelaySeconds"})->size(), 1U);
    EXPECT_FALSE(world.queues->attributes(*queue, {"Color"}).has_value());
}

TEST(Queues, PermissionsBecomeStatementsOfThePolicy) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    const auto add = [&](std::string label) {
        return control([&](auto done) {
            world.queues->add_permission("work", label, {"111122223333"}, {"SendMessage"},
                                         std::move(done));
        });
    };
    EXPECT_TRUE(add("one").has_value());
    EXPECT_FALSE(add("one").has_value());
    EXPECT_EQ(
        world.queues->attributes(*queue, {"Policy"})->at("Policy"),
        R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:work/SQSDefaultPolicy",)"
        R"("Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
        R"("Action":"SQS:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:work"}]})");
    EXPECT_TRUE(control([&](auto done) {
                    world.queues->remove_permission("work", "one", std::move(done));
                }).has_value());
    EXPECT_TRUE(world.queues->attributes(*queue, {"Policy"})->empty());
}

TEST(Queues, PurgingEndsAllMessagesThatWereSent) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "ready");
    world.send(queue, {.body = "delayed", .delay_seconds = 60});
    world.send(queue, "received");
    const ReceivedMessages received = world.receive(queue, 5s);
    ASSERT_TRUE(
        control([&](auto done) { world.queues->purge("work", std::move(done)); }).has_value());
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 0 delayed 0");
    EXPECT_EQ(world.stored_messages(), 0U);
    world.remove(queue, received[0]);
    world.send(queue, "after");
    EXPECT_EQ(world.receive(queue, 5s).at(0).message->body(), "after");
    const auto again = control([&](auto done) { world.queues->purge("work", std::move(done)); });
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code(), "PurgeQueueInProgress");
}

TEST(Queues, ADeletedQueueVoidsMessagesAndHandlesForEver) {
    TestWorld world;
    const QueuePtr old = world.create("work");
    world.send(old, "old");
    const ReceivedMessages received = world.receive(old, 5s);
    auto waiting = world.start_receive(old, {.wait_time_s = 20});
    ASSERT_TRUE(
        control([&](auto done) { world.queues->remove("work", std::move(done)); }).has_value());
    const auto ended = waiting.get();
    ASSERT_FALSE(ended.has_value());
    EXPECT_EQ(ended.error().code(), "QueueDoesNotExist");
    EXPECT_EQ(world.error_of_send(old, {.body = "a"}), "QueueDoesNotExist");
    const QueuePtr made_again = world.create("work");
    EXPECT_TRUE(world.receive_now(made_again).empty());
    EXPECT_EQ(world.error_of_delete(made_again, received[0].receipt_handle.text()),
              "ReceiptHandleIsInvalid");
    EXPECT_EQ(world.stored_messages(), 0U);
}

TEST(Queues, ARestartKeepsQueuesAndMessages) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"VisibilityTimeout", "7"}});
    const SentMessage sent = world.send(
        queue,
        {.body = "kept", .attributes = {{"color", "String", "red"}}, .trace_header = "Root=1"});
    EXPECT_EQ(world.restart(), 1U);
    const QueuePtr found = *world.queues->find("work");
    EXPECT_EQ(world.queues->attributes(*found, {"VisibilityTimeout"})->at("VisibilityTimeout"),
              "7");
    const ReceivedMessages received = world.receive(found, 5s);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].message->body(), "kept");
    EXPECT_EQ(received[0].message->id().text(), sent.message_id.text());
    const MessageExtras extras = decode_extras(received[0].message->extras());
    EXPECT_EQ(extras.trace_header, "Root=1");
    EXPECT_EQ(extras.attributes.at(0).value, "red");
}

TEST(Queues, ARestartKeepsCountsTimeoutsAndHandles) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "one");
    world.send(queue, "two");
    const ReceivedMessages received =
        world.receive(queue, {.max_number_of_messages = 2, .wait_time_s = 5});
    ASSERT_EQ(received.size(), 2U);
    world.restart();
    const QueuePtr found = *world.queues->find("work");
    EXPECT_EQ(world.counts(found), "ready 0 in flight 2 delayed 0");
    EXPECT_TRUE(world.receive_now(found).empty());
    world.remove(found, received[0]);
    EXPECT_EQ(world.counts(found), "ready 0 in flight 1 delayed 0");
    world.clock.advance(30s);
    EXPECT_EQ(world.receive(found, 5s).at(0).receive_count, 2U);
}

TEST(Queues, TimeoutsThatFellIntoTheOutageHaveHappened) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "one");
    world.send(queue, {.body = "two", .delay_seconds = 20});
    const ReceivedMessages first = world.receive(queue, 5s);
    world.commit({});
    world.queues.reset();
    world.clock.advance(30s);
    world.restart();
    const QueuePtr found = *world.queues->find("work");
    EXPECT_EQ(world.counts(found), "ready 2 in flight 0 delayed 0");
    world.remove(found, first[0]);
    EXPECT_EQ(world.counts(found), "ready 1 in flight 0 delayed 0");
}

// A receive is answered before its receipt is durable: a crash may lose the receipt, but not what
// was deleted by it.
TEST(Queues, AHandleWhoseReceiptWasLostStillDeletes) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "one");
    world.send(queue, "two");
    const ReceivedMessages received = world.receive(queue, 5s);
    Effects loss;
    loss.erase(Table::message_receipt, MessageKey(queue->id(), received[0].message->sequence()));
    world.commit(std::move(loss));
    world.restart();
    const QueuePtr found = *world.queues->find("work");
    world.remove(found, received[0]);
    const ReceivedMessages left =
        world.receive(found, {.max_number_of_messages = 10, .wait_time_s = 5});
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].message->body(), "two");
    EXPECT_TRUE(world.receive_now(found).empty());
    EXPECT_EQ(world.stored_messages(), 1U);
}

TEST(Queues, ADeletedMessageDoesNotComeBackAfterARestart) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "one");
    world.remove(queue, world.receive(queue, 5s).at(0));
    EXPECT_EQ(world.restart(), 0U);
    EXPECT_EQ(world.stored(Table::message_receipt), 0U);
}

TEST(Queues, SequencesAreNeverUsedTwice) {
    TestWorld world;
    const QueuePtr queue = world.create("work");
    world.send(queue, "one");
    const ReceivedMessages before = world.receive(queue, 5s);
    world.remove(queue, before[0]);
    world.restart();
    const QueuePtr found = *world.queues->find("work");
    world.send(found, "two");
    const ReceivedMessages after = world.receive(found, 5s);
    EXPECT_GT(after[0].message->sequence(), before[0].message->sequence());
    world.remove(found, before[0]);  // the old handle means nothing now
    EXPECT_EQ(world.counts(found), "ready 0 in flight 1 delayed 0");
}

TEST(Queues, MoveTasksBringDeadLettersBack) {
    TestWorld world;
    const QueuePtr dead = world.create("dead");
    const QueuePtr queue =
        world.create("work", {{"VisibilityTimeout", "0"},
                              {"RedrivePolicy", R"({"deadLetterTargetArn":")" + dead->arn() +
                                                    R"(","maxReceiveCount":1})"}});
    EXPECT_EQ(world.queues->start_move_task(queue->arn(), "", {}).error().code(),
              "InvalidParameterValueException");
    world.send(queue, "poison");
    ASSERT_EQ(world.receive(queue, 5s).size(), 1U);
    world.settle_timers();
    EXPECT_TRUE(world.receive_now(queue).empty());
    world.commit({});
    EXPECT_EQ(world.counts(dead), "ready 1 in flight 0 delayed 0");
    ASSERT_TRUE(world.queues->start_move_task(dead->arn(), "", {}).has_value());
    EXPECT_EQ(world.receive(queue, 5s).at(0).message->body(), "poison");
    world.settle_timers();
    const auto tasks = *world.queues->move_tasks(dead->arn(), 10);
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].status, "COMPLETED");
    EXPECT_EQ(tasks[0].moved, 1U);
}

// Every message is received exactly once when nobody lets a timeout pass, however many senders and
// receivers there are.
TEST(Queues, ManyThreadsSendReceiveAndDeleteWithoutLossOrDuplicate) {
    constexpr int senders = 2;
    constexpr int receivers = 2;
    constexpr int messages_each = 2'000;
    TestWorld world;
    const QueuePtr queue = world.create("work");
    std::mutex mutex;
    std::set<std::string> seen;
    std::atomic<int> received_count{0};
    std::atomic<int> duplicates{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < senders; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < messages_each; ++i) {
                Effects effects;
                const std::string body = std::to_string(t) + ":" + std::to_string(i);
                ASSERT_TRUE(queue->send(effects, {.body = body}).has_value());
                world.storage->commit(std::move(effects));
            }
        });
    }
    for (int t = 0; t < receivers; ++t) {
        threads.emplace_back([&] {
            while (received_count < senders * messages_each) {
                for (const ReceivedMessage& each :
                     world.receive(queue, {.max_number_of_messages = 10, .wait_time_s = 0})) {
                    Effects effects;
                    ASSERT_TRUE(
                        queue->delete_message(effects, each.receipt_handle.text()).has_value());
                    world.storage->commit(std::move(effects));
                    ++received_count;
                    const std::scoped_lock lock(mutex);
                    if (!seen.emplace(each.message->body()).second) ++duplicates;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(senders * messages_each));
    EXPECT_EQ(duplicates, 0);
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 0 delayed 0");
    EXPECT_EQ(world.stored_messages(), 0U);
}

// No wake-up is lost: each sender waits until its message was received by a poll that was parked
// before or meanwhile.
TEST(Queues, LongPollsMissNoMessage) {
    TestWorld world;
    const QueuePtr queue = world.create("work", {{"VisibilityTimeout", "43200"}});
    constexpr int rounds = 1'000;
    std::thread sender([&] {
        for (int i = 0; i < rounds; ++i) {
            Effects effects;
            ASSERT_TRUE(queue->send(effects, {.body = "x"}).has_value());
            world.storage->commit(std::move(effects));
        }
    });
    for (int i = 0; i < rounds; ++i) ASSERT_EQ(world.receive(queue, 20s).size(), 1U);
    sender.join();
    EXPECT_EQ(world.counts(queue), "ready 0 in flight 1000 delayed 0");
}

}  // namespace
}  // namespace stepwell::queue
