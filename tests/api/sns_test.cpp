// SNS's operations as the wire calls them: JSON in, JSON out.
#include "api/sns.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stepwell/testing.hpp>

#include "journal/storage.hpp"
#include "sched/timers.hpp"
#include "topic/errors.hpp"

namespace stepwell::api {
namespace {

/// Takes everything and remembers the last body.
class OneQueue final : public topic::DeliveryPort {
 public:
    Result<> enqueue(Effects&, const topic::QueueMessage& message) override {
        last = message.body;
        return {};
    }
    void invoke(std::string, std::string, topic::Completion<> done) override { done({}); }
    std::string last;
};

class SnsTest : public testing::Test {
 protected:
    SnsTest() {
        EXPECT_TRUE(topics.recover().has_value());
        register_sns(table, topics, *storage);
    }
    std::string call(std::string_view operation, std::string body) {
        std::promise<Result<Reply>> promise;
        const Operation* found = table.find("sns", operation);
        EXPECT_NE(found, nullptr) << operation;
        (*found)({std::move(body), {}},
                 [&](Result<Reply> reply) { promise.set_value(std::move(reply)); });
        const auto reply = promise.get_future().get();
        return reply.has_value()
                   ? reply->body
                   : std::string(reply.error().code()) + ": " + reply.error().message();
    }
    static std::string text(const std::string& json, std::string_view name) {
        const auto document = json::Document::parse(json).value();
        const auto found = document.root().find(name);
        return found.has_value() && found->is_string() ? std::string(found->string()) : "absent";
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    OneQueue queue;
    topic::Topics topics{{}, clock, *storage, timers, queue};
    OperationTable table;
    const std::string arn = "arn:aws:sns:us-east-1:000000000000:news";
};

TEST_F(SnsTest, ATopicIsMadePublishedToAndDeleted) {
    EXPECT_EQ(call("CreateTopic", R"({"Name":"news","Tags":[{"Key":"k","Value":"v"}]})"),
              R"({"TopicArn":")" + arn + R"("})");
    const std::string subscribed = call(
        "Subscribe",
        R"({"TopicArn":")" + arn +
            R"(","Protocol":"sqs","Endpoint":"arn:aws:sqs:us-east-1:000000000000:work","Attributes":{"RawMessageDelivery":"true"}})");
    EXPECT_EQ(text(subscribed, "SubscriptionArn").substr(0, arn.size() + 1), arn + ":");
    EXPECT_EQ(
        text(call("Publish", R"({"TopicArn":")" + arn + R"(","Message":"hello"})"), "MessageId")
            .size(),
        36U);
    EXPECT_EQ(queue.last, "hello");
    EXPECT_EQ(call("ListTopics", ""), R"({"Topics":[{"TopicArn":")" + arn + R"("}]})");
    EXPECT_EQ(call("ListTagsForResource", R"({"ResourceArn":")" + arn + R"("})"),
              R"({"Tags":[{"Key":"k","Value":"v"}]})");
    EXPECT_EQ(call("DeleteTopic", R"({"TopicArn":")" + arn + R"("})"), "{}");
    EXPECT_EQ(call("ListSubscriptions", ""), R"({"Subscriptions":[]})");
    EXPECT_EQ(call("GetTopicAttributes", R"({"TopicArn":")" + arn + R"("})"),
              "NotFoundException: Topic does not exist");
}

TEST_F(SnsTest, AnHttpSubscriptionWaitsForItsConfirmation) {
    call("CreateTopic", R"({"Name":"news"})");
    const std::string request =
        R"({"TopicArn":")" + arn + R"(","Protocol":"http","Endpoint":"http://127.0.0.1:1/x")";
    EXPECT_EQ(call("Subscribe", request + "}"), R"({"SubscriptionArn":"pending confirmation"})");
    const std::string subscription =
        text(call("Subscribe", request + R"(,"ReturnSubscriptionArn":true})"), "SubscriptionArn");
    const auto all = topics.subscriptions(arn, "", 10).value();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0]->arn, subscription);
    EXPECT_EQ(call("ConfirmSubscription", R"({"TopicArn":")" + arn + R"(","Token":"wrong"})"),
              "InvalidParameterException: Invalid parameter: Token");
    EXPECT_EQ(call("ConfirmSubscription",
                   R"({"TopicArn":")" + arn + R"(","Token":")" + all[0]->token + R"("})"),
              R"({"SubscriptionArn":")" + subscription + R"("})");
    EXPECT_EQ(topics.subscription_attributes(subscription)->at("PendingConfirmation"), "false");
}

TEST_F(SnsTest, ABatchPublishesEachEntry) {
    call("CreateTopic", R"({"Name":"news"})");
    const auto request = [&](const std::string& entries) {
        return R"({"TopicArn":")" + arn + R"(","PublishBatchRequestEntries":[)" + entries + "]}";
    };
    const std::string sent =
        call("PublishBatch", request(R"({"Id":"a","Message":"x"},{"Id":"b","Message":""})"));
    const auto document = json::Document::parse(sent).value();
    EXPECT_EQ(document.root().find("Successful").value()[0].find("Id")->string(), "a");
    EXPECT_EQ(document.root().find("Failed").value()[0].find("Code")->string(), "InvalidParameter");
    EXPECT_EQ(call("PublishBatch", request("")),
              "EmptyBatchRequestException: The batch request doesn't contain any entries.");
    EXPECT_EQ(call("PublishBatch", request(R"({"Id":"a","Message":"x"},{"Id":"a","Message":"y"})")),
              "BatchEntryIdsNotDistinctException: Two or more batch entries in the request have "
              "the same Id.");
}

TEST_F(SnsTest, MissingMembersAreNamed) {
    EXPECT_EQ(call("Subscribe", "{}"),
              "InvalidParameterException: Invalid parameter: TopicArn Reason: no value for "
              "required parameter");
    EXPECT_EQ(call("Publish", R"({"Message":"x"})"),
              "InvalidParameterException: Invalid parameter: TopicArn or TargetArn Reason: no "
              "value for required parameter");
}

TEST_F(SnsTest, AStepOfAnotherServicePublishesAnyJsonMessage) {
    call("CreateTopic", R"({"Name":"orders.fifo","Attributes":{"FifoTopic":"true"}})");
    call("CreateTopic", R"({"Name":"news"})");
    const auto publish_to = [&](std::string_view name) {
        const std::string text = R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:)" +
                                 std::string(name) + R"(","Message":{"Message":"HelloWorld!"}})";
        json::Outline input(text);
        Effects effects;
        const auto published = publish(effects, topics, input);
        return published.has_value() ? "" : published.error().message();
    };
    EXPECT_EQ(publish_to("news"), "");
    EXPECT_EQ(publish_to("orders.fifo"),
              "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
}

}  // namespace
}  // namespace stepwell::api
