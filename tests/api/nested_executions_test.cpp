// startExecution.sync and .sync:2 in the whole engine.
#include <gtest/gtest.h>
#include <stepwell/engine.hpp>
#include <stepwell/testing.hpp>

#include <string>

#include "json/value.hpp"

namespace stepwell {
namespace {

std::string parent_of(const std::string& child, const std::string& pattern,
                      const std::string& fields = "") {
    return R"({"StartAt":"P","States":{"P":{"Type":"Task",)" + fields +
           R"("Resource":"arn:aws:states:::states:startExecution)" + pattern +
           R"(","Parameters":{"StateMachineArn":")" + child +
           R"(","Name":"child","Input":{"a":1,"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$":"$$.Execution.Id"}},"End":true}}})";
}

class NestedExecutions : public ::testing::Test {
 protected:
    std::string machine(const std::string& name, const std::string& definition) {
        const auto created = engine_->create_state_machine(name, definition).get();
        EXPECT_TRUE(created.has_value()) << created.error().message();
        return created.has_value() ? *created : "";
    }
    ExecutionDescription run(const std::string& machine_arn) {
        return *engine_->run(machine_arn, Payload::trusted("{}"), "parent").get();
    }

    ManualClock clock_;
    std::unique_ptr<Engine> engine_ = *Engine::open({.shards = 2, .clock = &clock_});
};

constexpr const char* passing =
    R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"b":[2]},"End":true}}})";
constexpr const char* failing =
    R"({"StartAt":"A","States":{"A":{"Type":"Fail","Error":"Mine","Cause":"why"}}})";
constexpr const char* waiting =
    R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1000,"End":true}}})";

TEST_F(NestedExecutions, SyncGivesInputAndOutputAsText) {
    const std::string child = machine("c", passing);
    const ExecutionDescription end = run(machine("p", parent_of(child, ".sync")));
    ASSERT_EQ(end.status, ExecutionStatus::succeeded) << end.cause.value_or("");
    const auto output = json::Document::parse(end.output.text());
    const json::Value root = output->root();
    EXPECT_EQ(root.find("Output")->string(), R"({"b":[2]})");
    EXPECT_EQ(root.find("Name")->string(), "child");
    EXPECT_EQ(root.find("Status")->string(), "SUCCEEDED");
    EXPECT_EQ(root.find("StateMachineArn")->string(), child);
    EXPECT_EQ(root.find("InputDetails")->raw(), R"({"Included":true})");
    EXPECT_EQ(root.find("OutputDetails")->raw(), R"({"Included":true})");
    const std::int64_t now = clock_.now().time_since_epoch().count();
    EXPECT_EQ(root.find("StartDate")->integer(), now);
    EXPECT_EQ(root.find("StopDate")->integer(), now);
    const auto input = json::Document::parse(root.find("Input")->string());
    EXPECT_EQ(input->root().find("a")->integer(), 1);
    EXPECT_EQ(input->root().find("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID")->string(),
              end.execution_arn);
}

TEST_F(NestedExecutions, Sync2GivesThemAsJson) {
    const ExecutionDescription end = run(machine("p", parent_of(machine("c", passing), ".sync:2")));
    ASSERT_EQ(end.status, ExecutionStatus::succeeded) << end.cause.value_or("");
    const auto output = json::Document::parse(end.output.text());
    EXPECT_EQ(output->root().find("Output")->raw(), R"({"b":[2]})");
    EXPECT_EQ(output->root().find("Input")->find("a")->integer(), 1);
}

TEST_F(NestedExecutions, AChildsFailureIsTheTasks) {
    const ExecutionDescription end = run(machine("p", parent_of(machine("c", failing), ".sync:2")));
    EXPECT_EQ(end.error, "States.TaskFailed");
    const auto cause = json::Document::parse(end.cause.value_or(""));
    ASSERT_TRUE(cause.has_value()) << end.cause.value_or("");
    EXPECT_EQ(cause->root().find("Error")->string(), "Mine");
    EXPECT_EQ(cause->root().find("Cause")->string(), "why");
    EXPECT_EQ(cause->root().find("Status")->string(), "FAILED");
    EXPECT_FALSE(cause->root().find("Output").has_value());
}

TEST_F(NestedExecutions, ANameThatIsTakenFailsTheTask) {
    const std::string child = machine("c", passing);
    ASSERT_TRUE(engine_->run(child, Payload::trusted("{}"), "child").get().has_value());
    const ExecutionDescription end = run(machine("p", parent_of(child, ".sync")));
    EXPECT_EQ(end.error, "StepFunctions.ExecutionAlreadyExistsException");
}

TEST_F(NestedExecutions, AStoppedParentStopsItsChild) {
    const std::string child = machine("c", waiting);
    const std::string parent = machine("p", parent_of(child, ".sync"));
    const std::string arn =
        *engine_->start_execution(parent, Payload::trusted("{}"), "parent").get();
    ASSERT_TRUE(engine_->stop_execution(arn).get().has_value());
    const std::string child_arn = "arn:aws:states:us-east-1:000000000000:execution:c:child";
    // Its start was sent out with the parent's, so it comes, if not yet.
    Result<ExecutionDescription> end = engine_->wait_for_execution(child_arn).get();
    while (!end.has_value()) end = engine_->wait_for_execution(child_arn).get();
    EXPECT_EQ(end->status, ExecutionStatus::aborted);
    EXPECT_EQ(end->cause, "The Task state in AWS Step Functions execution [" + arn +
                              "] which was managing this resource was aborted");
}

TEST_F(NestedExecutions, OnlyExecutionsHaveSync) {
    for (const char* const resource :
         {"lambda:invoke.sync", "sqs:sendMessage.sync", "aws-sdk:sfn:startExecution.sync"}) {
        const auto created =
            engine_
                ->create_state_machine(
                    "m",
                    R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::)" +
                        std::string(resource) + R"(","End":true}}})")
                .get();
        ASSERT_FALSE(created.has_value()) << resource;
        EXPECT_EQ(created.error().code(), "InvalidDefinition");
    }
}

}  // namespace
}  // namespace stepwell
