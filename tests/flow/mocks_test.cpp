// Answers that are made up for tasks: how they are written, and what executions make of them.
#include "flow/mocks.hpp"

#include "flow/rehearsal.hpp"
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

json::Document parsed(const std::string& text) {
    Result<json::Document> document = json::Document::parse(text);
    EXPECT_TRUE(document.has_value()) << text;
    return *std::move(document);
}

Result<Mocks> read_mocks(const std::string& text) {
    const json::Document document = parsed(text);
    return Mocks::read(document.root());
}

/// What invocation `number` of state S gets: JSON, "ERROR: cause", or "none".
std::string answer(const Result<Mocks>& mocks, std::uint32_t number) {
    EXPECT_TRUE(mocks.has_value()) << mocks.error().message();
    const TaskAnswer* found = mocks->find("S", number);
    if (found == nullptr) return "none";
    if (const auto* failure = std::get_if<TaskFailure>(found))
        return failure->error + ": " + failure->cause;
    return std::string(std::get<Payload>(*found).text());
}

std::string complaint(const std::string& text) {
    const Result<Mocks> mocks = read_mocks(text);
    return mocks.has_value() ? "ok" : mocks.error().message();
}

TEST(Mocks, InvocationsAreNumbersAndRanges) {
    const auto mocks = read_mocks(R"({"S":{"0":{"Throw":{"Error":"E","Cause":"c"}},
                                          "1-2":{"Return":[1, 2]},"4":{"Return":null}}})");
    EXPECT_EQ(answer(mocks, 0), "E: c");
    EXPECT_EQ(answer(mocks, 1), "[1, 2]");
    EXPECT_EQ(answer(mocks, 2), "[1, 2]");
    EXPECT_EQ(answer(mocks, 3), "none");
    EXPECT_EQ(answer(mocks, 4), "null");
    EXPECT_EQ(answer(mocks, 5), "none");
}

TEST(Mocks, OneAnswerAloneIsEveryInvocations) {
    const auto mocks = read_mocks(R"({"S":{"Return":7}})");
    EXPECT_EQ(answer(mocks, 0), "7");
    EXPECT_EQ(answer(mocks, 1'000'000), "7");
}

TEST(Mocks, AnArrayHasOneForEach) {
    const auto mocks = read_mocks(R"({"S":[{"Throw":{"Error":"E"}},{"Return":{}}]})");
    EXPECT_EQ(answer(mocks, 0), "E: ");
    EXPECT_EQ(answer(mocks, 1), "{}");
    EXPECT_EQ(answer(mocks, 2), "none");
}

TEST(Mocks, TheirTextReadsBackTheSame) {
    const auto mocks = read_mocks(
        R"({"S":{"0-1":{"Return":{"a":"ü"}},"2":{"Throw":{"Error":"E","Cause":"\"c\""}}}})");
    const auto again = read_mocks(mocks->text());
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(answer(mocks, i), answer(again, i)) << i;
}

TEST(Mocks, WhatIsWrongIsSaidWithItsPlace) {
    EXPECT_EQ(complaint(R"([])"), "mocks are an object whose members are states");
    EXPECT_EQ(
        complaint(R"({"S":{"x":{"Return":1}}})"),
        R"("S": "x": is neither a number of an invocation nor a range of them, as "0" or "1-2")");
    EXPECT_NE(complaint(R"({"S":{"2-1":{"Return":1}}})"), "ok");
    EXPECT_NE(complaint(R"({"S":{"0":{"Return":1,"Throw":{"Error":"E"}}}})"), "ok");
    EXPECT_NE(complaint(R"({"S":{"0":{"Throw":{"Cause":"c"}}}})"), "ok");
    EXPECT_NE(complaint(R"({"S":{"0":{"Throw":{"Error":1}}}})"), "ok");
    EXPECT_NE(complaint(R"({"S":{}})"), "ok");
    EXPECT_NE(complaint(R"({"S":[]})"), "ok");
    EXPECT_EQ(complaint(R"({"S":{"0-3":{"Return":1},"2":{"Return":2}}})"),
              R"("S": there are two answers to invocation 2)");
}

// AWS's own example, in small.
constexpr const char* config_file = R"({
    "StateMachines": {"LambdaSQSIntegration": {"TestCases": {
        "HappyPath": {"S": "MockedLambdaSuccess"},
        "RetryPath": {"S": "MockedLambdaRetry"}}}},
    "MockedResponses": {
        "MockedLambdaSuccess": {"0": {"Return": {"StatusCode": 200}}},
        "MockedLambdaRetry": {
            "0": {"Throw": {"Error": "Lambda.ResourceNotReadyException", "Cause": "not ready"}},
            "1-2": {"Throw": {"Error": "Lambda.TimeoutException", "Cause": "timed out"}},
            "3": {"Return": {"StatusCode": 200}}}}})";

