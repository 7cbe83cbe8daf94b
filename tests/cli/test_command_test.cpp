// stepwell test: users test their state machines like code.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "cli/program.hpp"
#include "cli/served.hpp"

namespace stepwell::cli {
namespace {

class TestCommand : public testing::Test {
 protected:
    void file(const std::string& name, const std::string& text) const {
        std::ofstream{directory_.path() + "/" + name} << text;
    }
    std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream{directory_.path() + "/" + name}.rdbuf();
        return text.str();
    }
    Outcome test(const std::string& arguments = "") const {
        return run_program("test " + directory_.path() + " " + arguments);
    }
    /// Of one case of order.asl.json.
    Outcome test_case(const std::string& members) const {
        file("order.test.json", R"({"cases":[{"name":"c",)" + members + "}]}");
        return test("--jobs 1");
    }
    void SetUp() override { file("order.asl.json", order); }

    // A task that may fail, a day of waiting, and a decision.
    static constexpr const char* order = R"({"StartAt":"Charge","States":{
        "Charge":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
            "Parameters":{"FunctionName":"charge"},"ResultSelector":{"status.$":"$.Payload.status"},
            "ResultPath":"$.charge",
            "Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3600,"MaxAttempts":2}],
            "Catch":[{"ErrorEquals":["CardDeclined"],"ResultPath":"$.problem","Next":"Refused"}],
            "Next":"Settle"},
        "Settle":{"Type":"Wait","Seconds":86400,"Next":"Large?"},
        "Large?":{"Type":"Choice","Choices":[{"Variable":"$.amount","NumericGreaterThan":1000,
            "Next":"Approve"}],"Default":"Done"},
        "Approve":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters":{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/000000000000/q",
                "MessageBody.$":"$$.Task.Token"},"ResultPath":"$.approval","Next":"Done"},
        "Refused":{"Type":"Fail","ErrorPath":"$.problem.Error","CausePath":"$.problem.Cause"},
        "Done":{"Type":"Succeed"}}})";
    static constexpr const char* paid =
        R"("mocks":{"Charge":{"Return":{"Payload":{"status":"paid"}}}},"input":{"amount":2},)";

    TestDirectory directory_;
};

bool has(const Outcome& outcome, const std::string& text) {
    return outcome.output.find(text) != std::string::npos;
}

TEST_F(TestCommand, ACaseThatDoesWhatIsExpectedPasses) {
    const auto begin = std::chrono::steady_clock::now();
    const Outcome outcome = test_case(
        std::string(paid) + R"("expect":{"output":{"charge":{"status":"paid"},"amount":2.0},
            "path":["Charge","Settle","Large?","Done"],"status":"SUCCEEDED"})");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(has(outcome, "1 cases: 1 passed, 0 failed")) << outcome.output;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::hours{1});  // of a day
}

TEST_F(TestCommand, WhatDiffersIsSaidWithItsPlaceAndThePathTaken) {
    const Outcome outcome = test_case(
        std::string(paid) +
        R"("expect":{"output":{"charge":{"status":"free"},"amount":2},"path":["Charge","Done"]})");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(has(outcome, "order.test.json: c\n")) << outcome.output;
    EXPECT_TRUE(has(outcome, R"(output at /charge/status: expected "free", got "paid")"))
        << outcome.output;
    EXPECT_TRUE(has(outcome, R"(path: expected "Done" as state 2, got "Settle")"))
        << outcome.output;
    EXPECT_TRUE(has(outcome, "path taken: Charge > Settle > Large? > Done")) << outcome.output;
}

TEST_F(TestCommand, FailuresAreExpectedByErrorAndCause) {
    const std::string declined =
        R"("mocks":{"Charge":{"Throw":{"Error":"CardDeclined","Cause":"stolen"}}},)";
    Outcome outcome = test_case(declined + R"("expect":{"error":"CardDeclined","cause":"stolen"})");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    outcome = test_case(declined + R"("expect":{"error":"CardDeclined","cause":"lost"})");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(has(outcome, R"(cause: expected "lost", got "stolen")")) << outcome.output;
    outcome = test_case(declined + R"("expect":{})");
    EXPECT_TRUE(has(outcome, "status: expected SUCCEEDED, got FAILED, CardDeclined: stolen"))
        << outcome.output;
}

TEST_F(TestCommand, AHistoryIsMatchedInExcerpts) {
    const std::string retried = R"("input":{"amount":2},"mocks":{"Charge":[
        {"Throw":{"Error":"Busy","Cause":"later"}},{"Return":{"Payload":{"status":"paid"}}}]},)";
    Outcome outcome = test_case(retried + R"("expect":{"history":[
        {"type":"TaskFailed","taskFailedEventDetails":{"error":"Busy"}},
        {"type":"TaskSucceeded","taskSucceededEventDetails":{"output":{"Payload":{}}}},
        {"type":"ExecutionSucceeded"}]})");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    outcome = test_case(retried + R"("expect":{"history":[{"type":"TaskSucceeded"},
        {"type":"TaskFailed","taskFailedEventDetails":{"error":"Busy"}}]})");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(has(outcome, "history[1]: no event behind the one before is as expected"))
        << outcome.output;
}

TEST_F(TestCommand, ACaseMaySayWhenItStartsAndByWhichName) {
    file("clock.asl.json", R"({"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{
        "at.$":"$$.Execution.StartTime","name.$":"$$.Execution.Name"},"End":true}}})");
    file("clock.test.json", R"({"cases":[{"name":"c","now":"2031-02-03T04:05:06Z",
        "executionName":"n","expect":{"output":{"at":"2031-02-03T04:05:06.000Z","name":"n"}}}]})");
    const Outcome outcome = test();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

