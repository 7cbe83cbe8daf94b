// EXPRESS state machines as a client sees them.
#include <gtest/gtest.h>

#include <thread>

#include "api/step_functions_fixture.hpp"

namespace stepwell::api {
namespace {

using testing::as_json;
using testing::member;

class ExpressApiTest : public testing::StepFunctionsTest {
 protected:
    static constexpr std::string_view express = R"(,"type":"EXPRESS")";
    std::string run(std::string_view more = "") {
        return call("StartSyncExecution",
                    R"({"stateMachineArn":)" + as_json(machine_arn) + std::string(more) + "}");
    }
};

TEST_F(ExpressApiTest, StartSyncExecutionGivesTheEnd) {
    create(pass, express);
    const std::string ended = run(R"(,"name":"n","input":"{\"a\":1}","traceHeader":"Root=1-2")");
    EXPECT_TRUE(member(ended, "executionArn")
                    .starts_with("arn:aws:states:us-east-1:000000000000:express:m:n:"));
    EXPECT_EQ(member(ended, "stateMachineArn"), machine_arn);
    EXPECT_EQ(member(ended, "name"), "n");
    EXPECT_EQ(member(ended, "status"), "SUCCEEDED");
    EXPECT_EQ(member(ended, "startDate"), "1700000000.000");
    EXPECT_EQ(member(ended, "stopDate"), "1700000000.000");
    EXPECT_EQ(member(ended, "input"), R"({"a":1})");
    EXPECT_EQ(member(ended, "inputDetails"), R"({"included":true})");
    EXPECT_EQ(member(ended, "output"), R"({"a":1})");
    EXPECT_EQ(member(ended, "outputDetails"), R"({"included":true})");
    EXPECT_EQ(member(ended, "traceHeader"), "Root=1-2");
    EXPECT_EQ(member(ended, "billingDetails"),
              R"({"billedMemoryUsedInMB":64,"billedDurationInMilliseconds":100})");
}

TEST_F(ExpressApiTest, StartSyncExecutionGivesTheFailure) {
    create(R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"why"}}})", express);
    const std::string ended = run();
    EXPECT_EQ(member(ended, "status"), "FAILED");
    EXPECT_EQ(member(ended, "error"), "E");
    EXPECT_EQ(member(ended, "cause"), "why");
    EXPECT_EQ(member(ended, "output"), "-");
    EXPECT_EQ(member(ended, "outputDetails"), "-");
    EXPECT_EQ(member(ended, "name").size(), 36U);
}

TEST_F(ExpressApiTest, BillsWhatHasBegunOfAHundredMilliseconds) {
    create(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}})", express);
    auto ended =
        call_later("StartSyncExecution", R"({"stateMachineArn":)" + as_json(machine_arn) + "}");
    while (executions.statistics().running == 0) std::this_thread::yield();
    clock.advance(milliseconds{1001});
    EXPECT_EQ(member(member(ended.get(), "billingDetails"), "billedDurationInMilliseconds"),
              "1100");
}

TEST_F(ExpressApiTest, DataIsLeftOutWhenOnlyMetadataIsAskedFor) {
    create(pass, express);
    const std::string ended = run(R"(,"includedData":"METADATA_ONLY")");
    EXPECT_EQ(member(ended, "output"), "-");
    EXPECT_EQ(member(ended, "outputDetails"), R"({"included":false})");
}

TEST_F(ExpressApiTest, StartSyncExecutionIsForExpressMachinesOnly) {
    create(pass);
    EXPECT_EQ(run(),
              "StateMachineTypeNotSupported: This operation is not supported by this type of state "
              "machine");
}

TEST_F(ExpressApiTest, StartSyncExecutionRefusesWhatStartExecutionDoes) {
    create(pass, express);
    EXPECT_EQ(run(R"(,"name":"a b")"), "InvalidName: Invalid Name: 'a b'");
    EXPECT_TRUE(run(R"(,"input":"{")").starts_with("InvalidExecutionInput: "));
    EXPECT_TRUE(run(R"(,"includedData":"SOME")").starts_with("ValidationException: "));
    EXPECT_TRUE(
        call("StartSyncExecution", R"({"stateMachineArn":"x"})").starts_with("InvalidArn: "));
    EXPECT_TRUE(call("StartSyncExecution",
                     R"({"stateMachineArn":)" + as_json(std::string(machine_arn) + "2") + "}")
                    .starts_with("StateMachineDoesNotExist: "));
}

TEST_F(ExpressApiTest, StartExecutionAnswersAtOnceAndLeavesNothingToAskFor) {
    create(pass, express);
    const std::string started = start(machine_arn, R"(,"name":"n")");
    const std::string arn = member(started, "executionArn");
    EXPECT_TRUE(arn.starts_with("arn:aws:states:us-east-1:000000000000:express:m:n:"));
    EXPECT_NE(member(start(machine_arn, R"(,"name":"n")"), "executionArn"), arn);
    const std::string named = R"({"executionArn":)" + as_json(arn) + "}";
    for (const std::string_view operation :
         {"DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution",
          "DescribeStateMachineForExecution", "ListMapRuns"}) {
        EXPECT_EQ(call(operation, named),
                  "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'")
            << operation;
    }
    EXPECT_EQ(call("ListExecutions", R"({"stateMachineArn":)" + as_json(machine_arn) + "}"),
              "StateMachineTypeNotSupported: This operation is not supported by this type of state "
              "machine");
}

TEST_F(ExpressApiTest, MachinesCannotWaitForOthers) {
    const auto refused = [&](std::string_view resource) {
        return call("CreateStateMachine",
                    machine(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":")" +
                                std::string(resource) + R"(","End":true}}})",
                            express));
    };
    EXPECT_EQ(refused("arn:aws:states:::states:startExecution.sync"),
              "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "
              "Express state machine does not support '.sync' service integration at "
              "/States/T/Resource'");
    EXPECT_EQ(refused("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
              "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "
              "Express state machine does not support '.waitForTaskToken' service integration at "
              "/States/T/Resource'");
}

