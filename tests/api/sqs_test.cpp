// SQS's operations as the wire calls them: JSON in, JSON out.
#include "api/sqs.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stepwell/testing.hpp>

#include "journal/storage.hpp"
#include "json/value.hpp"
#include "queue/errors.hpp"
#include "sched/timers.hpp"

namespace stepwell::api {
namespace {

class SqsTest : public testing::Test {
 protected:
    SqsTest() {
        EXPECT_TRUE(queues.recover().has_value());
        register_sqs(table, queues, *storage, Identity{});
    }

    Result<Reply> try_call(std::string_view operation, std::string body) {
        std::promise<Result<Reply>> promise;
        const Operation* found = table.find("sqs", operation);
        EXPECT_NE(found, nullptr) << operation;
        (*found)({std::move(body), {"http://host:4566", "id", "", "us-east-1"}},
                 [&](Result<Reply> reply) { promise.set_value(std::move(reply)); });
        return promise.get_future().get();
    }
    std::string call(std::string_view operation, std::string body) {
        const auto reply = try_call(operation, std::move(body));
        return reply.has_value()
                   ? reply->body
                   : std::string(reply.error().code()) + ": " + reply.error().message();
    }
    /// A member of an answer, as text.
    static std::string member(const std::string& json, std::string_view name) {
        const auto document = json::Document::parse(json).value();
        const auto found = document.root().find(name);
        if (!found.has_value()) return "absent";
        return std::string(found->is_string() ? found->string() : found->raw());
    }
    std::string received_member(const std::string& json, std::string_view name) {
        const auto document = json::Document::parse(json).value();
        const auto messages = document.root().find("Messages");
        return messages.has_value() ? member(std::string((*messages)[0].raw()), name)
                                    : "no messages";
    }

