// TestState as a client sees it.
#include <gtest/gtest.h>

#include "api/step_functions_fixture.hpp"

namespace stepwell::api {
namespace {

using testing::as_json;
using testing::member;

class TestStateTest : public testing::StepFunctionsTest {
 protected:
    /// `more` are further members of the call.
    std::string test(std::string_view definition, std::string_view more = "") {
        return call("TestState",
                    R"({"definition":)" + as_json(definition) + std::string(more) + "}");
    }
    static std::string inspection(std::string_view answer, std::string_view name) {
        return member(member(answer, "inspectionData"), name);
    }
    static std::string mocked(std::string_view result) {
        return R"(,"mock":{"result":)" + as_json(result) + "}";
    }
    static constexpr std::string_view debug = R"(,"inspectionLevel":"DEBUG","input":"{\"a\":1}")";
    static constexpr std::string_view failing =
        R"(,"mock":{"errorOutput":{"error":"E","cause":"why"}})";
    static constexpr std::string_view task =
        R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"b.$":"$.a"},)"
        R"("ResultSelector":{"c.$":"$.d"},"ResultPath":"$.e","Next":"N"})";
    static constexpr std::string_view role = R"(,"roleArn":"arn:aws:iam::000000000000:role/r")";
};

TEST_F(TestStateTest, GivesTheOutputAndWhereItGoes) {
    EXPECT_EQ(test(R"({"Type":"Pass","Result":7,"Next":"N"})"),
              R"({"output":"7","nextState":"N","status":"SUCCEEDED"})");
    EXPECT_EQ(test(R"({"Type":"Succeed"})", R"(,"input":"[1]")"),
              R"({"output":"[1]","status":"SUCCEEDED"})");
    EXPECT_EQ(test(R"({"Type":"Choice","Choices":[{"Variable":"$.a","IsPresent":true,"Next":"A"}],)"
                   R"("Default":"B"})"),
              R"({"output":"{}","nextState":"B","status":"SUCCEEDED"})");
    EXPECT_EQ(test(R"({"Type":"Fail","Error":"E","Cause":"c"})"),
              R"({"error":"E","cause":"c","status":"FAILED"})");
    EXPECT_EQ(member(test(R"({"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,)"
                          R"("Next":"A"}]})"),
                     "error"),
              "States.Runtime");
}

TEST_F(TestStateTest, TellsOfAFailureWithoutAnEventId) {
    EXPECT_EQ(test(R"({"Type":"Pass","Parameters":{"x.$":"$.a"},"End":true})"),
              R"j({"error":"States.Runtime","cause":"The JSONPath '$.a' specified for the field )j"
              R"j('x.$' could not be found in the input '{}'","status":"FAILED"})j");
}

TEST_F(TestStateTest, ShowsAPassOnItsWay) {
    const std::string answer = test(
        R"({"Type":"Pass","InputPath":"$.a","Parameters":{"x.$":"$"},"ResultPath":"$.r","End":true})",
        debug);
    EXPECT_EQ(inspection(answer, "input"), R"({"a":1})");
    EXPECT_EQ(inspection(answer, "afterInputPath"), "1");
    EXPECT_EQ(inspection(answer, "afterParameters"), R"({"x":1})");
    EXPECT_EQ(inspection(answer, "afterResultSelector"), R"({"x":1})");
    EXPECT_EQ(inspection(answer, "afterResultPath"), R"({"a":1,"r":{"x":1}})");
    EXPECT_EQ(inspection(answer, "result"), "-");
}

TEST_F(TestStateTest, ShowsOfAPassWithAResultOnlyThat) {
    EXPECT_EQ(
        member(test(R"({"Type":"Pass","Parameters":{"x":2},"Result":7,"End":true})", debug),
               "inspectionData"),
        R"({"input":"{\"a\":1}","result":"7","afterResultSelector":"7","afterResultPath":"7"})");
}

