// Topics: who gets what, and what a restart keeps.
#include "topic/topics.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <stepwell/testing.hpp>

#include "journal/storage.hpp"
#include "json/value.hpp"
#include "topic/errors.hpp"

namespace stepwell::topic {
namespace {

using namespace std::chrono_literals;

/// Queues and functions that remember what they got.
class FakePort final : public DeliveryPort {
 public:
    Result<> enqueue(Effects& effects, const QueueMessage& message) override {
        if (message.queue_arn.ends_with(":gone")) return errors::no_such_topic();
        std::string line(message.queue_arn.substr(message.queue_arn.rfind(':') + 1));
        line.append(" ").append(message.body);
        for (const MessageAttribute& attribute : message.attributes) line += " " + attribute.name;
        effects.when_durable([this, line] { note(line); });
        return {};
    }

    void invoke(std::string function_arn, std::string payload, Completion<> done) override {
        bool fails = false;
        {
            const std::scoped_lock lock(mutex_);
            fails = failures_left_ > 0;
            if (fails) --failures_left_;
            last_payload = std::move(payload);  // before the note that a test waits for
        }
        note((fails ? "failed " : "invoked ") + function_arn.substr(function_arn.rfind(':') + 1));
        if (fails) return done(errors::no_such_topic());
        done({});
    }

    void fail_next(int times) {
        const std::scoped_lock lock(mutex_);
        failures_left_ = times;
    }

    /// Waits for the next thing that came.
    std::string next() {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return !notes_.empty(); });
        std::string first = notes_.front();
        notes_.erase(notes_.begin());
        return first;
    }
    bool is_empty() {
        const std::scoped_lock lock(mutex_);
        return notes_.empty();
    }

    std::string last_payload;

 private:
    void note(std::string line) {
        const std::scoped_lock lock(mutex_);
        notes_.push_back(std::move(line));
        arrived_.notify_all();
    }
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::string> notes_;
    int failures_left_ = 0;
};

class TopicsTest : public testing::Test {
 protected:
    TopicsTest() { restart(); }

    std::uint64_t restart() {
        topics.reset();
        topics.emplace(Topics::Options{}, clock, *storage, timers, port);
        return topics->recover().value();
    }

