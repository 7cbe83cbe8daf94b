// EventBridge's operations, and where events go.
#include "api/event_bridge.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stepwell/testing.hpp>

#include "api/world.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api {
namespace {

class EventBridgeTest : public testing::Test {
 protected:
    EventBridgeTest() {
        World::Options options;
        options.durability = Durability::none;
        options.clock = &clock;
        world = *World::open(std::move(options));
        EXPECT_TRUE(world->start().has_value());
        call("sqs", "CreateQueue", R"({"QueueName":"q"})");
    }

    std::string call(std::string_view service, std::string_view operation, std::string body) {
        std::promise<Result<Reply>> promise;
        const Operation* found = world->operations().find(service, operation);
        EXPECT_NE(found, nullptr) << operation;
        (*found)({std::move(body), CallContext{"http://host:4566", "id", "", "us-east-1"}},
                 [&](Result<Reply> reply) { promise.set_value(std::move(reply)); });
        const Result<Reply> reply = promise.get_future().get();
        if (reply.has_value()) return reply->body;
        return std::string(reply.error().code()) + ": " + reply.error().message();
    }
    std::string events(std::string_view operation, std::string_view body) {
        return call("events", operation, std::string(body));
    }
    void make_rule(std::string_view target, std::string_view more = "") {
        EXPECT_EQ(events("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"shop\"]}"})"),
                  R"({"RuleArn":"arn:aws:events:us-east-1:000000000000:rule/r"})");
        EXPECT_EQ(events("PutTargets", R"({"Rule":"r","Targets":[{"Id":"1","Arn":"arn:aws:)" +
                                           std::string(target) + "\"" + std::string(more) + "}]}"),
                  R"({"FailedEntryCount":0,"FailedEntries":[]})");
    }
    std::string put(std::string_view source = "shop") {
        const std::string answer =
            events("PutEvents",
                   R"({"Entries":[{"Source":")" + std::string(source) +
                       R"(","DetailType":"order","Detail":"{\"id\":7}","Time":1700000000}]})");
        return answer.find(R"("FailedEntryCount":0)") != std::string::npos ? "put" : answer;
    }
    /// The body of the next message, without the event's id; "nothing" when there is none.
    std::string received() {
        const std::string answer = call("sqs", "ReceiveMessage", R"({"QueueUrl":"q"})");
        const auto document = json::Document::parse(answer);
        const auto messages = document->root().find("Messages");
        if (!messages.has_value() || messages->size() == 0) return "nothing";
        std::string body((*messages)[0].find("Body")->string());
        const std::size_t id = body.find(R"("id":")");
        if (id != std::string::npos) body.erase(id, 44);
        return body;
    }

    ManualClock clock;
    std::unique_ptr<World> world;
};

TEST_F(EventBridgeTest, AMatchingEventGoesToTheRulesQueue) {
    make_rule("sqs:us-east-1:000000000000:q");
    EXPECT_EQ(put(), "put");
    EXPECT_EQ(
        received(),
        R"({"version":"0","detail-type":"order","source":"shop","account":"000000000000",)"
        R"("time":"2023-11-14T22:13:20Z","region":"us-east-1","resources":[],"detail":{"id":7}})");
    EXPECT_EQ(put("other"), "put");
    EXPECT_EQ(received(), "nothing");
}

TEST_F(EventBridgeTest, ADisabledRuleSendsNothing) {
    make_rule("sqs:us-east-1:000000000000:q", R"(,"InputPath":"$.detail")");
    EXPECT_EQ(events("DisableRule", R"({"Name":"r"})"), "{}");
    put();
    EXPECT_EQ(received(), "nothing");
    EXPECT_EQ(events("EnableRule", R"({"Name":"r"})"), "{}");
    put();
    EXPECT_EQ(received(), R"({"id":7})");
}