    static std::string with_url(std::string rest = "") {
        return R"({"QueueUrl":"http://other.host/000000000000/work")" + rest + "}";
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    queue::Queues queues{Identity{}, clock, *storage, timers};
    OperationTable table;
};

TEST_F(SqsTest, TheQueueUrlEchoesTheCallersHost) {
    EXPECT_EQ(call("CreateQueue", R"({"QueueName":"work"})"),
              R"({"QueueUrl":"http://host:4566/000000000000/work"})");
    EXPECT_EQ(call("GetQueueUrl", R"({"QueueName":"work"})"),
              R"({"QueueUrl":"http://host:4566/000000000000/work"})");
    EXPECT_EQ(call("GetQueueUrl", R"({"QueueName":"none"})"),
              "QueueDoesNotExist: The specified queue does not exist.");
}

TEST_F(SqsTest, AMessageGoesThroughWithItsDigestsAndAttributes) {
    call("CreateQueue", R"({"QueueName":"work"})");
    const std::string good = call(
        "SendMessage",
        with_url(
            R"(,"MessageBody":"This is a test message",)"
            R"("MessageAttributes":{"timestamp":{"DataType":"Number","StringValue":"1493147359900"}},)"
            R"("MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}})"));
    EXPECT_EQ(member(good, "MD5OfMessageBody"), "fafb00f5732ab283681e124bf8747ed1");
    EXPECT_EQ(member(good, "MD5OfMessageAttributes"), "235c5c510d26fb653d073faed50ae77c");
    const std::string got = call(
        "ReceiveMessage",
        with_url(
            R"(,"AttributeNames":["SentTimestamp"],"MessageSystemAttributeNames":["AWSTraceHeader"],)"
            R"("MessageAttributeNames":["time.*"],"WaitTimeSeconds":5)"));
    EXPECT_EQ(received_member(got, "Body"), "This is a test message");
    EXPECT_EQ(received_member(got, "MD5OfBody"), "fafb00f5732ab283681e124bf8747ed1");
    EXPECT_EQ(received_member(got, "MessageId"), member(good, "MessageId"));
    EXPECT_EQ(received_member(got, "Attributes"),
              R"({"SentTimestamp":"1700000000000","AWSTraceHeader":"Root=1"})");
    EXPECT_EQ(received_member(got, "MessageAttributes"),
              R"({"timestamp":{"StringValue":"1493147359900","DataType":"Number"}})");
    const std::string handle = received_member(got, "ReceiptHandle");
    EXPECT_EQ(call("DeleteMessage", with_url(R"(,"ReceiptHandle":")" + handle + R"(")")), "{}");
    EXPECT_EQ(call("ReceiveMessage", with_url()), "{}");
}

TEST_F(SqsTest, MissingAndMistypedMembersAreNamed) {
    call("CreateQueue", R"({"QueueName":"work"})");
    EXPECT_EQ(
        call("SendMessage", R"({"MessageBody":"x"})"),
        "MissingRequiredParameterException: The request must contain the parameter QueueUrl.");
    EXPECT_EQ(
        call("SendMessage", with_url()),
        "MissingRequiredParameterException: The request must contain the parameter MessageBody.");
    EXPECT_EQ(call("SendMessage", with_url(R"(,"MessageBody":7)")),
              "SerializationException: MessageBody can not be converted to a String");
    EXPECT_EQ(call("ReceiveMessage", with_url(R"(,"WaitTimeSeconds":21)")),
              "InvalidParameterValueException: Value 21 for parameter WaitTimeSeconds is invalid. "
              "Reason: Must be >= 0 "
              "and <= 20, if provided.");
    EXPECT_EQ(try_call("SendMessage", "{").error().code(), "SerializationException");
    EXPECT_EQ(try_call("SendMessage", "[]").error().code(), "SerializationException");
}

TEST_F(SqsTest, ABatchReportsEachEntry) {
    call("CreateQueue", R"({"QueueName":"work"})");
    const std::string sent = call(
        "SendMessageBatch",
        with_url(R"(,"Entries":[{"Id":"a","MessageBody":"one"},{"Id":"b","MessageBody":""}])"));
    const auto document = json::Document::parse(sent).value();
    EXPECT_EQ(document.root().find("Successful")->size(), 1U);
    const json::Value failed = document.root().find("Failed").value()[0];
    EXPECT_EQ(failed.find("Id")->string(), "b");
    EXPECT_EQ(failed.find("Code")->string(), "MissingParameter");
    EXPECT_TRUE(failed.find("SenderFault")->boolean());
    EXPECT_EQ(call("SendMessageBatch", with_url(R"(,"Entries":[])")),
              "EmptyBatchRequest: There should be at least one SendMessageBatchRequestEntry in the "
              "request.");
    EXPECT_EQ(
        call("DeleteMessageBatch",
             with_url(
                 R"(,"Entries":[{"Id":"a","ReceiptHandle":"x"},{"Id":"a","ReceiptHandle":"x"}])")),
        "BatchEntryIdsNotDistinct: Id a repeated.");
    EXPECT_EQ(
        call("DeleteMessageBatch", with_url(R"(,"Entries":[{"Id":"a b","ReceiptHandle":"x"}])"))
            .substr(0, 19),
        "InvalidBatchEntryId");
}

TEST_F(SqsTest, QueuesAreListedInPages) {
    for (const char* name : {"a1", "a2", "a3", "b1"})
        call("CreateQueue", R"({"QueueName":")" + std::string(name) + R"("})");
    const std::string page = call("ListQueues", R"({"QueueNamePrefix":"a","MaxResults":2})");
    EXPECT_EQ(member(page, "QueueUrls"),
              R"(["http://host:4566/000000000000/a1","http://host:4566/000000000000/a2"])");
    const std::string next =
        call("ListQueues", R"({"QueueNamePrefix":"a","MaxResults":2,"NextToken":")" +
                               member(page, "NextToken") + R"("})");
    EXPECT_EQ(next, R"({"QueueUrls":["http://host:4566/000000000000/a3"]})");
    EXPECT_EQ(call("ListQueues", R"({"QueueNamePrefix":"z"})"), "{}");
}

TEST_F(SqsTest, AttributesAndTagsAreReadBack) {
    call("CreateQueue",
         R"({"QueueName":"work","Attributes":{"VisibilityTimeout":"9"},"tags":{"team":"red"}})");
    EXPECT_EQ(
        call("GetQueueAttributes",
             with_url(R"(,"AttributeNames":["VisibilityTimeout","QueueArn"])")),
        R"({"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:000000000000:work","VisibilityTimeout":"9"}})");
    EXPECT_EQ(call("SetQueueAttributes", with_url(R"(,"Attributes":{"VisibilityTimeout":"10"})")),
              "{}");
    EXPECT_EQ(call("GetQueueAttributes", with_url(R"(,"AttributeNames":["VisibilityTimeout"])")),
              R"({"Attributes":{"VisibilityTimeout":"10"}})");
    EXPECT_EQ(call("TagQueue", with_url(R"(,"Tags":{"cost":"1"})")), "{}");
    EXPECT_EQ(call("UntagQueue", with_url(R"(,"TagKeys":["team"])")), "{}");
    EXPECT_EQ(call("ListQueueTags", with_url()), R"({"Tags":{"cost":"1"}})");
    EXPECT_EQ(call("DeleteQueue", with_url()), "{}");
    EXPECT_EQ(call("ListQueueTags", with_url()).substr(0, 17), "QueueDoesNotExist");
}

TEST_F(SqsTest, AStepOfAnotherServiceSendsAnyJsonBody) {
    call("CreateQueue", R"({"QueueName":"work"})");
    const std::string text = with_url(
        R"(,"MessageBody":{"Token":"t"},"MessageAttributes":{"a":{"DataType":"String","StringValue":"\u0031"}})");
    json::Outline input(text);
    Effects effects;
    ASSERT_TRUE(send_message(effects, queues, input).has_value());
    storage->commit(std::move(effects));
    const std::string received =
        call("ReceiveMessage", with_url(R"(,"WaitTimeSeconds":5,"MessageAttributeNames":["All"])"));
    EXPECT_EQ(received_member(received, "Body"), R"({"Token":"t"})");
    EXPECT_NE(received.find(R"("MessageAttributes":{"a":{"StringValue":"1")"), std::string::npos);
}

TEST_F(SqsTest, ErrorsCarryTheQueryProtocolsNames) {
    EXPECT_EQ(try_call("GetQueueUrl", R"({"QueueName":"none"})").error().kind().query_name,
              "AWS.SimpleQueueService.NonExistentQueue");
}

}  // namespace
}  // namespace stepwell::api