TEST_F(TestStateTest, ShowsATaskOnItsWay) {
    const std::string answer = test(task, std::string(debug) + mocked(R"({"d":true})"));
    EXPECT_EQ(member(answer, "output"), R"({"a":1,"e":{"c":true}})");
    EXPECT_EQ(inspection(answer, "afterInputPath"), R"({"a":1})");
    EXPECT_EQ(inspection(answer, "afterParameters"), R"({"b":1})");
    EXPECT_EQ(inspection(answer, "result"), R"({"d":true})");
    EXPECT_EQ(inspection(answer, "afterResultSelector"), R"({"c":true})");
    EXPECT_EQ(inspection(answer, "afterResultPath"), R"({"a":1,"e":{"c":true}})");
}

TEST_F(TestStateTest, CallsTheServiceUnlessThereIsAMock) {
    const std::string answer =
        test(R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true})", role);
    EXPECT_EQ(answer, R"({"output":"{}","status":"SUCCEEDED"})");
    EXPECT_EQ(tasks.next_token(), "");
}

TEST_F(TestStateTest, ReallyWaits) {
    auto answer = call_later(
        "TestState",
        R"({"definition":"{\"Type\":\"Wait\",\"Seconds\":10,\"End\":true}","input":"7"})");
    EXPECT_EQ(answer.wait_for(std::chrono::milliseconds{20}), std::future_status::timeout);
    clock.advance(std::chrono::seconds{10});
    EXPECT_EQ(answer.get(), R"({"output":"7","status":"SUCCEEDED"})");
}

TEST_F(TestStateTest, GivesUpAfterFiveMinutes) {
    auto answer = call_later(
        "TestState", R"({"definition":"{\"Type\":\"Wait\",\"Seconds\":301,\"End\":true}"})");
    EXPECT_EQ(answer.wait_for(std::chrono::milliseconds{20}), std::future_status::timeout);
    clock.advance(std::chrono::seconds{300});
    EXPECT_EQ(answer.get(), R"({"error":"States.Timeout","status":"FAILED"})");
}

TEST_F(TestStateTest, LeavesNoExecutionBehind) {
    test(R"({"Type":"Pass","End":true})");
    storage->wait_until_applied(storage->commit(Effects{}));
    for (const Table each : {Table::execution, Table::execution_name, Table::history}) {
        storage->scan(each, {}, [](std::string_view, std::string_view) {
            ADD_FAILURE() << "something is stored";
            return false;
        });
    }
}

TEST_F(TestStateTest, TellsThatARetryWouldCome) {
    constexpr std::string_view retried =
        R"({"Type":"Task","Resource":"arn:aws:states:::sns:publish","End":true,"Retry":[)"
        R"({"ErrorEquals":["X"]},{"ErrorEquals":["E"],"IntervalSeconds":3,"MaxAttempts":2}]})";
    const auto after = [&](int retries) {
        return test(retried, std::string(debug) + std::string(failing) +
                                 R"(,"stateConfiguration":{"retrierRetryCount":)" +
                                 std::to_string(retries) + "}");
    };
    EXPECT_EQ(member(after(0), "status"), "RETRIABLE");
    EXPECT_EQ(inspection(after(0), "errorDetails"),
              R"({"retryIndex":1,"retryBackoffIntervalSeconds":3})");
    EXPECT_EQ(inspection(after(1), "errorDetails"),
              R"({"retryIndex":1,"retryBackoffIntervalSeconds":6})");
    EXPECT_EQ(member(after(2), "status"), "FAILED");
    EXPECT_EQ(inspection(after(2), "errorDetails"), R"({"retryIndex":1})");
    EXPECT_EQ(member(after(2), "cause"), "why");
}

TEST_F(TestStateTest, TellsWhichCatcherTookTheError) {
    const std::string answer = test(
        R"({"Type":"Task","Resource":"arn:aws:states:::sns:publish","End":true,"Catch":[)"
        R"({"ErrorEquals":["X"],"Next":"N"},{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"M"}]})",
        std::string(debug) + std::string(failing));
    EXPECT_EQ(member(answer, "status"), "CAUGHT_ERROR");
    EXPECT_EQ(member(answer, "nextState"), "M");
    EXPECT_EQ(member(answer, "output"), R"({"a":1,"e":{"Error":"E","Cause":"why"}})");
    EXPECT_EQ(member(answer, "error"), "E");
    EXPECT_EQ(inspection(answer, "errorDetails"), R"({"catchIndex":1})");
}