    template <class T, class Start>
    static Result<T> wait(Start start) {
        std::promise<Result<T>> promise;
        start([&](Result<T> result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    }

    std::string create(std::string name, TextMap attributes = {}) {
        const auto arn = wait<std::string>([&](auto done) {
            topics->create_topic(std::move(name), std::move(attributes), {}, std::move(done));
        });
        return arn.has_value() ? *arn : arn.error().message();
    }
    Result<SubscriptionPtr> subscribe(const std::string& topic, std::string protocol,
                                      std::string endpoint, TextMap attributes = {}) {
        return wait<SubscriptionPtr>([&](auto done) {
            topics->subscribe(
                {topic, std::move(protocol), std::move(endpoint), std::move(attributes)},
                std::move(done));
        });
    }
    Result<Published> publish(const PublishInput& input) {
        Effects effects;
        auto published = topics->publish(effects, input);
        commit(std::move(effects));
        return published;
    }
    std::string error_of(const PublishInput& input) {
        const auto published = publish(input);
        return published.has_value() ? "" : published.error().message();
    }
    void commit(Effects effects) {
        std::promise<void> durable;
        effects.when_durable([&] { durable.set_value(); });
        storage->commit(std::move(effects));
        durable.get_future().wait();
    }
    std::size_t open_deliveries() {
        commit({});
        storage->wait_until_applied(storage->durable());
        std::size_t count = 0;
        storage->scan(Table::delivery, {}, [&](auto, auto) { return ++count > 0; });
        return count;
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    FakePort port;
    std::optional<Topics> topics;
};

constexpr const char* queue_arn = "arn:aws:sqs:us-east-1:000000000000:work";
constexpr const char* function_arn = "arn:aws:lambda:us-east-1:000000000000:function:handler";

TEST_F(TopicsTest, AQueueGetsTheEnvelope) {
    const std::string topic = create("news");
    EXPECT_EQ(topic, "arn:aws:sns:us-east-1:000000000000:news");
    const SubscriptionPtr subscription = *subscribe(topic, "sqs", queue_arn);
    const Published published = *publish({.topic_arn = topic,
                                          .message = "hello",
                                          .subject = "greeting",
                                          .attributes = {{"color", "String", "red"}}});
    const std::string got = port.next();
    const auto envelope = json::Document::parse(got.substr(5)).value();
    const auto text = [&](std::string_view key) {
        return std::string(envelope.root().find(key)->string());
    };
    EXPECT_EQ(text("Type"), "Notification");
    EXPECT_EQ(text("MessageId"), published.message_id.view());
    EXPECT_EQ(text("TopicArn"), topic);
    EXPECT_EQ(text("Subject"), "greeting");
    EXPECT_EQ(text("Message"), "hello");
    EXPECT_EQ(text("Timestamp"), "2023-11-14T22:13:20.000Z");
    EXPECT_NE(text("UnsubscribeURL").find("Action=Unsubscribe&SubscriptionArn="),
              std::string::npos);
    EXPECT_EQ(envelope.root().find("MessageAttributes")->raw(),
              R"({"color":{"Type":"String","Value":"red"}})");
}

TEST_F(TopicsTest, RawDeliveryGivesTheMessageAndItsAttributes) {
    const std::string topic = create("news");
    ASSERT_TRUE(subscribe(topic, "sqs", queue_arn, {{"RawMessageDelivery", "true"}}).has_value());
    publish({.topic_arn = topic, .message = "hello", .attributes = {{"color", "String", "red"}}});
    EXPECT_EQ(port.next(), "work hello color");
}

TEST_F(TopicsTest, EachProtocolGetsItsOwnTextOfAJsonMessage) {
    const std::string topic = create("news");
    ASSERT_TRUE(subscribe(topic, "sqs", queue_arn, {{"RawMessageDelivery", "true"}}).has_value());
    publish({.topic_arn = topic,
             .message = R"({"default":"d","sqs":"for queues"})",
             .message_structure = "json"});
    EXPECT_EQ(port.next(), "work for queues");
    EXPECT_EQ(
        error_of({.topic_arn = topic, .message = R"({"sqs":"x"})", .message_structure = "json"}),
        "Invalid parameter: Message Structure - No default entry in JSON message body");
}

TEST_F(TopicsTest, OnlyMatchingMessagesReachAFilteredSubscription) {
    const std::string topic = create("news");
    const SubscriptionPtr subscription =
        *subscribe(topic, "sqs", queue_arn,
                   {{"RawMessageDelivery", "true"}, {"FilterPolicy", R"({"k":["a"]})"}});
    publish({.topic_arn = topic, .message = "no", .attributes = {{"k", "String", "b"}}});
    publish({.topic_arn = topic, .message = "yes", .attributes = {{"k", "String", "a"}}});
    EXPECT_EQ(port.next(), "work yes k");
    ASSERT_TRUE(wait<void>([&](auto done) {
                    topics->set_subscription_attribute(subscription->arn, "FilterPolicyScope",
                                                       "MessageBody", std::move(done));
                }).has_value());
    publish({.topic_arn = topic, .message = R"({"k":"b"})"});
    publish({.topic_arn = topic, .message = R"({"k":"a"})"});
    EXPECT_EQ(port.next(), R"(work {"k":"a"})");
}

TEST_F(TopicsTest, AFunctionIsInvokedWithTheEventAndAgainWhenThatFails) {
    const std::string topic = create("news");
    ASSERT_TRUE(subscribe(topic, "lambda", function_arn).has_value());
    port.fail_next(2);
    publish({.topic_arn = topic, .message = "hello"});
    EXPECT_EQ(port.next(), "failed handler");
    EXPECT_EQ(port.next(), "failed handler");
    EXPECT_EQ(port.next(), "invoked handler");
    const auto event = json::Document::parse(port.last_payload).value();
    const json::Value record = event.root().find("Records").value()[0];
    EXPECT_EQ(record.find("EventSource")->string(), "aws:sns");
    EXPECT_EQ(record.find("Sns")->find("Message")->string(), "hello");
    EXPECT_TRUE(record.find("Sns")->find("Subject")->is_null());
}

TEST_F(TopicsTest, ADeliveryThatWasNotMadeIsMadeAfterARestart) {
    const std::string topic = create("news");
    ASSERT_TRUE(subscribe(topic, "lambda", function_arn).has_value());
    port.fail_next(4);  // three attempts at once, the fourth fails and waits for a second
    publish({.topic_arn = topic, .message = "hello"});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(port.next(), "failed handler");
    EXPECT_EQ(open_deliveries(), 1U);
    EXPECT_EQ(restart(), 1U);
    EXPECT_EQ(port.next(), "invoked handler");
}

TEST_F(TopicsTest, AnUnreachableQueueFallsBackToTheDeadLetterQueue) {
    const std::string topic = create("news");
    ASSERT_TRUE(
        subscribe(topic, "sqs", "arn:aws:sqs:us-east-1:000000000000:gone",
                  {{"RawMessageDelivery", "true"},
                   {"RedrivePolicy",
                    R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"})"}})
            .has_value());
    publish({.topic_arn = topic, .message = "hello"});
    EXPECT_EQ(port.next(), "dead hello");
}

TEST_F(TopicsTest, SubscribingAgainGivesTheSameSubscription) {
    const std::string topic = create("news");
    const SubscriptionPtr first = *subscribe(topic, "sqs", queue_arn);
    EXPECT_EQ((*subscribe(topic, "sqs", queue_arn))->arn, first->arn);
    const auto other = subscribe(topic, "sqs", queue_arn, {{"RawMessageDelivery", "true"}});
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().message(),
              "Invalid parameter: Attributes Reason: Subscription already exists with different "
              "attributes");
}

TEST_F(TopicsTest, BadSubscriptionsAreRefused) {
    const std::string topic = create("news");
    const auto message = [&](std::string protocol, std::string endpoint, TextMap attributes = {}) {
        const auto made =
            subscribe(topic, std::move(protocol), std::move(endpoint), std::move(attributes));
        return made.has_value() ? "" : made.error().message();
    };
    EXPECT_EQ(message("pigeon", "x"),
              "Invalid parameter: Amazon SNS does not support this protocol string: pigeon");
    EXPECT_EQ(message("http", "https://a/"),
              "Invalid parameter: Endpoint must match the specified protocol");
    EXPECT_EQ(message("sqs", "work"), "Invalid parameter: SQS endpoint ARN");
    EXPECT_EQ(
        message("sqs", queue_arn, {{"FilterPolicy", R"({"k":"v"})"}}),
        R"(Invalid parameter: Attributes Reason: FilterPolicy: "k" must be an object or an array)");
    EXPECT_EQ(message("sqs", queue_arn, {{"Color", "red"}}),
              "Invalid parameter: Attributes Reason: AttributeName");
}

TEST_F(TopicsTest, PublishRefusesWhatSnsRefuses) {
    const std::string topic = create("news");
    EXPECT_EQ(error_of({.topic_arn = topic, .message = ""}), "Invalid parameter: Empty message");
    EXPECT_EQ(error_of({.topic_arn = topic, .message = "m", .subject = ""}),
              "Invalid parameter: Subject");
    EXPECT_EQ(error_of({.topic_arn = topic, .message = std::string(262'145, 'a')}),
              "Invalid parameter: Message too long");
    EXPECT_EQ(error_of({.topic_arn = topic + "x", .message = "m"}), "Topic does not exist");
    EXPECT_EQ(error_of({.topic_arn = "news", .message = "m"}),
              "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1");
    EXPECT_EQ(error_of({.topic_arn = topic, .message = "m", .attributes = {{"a", "Text", "x"}}}),
              "The message attribute 'a' has an invalid message attribute type, the set of "
              "supported type prefixes is "
              "Binary, Number, and String.");
}

TEST_F(TopicsTest, FifoTopicsWantAGroupAndPublishOnce) {
    const std::string topic = create("orders.fifo", {{"FifoTopic", "true"}});
    EXPECT_EQ(error_of({.topic_arn = topic, .message = "m"}),
              "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
    PublishInput input{.topic_arn = topic,
                       .message = "m",
                       .message_group_id = "g",
                       .message_deduplication_id = "d"};
    const Published first = *publish(input);
    EXPECT_EQ(publish(input)->message_id, first.message_id);
    clock.advance(5min);
    const Published second = *publish(input);
    EXPECT_NE(second.message_id, first.message_id);
    EXPECT_GT(second.sequence_number, first.sequence_number);
}

TEST_F(TopicsTest, ARestartKeepsTopicsAndSubscriptions) {
    const std::string topic = create("news", {{"DisplayName", "News"}});
    const SubscriptionPtr subscription =
        *subscribe(topic, "sqs", queue_arn,
                   {{"RawMessageDelivery", "true"}, {"FilterPolicy", R"({"k":["a"]})"}});
    restart();
    EXPECT_EQ(topics->topic_attributes(topic)->at("DisplayName"), "News");
    EXPECT_EQ(topics->subscription_attributes(subscription->arn)->at("FilterPolicy"),
              R"({"k":["a"]})");
    publish({.topic_arn = topic, .message = "yes", .attributes = {{"k", "String", "a"}}});
    EXPECT_EQ(port.next(), "work yes k");
}

TEST_F(TopicsTest, WhatWasUnsubscribedOrDeletedGetsNothing) {
    const std::string topic = create("news");
    const SubscriptionPtr subscription = *subscribe(topic, "sqs", queue_arn);
    ASSERT_TRUE(wait<void>([&](auto done) {
                    topics->unsubscribe(subscription->arn, std::move(done));
                }).has_value());
    publish({.topic_arn = topic, .message = "m"});
    EXPECT_TRUE(port.is_empty());
    ASSERT_TRUE(
        wait<void>([&](auto done) { topics->delete_topic(topic, std::move(done)); }).has_value());
    EXPECT_EQ(error_of({.topic_arn = topic, .message = "m"}), "Topic does not exist");
    EXPECT_TRUE(topics->topic_arns("", 10).empty());
}

}  // namespace
}  // namespace stepwell::topic