TEST(MockConfiguration, TestCasesNameTheResponses) {
    const auto configuration = MockConfiguration::parse(config_file);
    ASSERT_TRUE(configuration.has_value()) << configuration.error().message();
    const MocksPtr mocks = configuration->find("LambdaSQSIntegration", "RetryPath");
    ASSERT_NE(mocks, nullptr);
    EXPECT_EQ(answer(*mocks, 2), "Lambda.TimeoutException: timed out");
    EXPECT_EQ(configuration->find("LambdaSQSIntegration", "SadPath"), nullptr);
    EXPECT_EQ(configuration->find("Other", "HappyPath"), nullptr);
}

TEST(MockConfiguration, AResponseThatIsNotThereIsSaid) {
    const auto configuration = MockConfiguration::parse(
        R"({"StateMachines":{"M":{"TestCases":{"C":{"S":"R"}}}},"MockedResponses":{}})");
    ASSERT_FALSE(configuration.has_value());
    EXPECT_EQ(configuration.error().message(), R"("M": "C": "S": there is no mocked response "R")");
    EXPECT_FALSE(MockConfiguration::parse("{").has_value());
    EXPECT_FALSE(MockConfiguration::parse(R"({"StateMachines":{}})").has_value());
}

class MockedExecution : public FlowWorld {
 protected:
    std::string start_mocked(const std::string& definition, const std::string& mocks,
                             const std::string& input = "{}",
                             MachineType type = MachineType::standard) {
        Result<Mocks> read = read_mocks(mocks);
        EXPECT_TRUE(read.has_value()) << read.error().message();
        rehearsal_ =
            std::make_shared<Rehearsal>(std::make_shared<const Mocks>(*std::move(read)), true);
        StartExecutionInput start{machines_.add("m", definition, type), "",
                                  Payload::trusted(input)};
        start.rehearsal = rehearsal_;
        const auto started = await<StartExecutionOutput>(
            [&](auto done) { executions_->start(std::move(start), std::move(done)); });
        return started->execution_arn;
    }
    std::shared_ptr<Rehearsal> rehearsal_;
};

std::string task_machine(const std::string& resource, const std::string& fields = "") {
    return R"({"StartAt":"S","States":{"S":{"Type":"Task","Resource":")" + resource + "\"," +
           fields + R"("End":true}}})";
}

TEST_F(MockedExecution, ATaskGetsItsAnswerWithoutItsService) {
    const std::string arn =
        start_mocked(task_machine("arn:aws:states:::dynamodb:getItem", R"("Parameters":{"a":1},)"),
                     R"({"S":{"0":{"Return":{"Item":{}}}}})");
    EXPECT_EQ(ended(arn).output.text(), R"({"Item":{}})");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSucceeded "
              "TaskStateExited ExecutionSucceeded");
    EXPECT_EQ(executions_->statistics().open_tokens, 0U);
}

TEST_F(MockedExecution, ACallbackIsSubmittedFirst) {
    const std::string arn =
        start_mocked(task_machine(callback_task), R"({"S":{"Return":{"x":1}}})");
    EXPECT_EQ(ended(arn).output.text(), R"({"x":1})");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskSucceeded TaskStateExited ExecutionSucceeded");
}

TEST_F(MockedExecution, FunctionsAndActivitiesHaveTheirOwnEvents) {
    std::string arn = start_mocked(task_machine("arn:aws:lambda:us-east-1:000000000000:function:f"),
                                   R"({"S":{"Return":1}})");
    EXPECT_EQ(ended(arn).output.text(), "1");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted "
              "LambdaFunctionSucceeded TaskStateExited ExecutionSucceeded");
    arn = start_mocked(task_machine("arn:aws:states:us-east-1:000000000000:activity:a"),
                       R"({"S":{"Throw":{"Error":"E","Cause":"c"}}})");
    EXPECT_EQ(ended(arn).error, "E");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted "
              "ActivityFailed ExecutionFailed");
}

TEST_F(MockedExecution, AThrownTimeoutIsOne) {
    const std::string arn =
        start_mocked(task_machine("arn:aws:states:::states:startExecution.sync"),
                     R"({"S":{"Throw":{"Error":"States.Timeout"}}})");
    EXPECT_EQ(ended(arn).error, "States.Timeout");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskTimedOut ExecutionFailed");
}

constexpr const char* retries =
    R"("Retry":[{"ErrorEquals":["E"],"IntervalSeconds":60,"MaxAttempts":5}],)";

TEST_F(MockedExecution, EachAttemptIsAnInvocation) {
    const std::string arn = start_mocked(
        task_machine("arn:aws:states:::dynamodb:getItem", retries),
        R"({"S":{"0-1":{"Throw":{"Error":"E","Cause":"c"}},"2":{"Return":"at last"}}})");
    advance(std::chrono::minutes{1});
    clock_.set_automatic(true);
    EXPECT_EQ(ended(arn).output.text(), "\"at last\"");
    clock_.set_automatic(false);
}

TEST_F(MockedExecution, AnInvocationWithoutAResponseFailsTheExecution) {
    const std::string arn =
        start_mocked(task_machine("arn:aws:states:::dynamodb:getItem",
                                  R"("Catch":[{"ErrorEquals":["States.ALL"],"Next":"S"}],)"),
                     R"({"S":{"1":{"Return":1}}})");
    const ExecutionDescription end = ended(arn);
    EXPECT_EQ(end.error, "States.Runtime");
    EXPECT_EQ(end.cause, "The mocks of state 'S' have no response for its invocation 0.");
}