TEST_F(TestStateTest, TakesVariables) {
    const std::string answer =
        test(R"({"Type":"Pass","Parameters":{"x.$":"$v"},"Assign":{"w":2},"End":true})",
             R"(,"variables":"{\"v\":1}","inspectionLevel":"TRACE")");
    EXPECT_EQ(member(answer, "output"), R"({"x":1})");
    EXPECT_EQ(inspection(answer, "variables"), R"({"v":1,"w":2})");
    EXPECT_EQ(test(pass, R"(,"stateName":"P","variables":"[]")"),
              "ValidationException: Variables must be a valid JSON object");
}

TEST_F(TestStateTest, TakesTheContextObject) {
    constexpr std::string_view state =
        R"({"Type":"Task","Resource":"arn:aws:states:::sns:publish","ResultSelector":{"c.$":"$$",)"
        R"("n.$":"$$.Execution.Name"},"End":true})";
    const auto with = [&](std::string_view context) {
        return test(state, R"(,"mock":{"result":"{}","fieldValidationMode":"NONE"},"context":)" +
                               as_json(context));
    };
    EXPECT_EQ(member(with(R"({"Execution":{"Name":"e"}})"), "output"),
              R"({"c":{"Execution":{"Name":"e"}},"n":"e"})");
    EXPECT_EQ(with(R"({"X":{}})"),
              "ValidationException: Invalid Context object provided: Field 'X' is not allowed");
    EXPECT_EQ(with(R"({"Map":{}})"),
              "ValidationException: Invalid Context object provided: 'Map' field is not supported "
              "when mocking a Context object");
    EXPECT_EQ(with(R"({"State":{"X":1}})"),
              "ValidationException: Invalid Context object provided: Field 'X' is not allowed");
    EXPECT_TRUE(with("[]").starts_with("ValidationException: "));
}

TEST_F(TestStateTest, WithoutAContextObjectShowsAnExpressExecution) {
    const std::string output = member(
        test(
            R"({"Type":"Pass","Parameters":{"x.$":"$$.Execution.Id","n.$":"$$.State.Name"},"End":true})"),
        "output");
    EXPECT_TRUE(member(output, "x").starts_with("arn:aws:states:us-east-1:000000000000:express:"));
    EXPECT_EQ(member(output, "n"), "StateName");
}

TEST_F(TestStateTest, TestsAStateOfAWholeDefinition) {
    constexpr std::string_view two =
        R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Fail","Error":"E"}}})";
    EXPECT_EQ(test(two, R"(,"stateName":"A")"),
              R"({"output":"{}","nextState":"B","status":"SUCCEEDED"})");
    EXPECT_EQ(test(two, R"(,"stateName":"B")"), R"({"error":"E","status":"FAILED"})");
    EXPECT_EQ(test(two, R"(,"stateName":"C")"),
              "ValidationException: State not found in definition");
}

TEST_F(TestStateTest, RefusesWhatIsNoDefinition) {
    EXPECT_EQ(test(R"({"Type":"Nap"})"),
              "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The "
              "field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
              "Choice, Parallel, Map] at /States/StateName/Type'");
    EXPECT_EQ(test(R"({"StartAt":"A","States":{"A":{"Type":"Nap"}}})", R"(,"stateName":"A")"),
              "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The "
              "field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
              "Choice, Parallel, Map] at /States/A/Type'");
    for (const std::string_view text : {"{", "7", "[]", "null"})
        EXPECT_TRUE(test(text).starts_with("InvalidDefinition: ")) << test(text);
    EXPECT_TRUE(call("TestState", "{}").starts_with("ValidationException: "));
    EXPECT_EQ(test(R"({"Type":"Succeed"})", R"(,"input":"{")").substr(0, 22),
              "InvalidExecutionInput:");
}

TEST_F(TestStateTest, NeedsAMockForStatesThatWaitForOthers) {
    constexpr std::string_view parallel =
        R"({"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}],"End":true})";
    EXPECT_EQ(test(parallel),
              "InvalidDefinition: TestState API does not support Map or Parallel states. Supported "
              "state types include: [Task, Wait, Pass, Succeed, Fail, Choice]");
    EXPECT_TRUE(
        test(
            R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true})",
            role)
            .starts_with("InvalidDefinition: "));
    EXPECT_EQ(test(task),
              "ValidationException: RoleArn must be specified when testing a Task state");
    EXPECT_EQ(
        test(task, R"(,"stateConfiguration":{"mapIterationFailureCount":0})"),
        "ValidationException: TestState does not support MapIterationFailureCount when a mock "
        "is not specified.");
    EXPECT_EQ(member(test(parallel, mocked("[7]")), "output"), "[7]");
    EXPECT_EQ(test(parallel, mocked("7")), "ValidationException: Mocked result must be an array.");
    EXPECT_EQ(test(parallel, mocked("[1,2]")),
              "ValidationException: Mocked result must contain the same number of items as number "
              "of Parallel branches.");
}