TEST_F(TestCommand, AnExecutionThatWaitsForeverFailsItsCase) {
    file("stuck.asl.json", R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":90000000,
        "End":true}}})");
    file("stuck.test.json", R"({"cases":[{"name":"c"}]})");
    const Outcome outcome = test("--filter stuck");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(has(outcome, "got ABORTED, Stepwell.WaitsForever")) << outcome.output;
}

TEST_F(TestCommand, TestCasesOfAMockConfigFileGiveTheMocks) {
    file("MockConfigFile.json", R"({"StateMachines":{"Orders":{"TestCases":{"HappyPath":
        {"Charge":"Paid"}}}},"MockedResponses":{"Paid":{"0":{"Return":{"Payload":
        {"status":"paid"}}}}}})");
    file("order.test.json", R"({"mockConfig":"MockConfigFile.json","stateMachine":"Orders",
        "cases":[{"name":"c","testCase":"HappyPath","input":{"amount":2},
        "expect":{"outputContains":{"charge":{"status":"paid"}}}}]})");
    EXPECT_EQ(test().exit_code, 0) << test().output;
    const std::string run = "run " + directory_.path() + "/order.asl.json --mock-config " +
                            directory_.path() + "/MockConfigFile.json --test-case ";
    EXPECT_EQ(run_program(run + "Other").exit_code, 1);
    EXPECT_EQ(run_program("run x --mock-config y").exit_code, 2);
}

TEST_F(TestCommand, RunTakesMocksFromATestCase) {
    file("pass.asl.json", R"({"StartAt":"T","States":{"T":{"Type":"Task",
        "Resource":"arn:aws:states:::dynamodb:getItem","End":true}}})");
    file("mocks.json", R"({"StateMachines":{"pass":{"TestCases":{"Happy":{"T":"R"}}}},
        "MockedResponses":{"R":{"0":{"Return":{"Item":1}}}}})");
    const Outcome outcome =
        run_program("run " + directory_.path() + "/pass.asl.json --mock-config " +
                    directory_.path() + "/mocks.json --test-case Happy");
    EXPECT_EQ(outcome.output, "{\"Item\":1}\n");
}

TEST_F(TestCommand, CoverageTellsWhatDidNotRunAndMayFail) {
    const std::string passes = std::string(paid) + R"("expect":{})";
    test_case(passes);
    const std::string json = directory_.path() + "/coverage.json";
    Outcome outcome = test("--coverage " + json);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    // 4 of 6 states, 1 of 2 choices, 0 of 1 retries, 0 of 1 catches
    EXPECT_TRUE(has(outcome, "50.0 %")) << outcome.output;
    EXPECT_TRUE(has(outcome, "not run: /States/Charge/Retry[0]")) << outcome.output;
    EXPECT_TRUE(has(outcome, "not run: /States/Large?/Choices[0]")) << outcome.output;
    EXPECT_FALSE(has(outcome, "not run: /States/Large?/Default")) << outcome.output;
    EXPECT_NE(read("coverage.json").find(R"("location":"/States/Charge/Catch[0]","hits":0)"),
              std::string::npos);
    outcome = test("--min-coverage 50.1");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(has(outcome, "the coverage is 50.0 %, less than 50.1 %")) << outcome.output;
    EXPECT_EQ(test("--min-coverage 50").exit_code, 0);
    file("untested.asl.json", R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})");
    EXPECT_EQ(test("--min-coverage 50").exit_code, 1);
}

TEST_F(TestCommand, ResultsAreWrittenAsJUnit) {
    test_case(std::string(paid) + R"("expect":{"output":"<&>"})");
    EXPECT_EQ(test("--junit " + directory_.path() + "/j.xml").exit_code, 1);
    const std::string xml = read("j.xml");
    EXPECT_NE(xml.find(R"(<testsuites tests="1" failures="1" errors="0")"), std::string::npos);
    EXPECT_NE(xml.find(R"(name="c")"), std::string::npos);
    EXPECT_NE(xml.find("expected &quot;&lt;&amp;&gt;&quot;"), std::string::npos) << xml;
}

TEST_F(TestCommand, MistakesInATestFileAreSaidWithTheirPlaces) {
    const auto complaint = [&](const std::string& members) {
        const Outcome outcome = test_case(members);
        EXPECT_EQ(outcome.exit_code, 1);
        return outcome.output;
    };
    EXPECT_NE(complaint(R"("inptu":1)").find("cases[0].inptu: is no member"), std::string::npos);
    EXPECT_NE(complaint(R"("expect":{"path":"A"})").find("cases[0].expect.path: has to be"),
              std::string::npos);
    EXPECT_NE(complaint(R"("mocks":{"X":{"Return":1}})").find("the definition has no such state"),
              std::string::npos);
    EXPECT_NE(complaint(R"("mocks":{"Done":{"Return":1}})").find("is no Task"), std::string::npos);
    EXPECT_NE(complaint(R"("mocks":{"Charge":{"Return":1}})").find("\"Charge\": "),
              std::string::npos);  // no answer of lambda:invoke
    EXPECT_NE(complaint(R"("now":"noon")").find("cases[0].now: is no time"), std::string::npos);
    EXPECT_EQ(run_program("test /nonexistent").exit_code, 3);
    EXPECT_EQ(run_program("test --jobs 0").exit_code, 2);
}

}  // namespace
}  // namespace stepwell::cli