TEST_F(EventBridgeTest, AStateMachineIsStarted) {
    call(
        "states", "CreateStateMachine",
        R"({"name":"m","roleArn":"arn:aws:iam::000000000000:role/r","definition":"{\"StartAt\":\"A\",\"States\":)"
        R"({\"A\":{\"Type\":\"Task\",\"End\":true,\"Resource\":\"arn:aws:states:::sqs:sendMessage\",)"
        R"(\"Parameters\":{\"QueueUrl\":\"http://localhost/000000000000/q\",\"MessageBody.$\":\"$\"}}}}"})");
    make_rule("states:us-east-1:000000000000:stateMachine:m", R"(,"Input":"{\"from\":\"rule\"}")");
    put();
    std::string body = received();  // once the execution has run that far
    while (body == "nothing") body = received();
    EXPECT_EQ(body, R"({"from":"rule"})");
}

TEST_F(EventBridgeTest, ATaskPutsEvents) {
    make_rule("sqs:us-east-1:000000000000:q", R"(,"InputPath":"$.detail")");
    const auto run = [&](std::string_view name, std::string_view entry) {
        call(
            "states", "CreateStateMachine",
            R"({"name":")" + std::string(name) +
                R"(","type":"EXPRESS","roleArn":"arn:aws:iam::000000000000:role/r","definition":"{\"StartAt\":\"A\",)"
                R"(\"States\":{\"A\":{\"Type\":\"Task\",\"End\":true,\"Resource\":\"arn:aws:states:::events:putEvents\",)"
                R"(\"Parameters\":{\"Entries\":[)" +
                std::string(entry) + R"(]}}}}"})");
        return call("states", "StartSyncExecution",
                    R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:)" +
                        std::string(name) + R"("})");
    };
    const std::string good =
        run("good", R"({\"Source\":\"shop\",\"DetailType\":\"t\",\"Detail\":{\"id\":9}})");
    EXPECT_NE(good.find(R"(\"FailedEntryCount\":0)"), std::string::npos) << good;
    EXPECT_EQ(received(), R"({"id":9})");
    const std::string bad = run("bad", R"({\"Source\":\"shop\",\"Detail\":{\"id\":9}})");
    EXPECT_NE(bad.find(R"("error":"EventBridge.FailedEntry")"), std::string::npos) << bad;
    EXPECT_NE(bad.find("DetailType is a required argument"), std::string::npos) << bad;
}

TEST_F(EventBridgeTest, RulesAreListedChangedAndDeleted) {
    make_rule("sqs:us-east-1:000000000000:q");
    EXPECT_EQ(
        events("DescribeRule", R"({"Name":"r"})"),
        R"({"Name":"r","Arn":"arn:aws:events:us-east-1:000000000000:rule/r","EventPattern":"{\"source\":[\"shop\"]}",)"
        R"("State":"ENABLED","EventBusName":"default","CreatedBy":"000000000000"})");
    EXPECT_EQ(events("ListTargetsByRule", R"({"Rule":"r"})"),
              R"({"Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})");
    EXPECT_EQ(events("DeleteRule", R"({"Name":"r"})"),
              "ValidationException: Rule can't be deleted since it has targets.");
    EXPECT_EQ(events("RemoveTargets", R"({"Rule":"r","Ids":["1"]})"),
              R"({"FailedEntryCount":0,"FailedEntries":[]})");
    EXPECT_EQ(events("DeleteRule", R"({"Name":"r"})"), "{}");
    EXPECT_EQ(events("ListRules", "{}"), R"({"Rules":[]})");
    EXPECT_EQ(events("DescribeRule", R"({"Name":"r"})"),
              "ResourceNotFoundException: Rule r does not exist on EventBus default.");
}

TEST_F(EventBridgeTest, WhatIsWrongIsSaidAsAWSDoes) {
    EXPECT_EQ(events("PutRule", R"({"Name":"r"})"),
              "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be "
              "specified.");
    EXPECT_EQ(events("PutRule", R"({"Name":"r","EventPattern":"{\"a\":1}"})"),
              "InvalidEventPatternException: Event pattern is not valid. Reason: \"a\" must be an "
              "object or an array");
    EXPECT_EQ(events("PutRule", R"({"Name":"r","EventBusName":"mine","EventPattern":"{}"})"),
              "ResourceNotFoundException: Event bus mine does not exist.");
    EXPECT_EQ(
        events(
            "PutTargets",
            R"({"Rule":"r","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})"),
        "ResourceNotFoundException: Rule r does not exist on EventBus default.");
    EXPECT_EQ(
        events(
            "PutEvents",
            R"({"Entries":[{"Source":"aws.s3","DetailType":"t","Detail":"{}"},{"Source":"s","DetailType":"t","Detail":"x"}]})"),
        R"({"Entries":[{"ErrorCode":"NotAuthorizedForSourceException","ErrorMessage":"Not authorized for the source."},)"
        R"({"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}],"FailedEntryCount":2})");
    EXPECT_EQ(events("TestEventPattern",
                     R"({"EventPattern":"{\"source\":[\"a\"]}","Event":"{\"source\":\"a\"}"})"),
              R"({"Result":true})");
}

}  // namespace
}  // namespace stepwell::api