TEST_F(TestStateTest, MocksATokensTask) {
    EXPECT_EQ(
        test(
            R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true})",
            mocked("7")),
        R"({"output":"7","status":"SUCCEEDED"})");
}

TEST_F(TestStateTest, TakesNoMockWhereThereIsNothingToMock) {
    EXPECT_EQ(test(R"({"Type":"Pass","End":true})", mocked("7")),
              "ValidationException: State type 'Pass' is not supported when a mock is specified");
    EXPECT_EQ(test(task, mocked("7") + R"(,"revealSecrets":true)"),
              "ValidationException: TestState does not support RevealSecrets when a mock is "
              "specified.");
}

TEST_F(TestStateTest, ShowsWhatAMapRunsOver) {
    constexpr std::string_view map =
        R"({"Type":"Map","ItemsPath":"$.l","MaxConcurrency":3,"ItemSelector":{"i.$":"$$.Map.Item.Index",)"
        R"("v.$":"$$.Map.Item.Value"},"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},)"
        R"("ResultPath":"$.r","End":true})";
    const std::string answer =
        test(map, R"(,"inspectionLevel":"DEBUG","input":"{\"l\":[7,8]}")" + mocked("[1,2]"));
    EXPECT_EQ(inspection(answer, "afterInputPath"), R"({"l":[7,8]})");
    EXPECT_EQ(inspection(answer, "afterItemsPath"), "[7,8]");
    EXPECT_EQ(inspection(answer, "afterItemSelector"), R"([{"i":0,"v":7},{"i":1,"v":8}])");
    EXPECT_EQ(inspection(answer, "maxConcurrency"), "3");
    EXPECT_EQ(inspection(answer, "afterResultSelector"), "[1,2]");
    EXPECT_EQ(inspection(answer, "afterResultPath"), R"({"l":[7,8],"r":[1,2]})");
    const std::string refused =
        test(map, R"(,"inspectionLevel":"DEBUG","input":"{\"l\":7}")" + mocked("[1,2]"));
    EXPECT_EQ(member(refused, "cause"), R"(Reference path "$.l" must point to array.)");
    EXPECT_EQ(member(refused, "inspectionData"),
              R"({"input":"{\"l\":7}","afterInputPath":"{\"l\":7}"})");
}

TEST_F(TestStateTest, CountsWhatAMapTolerates) {
    const auto map = [&](std::string_view fields, int failures) {
        return member(
            test(R"({"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},)"
                 R"("StartAt":"A","States":{"A":{"Type":"Succeed"}}},"End":true)" +
                     std::string(fields) + "}",
                 R"(,"input":"[1,2]")" + mocked("[1,2]") +
                     R"(,"stateConfiguration":{"mapIterationFailureCount":)" +
                     std::to_string(failures) + "}"),
            "status");
    };
    EXPECT_EQ(map("", 2), "SUCCEEDED");
    EXPECT_EQ(map(R"(,"ToleratedFailureCount":1)", 1), "SUCCEEDED");
    EXPECT_EQ(map(R"(,"ToleratedFailureCount":1)", 2), "FAILED");
    EXPECT_EQ(map(R"(,"ToleratedFailurePercentage":50)", 1), "SUCCEEDED");
    EXPECT_EQ(map(R"(,"ToleratedFailurePercentage":49.5)", 1), "FAILED");
}

}  // namespace
}  // namespace stepwell::api