TEST_F(MockedExecution, AStateThatIsNotMockedCallsItsService) {
    const std::string arn = start_mocked(task_machine("arn:aws:states:::dynamodb:getItem"),
                                         R"({"Other":{"Return":1}})");
    const FakeTasks::Seen call = tasks_.next();
    executions_->answer_task(call.address, Payload::trusted("2"));
    EXPECT_EQ(ended(arn).output.text(), "2");
}

std::string map_machine(const std::string& processor_config) {
    return R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{)" + processor_config +
           R"("StartAt":"S","States":{"S":{"Type":"Task","Resource":
           "arn:aws:states:::dynamodb:getItem","End":true}}},"MaxConcurrency":1,"End":true}}})";
}

TEST_F(MockedExecution, IterationsTakeTheNextAnswersOneByOne) {
    const std::string arn =
        start_mocked(map_machine(""), R"({"S":[{"Return":"a"},{"Return":"b"}]})", "[1, 2]");
    EXPECT_EQ(ended(arn).output.text(), R"(["a","b"])");
}

TEST_F(MockedExecution, ChildrenOfADistributedMapHaveItsMocks) {
    const std::string arn = start_mocked(
        map_machine(R"("ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)"),
        R"({"S":[{"Return":"a"},{"Return":"b"}]})", "[1, 2]");
    EXPECT_EQ(ended(arn).output.text(), R"(["a","b"])");
}

TEST_F(MockedExecution, ARestartKeepsMocksAndCounts) {
    const std::string arn =
        start_mocked(task_machine("arn:aws:states:::dynamodb:getItem", retries),
                     R"({"S":{"0":{"Throw":{"Error":"E","Cause":"c"}},"1":{"Return":"second"}}})");
    restart();
    advance(std::chrono::minutes{1});
    EXPECT_EQ(ended(arn).output.text(), "\"second\"");
    EXPECT_EQ(problems(), std::vector<std::string>{});
}

TEST_F(MockedExecution, ARestartGivesChildrenTheirMocksAgain) {
    const std::string definition =
        R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":
        {"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{
        "W":{"Type":"Wait","Seconds":60,"Next":"S"},
        "S":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem","End":true}}},
        "MaxConcurrency":1,"End":true}}})";
    const std::string arn =
        start_mocked(definition, R"({"S":[{"Return":"a"},{"Return":"b"}]})", "[1, 2]");
    restart();
    clock_.set_automatic(true);
    EXPECT_EQ(ended(arn).output.text(), R"(["a","b"])");
    clock_.set_automatic(false);
}

TEST_F(MockedExecution, OneThatIsOverLeavesNoMocks) {
    const std::size_t before = stored(Table::control);
    const std::string machine = task_machine("arn:aws:states:::dynamodb:getItem");
    ended(start_mocked(machine, R"({"S":{"Return":1}})"));
    EXPECT_EQ(stored(Table::control), before);
}

TEST_F(MockedExecution, ARedriveGoesOnWithTheNextAnswer) {
    const std::string arn =
        start_mocked(task_machine("arn:aws:states:::dynamodb:getItem"),
                     R"({"S":{"0":{"Throw":{"Error":"E"}},"1":{"Return":"redriven"}}})");
    EXPECT_EQ(ended(arn).error, "E");
    restart();
    const auto redriven =
        await<TimePoint>([&](auto done) { executions_->redrive(arn, "", std::move(done)); });
    ASSERT_TRUE(redriven.has_value()) << redriven.error().message();
    EXPECT_EQ(ended(arn).output.text(), "\"redriven\"");
}

TEST_F(MockedExecution, VisitsTellStatesRulesAndHandlers) {
    const std::string arn = start_mocked(
        R"({"StartAt":"C","States":{
            "C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"F"},
                {"Variable":"$.n","NumericEquals":2,"Next":"S"}],"Default":"F"},
            "S":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem",
                "Retry":[{"ErrorEquals":["X"]},{"ErrorEquals":["E"],"MaxAttempts":1}],
                "Catch":[{"ErrorEquals":["E"],"Next":"D"}],"End":true},
            "D":{"Type":"Choice","Choices":[{"Variable":"$.n","IsPresent":true,"Next":"S"}],
                "Default":"F"},
            "F":{"Type":"Succeed"}}})",
        R"({"S":{"Throw":{"Error":"E"}}})", R"({"n":2})");
    clock_.set_automatic(true);
    ended(arn);
    clock_.set_automatic(false);
    std::string visits;
    for (const Visit& visit : rehearsal_->visits())
        visits +=
            std::to_string(static_cast<int>(visit.kind)) + "/" + std::to_string(visit.index) + " ";
    // entered C, rule 1; entered S, retry 1, catch 0; entered D, default; entered F
    EXPECT_EQ(visits, "0/0 1/1 0/0 3/1 4/0 0/0 2/0 0/0 ");
}

}  // namespace
}  // namespace stepwell::flow
