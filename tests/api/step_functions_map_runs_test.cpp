// Map runs and their children as a client sees them.
#include <gtest/gtest.h>

#include "api/step_functions_fixture.hpp"

namespace stepwell::api {
namespace {

using testing::as_json;
using testing::member;

class MapRunsTest : public testing::StepFunctionsTest {
 protected:
    /// Runs a distributed Map with Label "L" over two batches, of which one is still under way.
    void run_callbacks() {
        create(
            R"({"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","MaxConcurrency":1,
            "ToleratedFailurePercentage":12.5,"ItemBatcher":{"MaxItemsPerBatch":2},"ItemProcessor":{
            "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":
            {"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"End":true}}},"End":true}}})");
        execution = member(start(machine_arn, R"(,"input":"[1,2,3]")"), "executionArn");
        token = tasks.next_token();
        map_run = member(first(list_map_runs(), "mapRuns"), "mapRunArn");
    }
    std::string list_map_runs() {
        return call("ListMapRuns", R"({"executionArn":)" + as_json(execution) + "}");
    }
    std::string about_map_run(std::string_view operation, std::string_view more = "") {
        return call(operation, R"({"mapRunArn":)" + as_json(map_run) + std::string(more) + "}");
    }
    /// The first element of the list in an answer.
    static std::string first(std::string_view answer, std::string_view list) {
        const auto document = json::Document::parse(answer);
        const auto elements = document->root().find(list);
        if (!elements.has_value() || elements->size() == 0) return "{}";
        return std::string((*elements)[0].raw());
    }
    void succeed(std::string_view task_token) {
        EXPECT_EQ(
            call("SendTaskSuccess", R"({"output":"1","taskToken":)" + as_json(task_token) + "}"),
            "{}");
    }

    std::string execution;
    std::string map_run;
    std::string token;
};

TEST_F(MapRunsTest, AreDescribed) {
    run_callbacks();
    EXPECT_TRUE(map_run.starts_with("arn:aws:states:us-east-1:000000000000:mapRun:m/L:"));
    const std::string run = about_map_run("DescribeMapRun");
    EXPECT_EQ(member(run, "executionArn"), execution);
    EXPECT_EQ(member(run, "status"), "RUNNING");
    EXPECT_EQ(member(run, "stopDate"), "-");
    EXPECT_EQ(member(run, "maxConcurrency"), "1");
    EXPECT_EQ(member(run, "toleratedFailurePercentage"), "12.5");
    EXPECT_EQ(member(run, "toleratedFailureCount"), "0");
    EXPECT_EQ(
        member(run, "itemCounts"),
        R"({"pending":1,"running":2,"succeeded":0,"failed":0,"timedOut":0,"aborted":0,"total":3,)"
        R"("resultsWritten":0,"failuresNotRedrivable":0,"pendingRedrive":0})");
    EXPECT_EQ(member(member(run, "executionCounts"), "total"), "2");
    EXPECT_EQ(member(first(list_map_runs(), "mapRuns"), "stateMachineArn"),
              "arn:aws:states:us-east-1:000000000000:stateMachine:m/L");
}

TEST_F(MapRunsTest, AreChangedWhileTheyRun) {
    run_callbacks();
    EXPECT_EQ(about_map_run("UpdateMapRun", R"(,"maxConcurrency":2,"toleratedFailureCount":3,)"
                                            R"("toleratedFailurePercentage":50)"),
              "{}");
    succeed(tasks.next_token());
    const std::string run = about_map_run("DescribeMapRun");
    EXPECT_EQ(member(run, "maxConcurrency"), "2");
    EXPECT_EQ(member(run, "toleratedFailureCount"), "3");
    EXPECT_EQ(member(run, "toleratedFailurePercentage"), "50");
    succeed(token);
    EXPECT_EQ(member(ended(execution), "status"), "SUCCEEDED");
    EXPECT_TRUE(about_map_run("UpdateMapRun", R"(,"toleratedFailurePercentage":100.5)")
                    .starts_with("ValidationException: "));
}

TEST_F(MapRunsTest, ListTheirChildren) {
    run_callbacks();
    const std::string child = first(about_map_run("ListExecutions"), "executions");
    EXPECT_EQ(member(child, "mapRunArn"), map_run);
    EXPECT_EQ(member(child, "itemCount"), "2");
    EXPECT_EQ(member(child, "stateMachineArn"),
              "arn:aws:states:us-east-1:000000000000:stateMachine:m/L");
    const std::string arn = member(child, "executionArn");
    EXPECT_EQ(arn, "arn:aws:states:us-east-1:000000000000:execution:m/L:" + member(child, "name"));
    const std::string description = describe(arn);
    EXPECT_EQ(member(description, "mapRunArn"), map_run);
    EXPECT_EQ(member(description, "input"), R"({"Items":[1,2]})");
    const std::string of_machine =
        call("DescribeStateMachineForExecution", R"({"executionArn":)" + as_json(arn) + "}");
    EXPECT_EQ(member(of_machine, "mapRunArn"), map_run);
    EXPECT_EQ(member(of_machine, "label"), "L");
    EXPECT_EQ(
        first(about_map_run("ListExecutions", R"(,"statusFilter":"SUCCEEDED")"), "executions"),
        "{}");
    EXPECT_TRUE(call("ListExecutions", R"({"mapRunArn":)" + as_json(map_run + "0") + "}")
                    .starts_with("ResourceNotFound: "));
}

TEST_F(MapRunsTest, AChildIsStoppedLikeAnyExecution) {
    run_callbacks();
    const std::string arn =
        member(first(about_map_run("ListExecutions"), "executions"), "executionArn");
    call("StopExecution", R"({"executionArn":)" + as_json(arn) + "}");
    EXPECT_EQ(member(ended(arn), "status"), "ABORTED");
    EXPECT_EQ(member(describe(arn), "redriveStatus"), "REDRIVABLE_BY_MAP_RUN");
    EXPECT_EQ(member(describe(arn), "redriveStatusReason"), "-");
    EXPECT_TRUE(call("RedriveExecution", R"({"executionArn":)" + as_json(arn) + "}")
                    .starts_with("ExecutionNotRedrivable: "));
    succeed(tasks.next_token());
    EXPECT_EQ(member(ended(execution), "status"), "SUCCEEDED");  // which is no failure of an item
    const std::string run = about_map_run("DescribeMapRun");
    EXPECT_EQ(member(run, "status"), "SUCCEEDED");
    EXPECT_EQ(member(member(run, "itemCounts"), "aborted"), "2");
}

TEST_F(MapRunsTest, AnExpressMachineHasNone) {
    constexpr std::string_view definition =
        R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{
        "Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},
        "End":true}}})";
    EXPECT_TRUE(call("CreateStateMachine", machine(definition, R"(,"type":"EXPRESS")"))
                    .starts_with("InvalidDefinition: "));
}

}  // namespace
}  // namespace stepwell::api