// ---- executions by version and alias

class QualifiedExecutions : public testing::StepFunctionsTest {
 protected:
    QualifiedExecutions() {
        create(pass, R"(,"publish":true)");
        call("CreateStateMachineAlias",
             R"({"name":"live","routingConfiguration":[{"weight":100,"stateMachineVersionArn":)" +
                 as_json(version) + "}]}");
    }
    std::string listed(std::string_view arn) {
        const std::string answer =
            call("ListExecutions", R"({"stateMachineArn":)" + as_json(arn) + "}");
        const auto document = json::Document::parse(answer);
        if (!document) return answer;
        std::string names;
        for (const json::Node& execution : document->root().find("executions")->elements())
            names.append(json::Value{&execution}.find("name")->string()).append(" ");
        return names;
    }
    const std::string version = std::string(machine_arn) + ":1";
    const std::string alias = std::string(machine_arn) + ":live";
};

TEST_F(QualifiedExecutions, AreDescribedWithWhatStartedThem) {
    const std::string by_alias = ended(member(start(alias, R"(,"name":"a")"), "executionArn"));
    EXPECT_EQ(member(by_alias, "stateMachineArn"), machine_arn);
    EXPECT_EQ(member(by_alias, "stateMachineVersionArn"), version);
    EXPECT_EQ(member(by_alias, "stateMachineAliasArn"), alias);
    const std::string by_version = ended(member(start(version, R"(,"name":"v")"), "executionArn"));
    EXPECT_EQ(member(by_version, "stateMachineVersionArn"), version);
    EXPECT_EQ(member(by_version, "stateMachineAliasArn"), "-");
    const std::string by_machine = ended(member(start(machine_arn), "executionArn"));
    EXPECT_EQ(member(by_machine, "stateMachineVersionArn"), "-");
}

TEST_F(QualifiedExecutions, ShowItInTheirFirstEvent) {
    const std::string arn = member(start(alias), "executionArn");
    ended(arn);
    const std::string history =
        call("GetExecutionHistory", R"({"executionArn":)" + as_json(arn) + R"(,"maxResults":1})");
    EXPECT_NE(history.find(R"("stateMachineAliasArn":")" + alias +
                           R"(","stateMachineVersionArn":")" + version + '"'),
              std::string::npos)
        << history;
}

TEST_F(QualifiedExecutions, AreListedByIt) {
    for (const auto& [arn, name] :
         {std::pair{std::string(machine_arn), "m"}, {version, "v"}, {alias, "a"}}) {
        ended(member(start(arn, R"(,"name":")" + std::string(name) + '"'), "executionArn"));
        clock.advance(milliseconds{1});
    }
    EXPECT_EQ(listed(machine_arn), "a v m ");
    EXPECT_EQ(listed(version), "a v ");
    EXPECT_EQ(listed(alias), "a ");
    EXPECT_TRUE(listed(std::string(machine_arn) + ":7").starts_with("StateMachineDoesNotExist: "));
    EXPECT_TRUE(listed(std::string(machine_arn) + ":no").starts_with("StateMachineDoesNotExist: "));
}

// ---- map runs, redriving

TEST_F(QualifiedExecutions, HaveNoMapRuns) {
    const std::string arn = member(start(machine_arn), "executionArn");
    EXPECT_EQ(call("ListMapRuns", R"({"executionArn":)" + as_json(arn) + "}"), R"({"mapRuns":[]})");
    EXPECT_TRUE(call("ListMapRuns", R"({"executionArn":)" + as_json(arn + "x") + "}")
                    .starts_with("ExecutionDoesNotExist: "));
    constexpr std::string_view run =
        R"({"mapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:m/l:8"})";
    for (const std::string_view operation : {"DescribeMapRun", "UpdateMapRun"}) {
        EXPECT_EQ(call(operation, std::string(run)),
                  "ResourceNotFound: Resource not found: "
                  "'arn:aws:states:us-east-1:000000000000:mapRun:m/l:8'");
        EXPECT_TRUE(call(operation, R"({"mapRunArn":"x"})").starts_with("InvalidArn: "));
        EXPECT_TRUE(call(operation, "{}").starts_with("ValidationException: "));
    }
}

TEST_F(QualifiedExecutions, AreNotRedrivenUnlessTheyFailed) {
    const std::string arn = member(start(machine_arn), "executionArn");
    ended(arn);
    const std::string named = R"({"executionArn":)" + as_json(arn);
    EXPECT_EQ(call("RedriveExecution", named + "}"),
              "ExecutionNotRedrivable: Execution is SUCCEEDED and cannot be redriven");
    EXPECT_TRUE(call("RedriveExecution", named + R"(,"clientToken":"a b"})")
                    .starts_with("ValidationException: "));
    EXPECT_TRUE(call("RedriveExecution", R"({"executionArn":)" + as_json(arn + "x") + "}")
                    .starts_with("ExecutionDoesNotExist: "));
}

}  // namespace
}  // namespace stepwell::api
