// What the states do, and what their histories show.
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

using std::chrono::seconds;

// Goes round for ever, though a validator finds a way out.
constexpr const char* endless_states =
    R"("A":{"Type":"Choice","Choices":[{"Variable":"$.never","IsPresent":true,"Next":"B"}],"Default":"A"},"B":{"Type":"Succeed"})";

class States : public FlowWorld {
 protected:
    /// Runs to the end without any task, and gives the output (or the error).
    std::string run(const std::string& states, const std::string& input = "{}") {
        const StateMachinePtr machine =
            machines_.add("m", R"({"StartAt":"A","States":{)" + states + "}}");
        last_ = start(machine, input);
        const ExecutionDescription end = ended(last_);
        return end.status == ExecutionStatus::succeeded ? std::string(end.output.text())
                                                        : end.error.value_or("none");
    }
    std::string last_;
};

TEST_F(States, PassHandsOnItsInputUnchanged) {
    EXPECT_EQ(run(R"("A":{"Type":"Pass","End":true})", R"({ "a": [1, 2.50, -0] })"),
              R"({ "a": [1, 2.50, -0] })");
    EXPECT_EQ(history(last_),
              "ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded");
}

TEST_F(States, ChoiceGoesWhereItsRulesSay) {
    const std::string choice =
        R"("A":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":5,"Next":"B"}],"Default":"C"},
        "B":{"Type":"Pass","Result":"large","End":true},"C":{"Type":"Succeed"})";
    EXPECT_EQ(run(choice, R"({"n":6})"), R"("large")");
    EXPECT_EQ(run(choice, R"({"n":5})"), R"({"n":5})");
    EXPECT_EQ(history(last_),
              "ExecutionStarted ChoiceStateEntered ChoiceStateExited SucceedStateEntered "
              "SucceedStateExited ExecutionSucceeded");
}

TEST_F(States, FailEndsWithItsTexts) {
    EXPECT_EQ(run(R"("A":{"Type":"Fail","Error":"Mine","Cause":"c"})"), "Mine");
    EXPECT_EQ(history(last_), "ExecutionStarted FailStateEntered ExecutionFailed");
    EXPECT_EQ(described(last_).cause, "c");
}

TEST_F(States, WaitLastsAsLongAsItSaysAlsoOverARestart) {
    const StateMachinePtr machine = machines_.add(
        "w", R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":86400,"End":true}}})");
    const std::string arn = start(machine);
    advance(seconds{86'399});
    restart();
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    advance(seconds{1});
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
    EXPECT_EQ(history(arn), "ExecutionStarted WaitStateEntered WaitStateExited ExecutionSucceeded");
}

TEST_F(States, TheMachinesTimeoutEndsTheExecution) {
    const StateMachinePtr machine = machines_.add(
        "t",
        R"({"StartAt":"A","TimeoutSeconds":60,"States":{"A":{"Type":"Wait","Seconds":600,"End":true}}})");
    const std::string arn = start(machine);
    advance(seconds{30});
    restart();
    advance(seconds{30});
    EXPECT_EQ(ended(arn).status, ExecutionStatus::timed_out);
    EXPECT_EQ(history(arn), "ExecutionStarted WaitStateEntered ExecutionTimedOut");
    EXPECT_FALSE(described(arn).error.has_value());
}

TEST_F(States, ARunawayLoopEndsAtTheLimitOfItsHistory) {
    EXPECT_EQ(run(endless_states), "States.Runtime");
    const auto page = await<GetHistoryOutput>(
        [&](auto done) { executions_->history({last_, 2, true, true, ""}, std::move(done)); });
    ASSERT_TRUE(page.has_value());
    const auto events = json::Document::parse(page->events);
    EXPECT_EQ(events->root()[0].find("id")->integer(), 25'000);
    EXPECT_EQ(events->root()[0].find("type")->string(), "ExecutionFailed");
}

TEST_F(States, ALongRunLetsOthersThrough) {
    const StateMachinePtr loop =
        machines_.add("loop", std::string(R"({"StartAt":"A","States":{)") + endless_states + "}}");
    const StateMachinePtr quick =
        machines_.add("quick", R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})");
    restart(1);
    const std::string endless = start(loop);
    EXPECT_EQ(ended(start(quick)).status, ExecutionStatus::succeeded);
    EXPECT_EQ(stop(endless), "ok");
    const ExecutionStatus status = ended(endless).status;  // stopped, or at the limit already
    EXPECT_TRUE(status == ExecutionStatus::aborted || status == ExecutionStatus::failed);
}

TEST_F(States, RetriesCountAndBackOff) {
    tasks_.answer_at_once("arn:aws:states:::lambda:invoke",
                          TaskFailure{"Lambda.Unknown", "broken"});
    const StateMachinePtr machine = machines_.add(
        "r",
        R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
        "Retry":[{"ErrorEquals":["States.TaskFailed"],"IntervalSeconds":2,"MaxAttempts":2,"BackoffRate":3}],"End":true}}})");
    const std::string arn = start(machine);
    const auto failures = [&] {
        std::size_t count = 0;
        const std::string types = history(arn);
        for (std::size_t at = types.find("TaskFailed"); at != std::string::npos;
             at = types.find("TaskFailed", at + 1))
            ++count;
        return count;
    };
    EXPECT_EQ(failures(), 1U);
    advance(milliseconds{1'999});
    EXPECT_EQ(failures(), 1U);
    advance(milliseconds{1});
    tasks_.next();
    tasks_.next();
    restart();  // the counters survive
    advance(milliseconds{5'999});
    EXPECT_EQ(failures(), 2U);
    advance(milliseconds{1});
    EXPECT_EQ(ended(arn).error, "Lambda.Unknown");
    EXPECT_EQ(failures(), 3U);
}

TEST_F(States, ATaskThatIsAnsweredLaterGoesOnThen) {
    const StateMachinePtr machine =
        machines_.add("l", R"({"StartAt":"A","States":{"A":{"Type":"Task",
        "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","ResultPath":"$.r","End":true}}})");
    const std::string arn = start(machine, R"({"x":1})");
    const FakeTasks::Seen call = tasks_.next();
    EXPECT_EQ(call.token, "");
    executions_->answer_task(call.address, Payload::trusted("2"));
    EXPECT_EQ(ended(arn).output.text(), R"({"x":1,"r":2})");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted "
              "LambdaFunctionSucceeded "
              "TaskStateExited ExecutionSucceeded");
}

TEST_F(States, AnActivityStartsWhenAWorkerTakesIt) {
    const StateMachinePtr machine =
        machines_.add("a", R"({"StartAt":"A","States":{"A":{"Type":"Task",
        "Resource":"arn:aws:states:us-east-1:000000000000:activity:a","End":true}}})");
    const std::string arn = start(machine);
    const FakeTasks::Seen call = tasks_.next();
    EXPECT_EQ(code(await<void>([&](auto done) {
                  executions_->activity_task_started(call.address, "worker", std::move(done));
              })),
              "ok");
    EXPECT_EQ(code(await<void>([&](auto done) {
                  executions_->activity_task_started(call.address, "again", std::move(done));
              })),
              "TaskTimedOut");
    EXPECT_EQ(success(call.token, "5"), "ok");
    EXPECT_EQ(ended(arn).output.text(), "5");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted "
              "ActivitySucceeded TaskStateExited ExecutionSucceeded");
    EXPECT_EQ(code(await<void>([&](auto done) {
                  executions_->activity_task_started(call.address, "w", std::move(done));
              })),
              "TaskTimedOut");
}

TEST_F(States, TooLargeAResultFails) {
    const StateMachinePtr machine = machines_.add(
        "l",
        R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}})");
    const std::string arn = start(machine);
    executions_->answer_task(tasks_.next().address,
                             Payload::trusted('"' + std::string(262'144, 'x') + '"'));
    EXPECT_EQ(ended(arn).error, "States.DataLimitExceeded");
}

// ---- starting and reading

class Reads : public States {
 protected:
    StateMachinePtr quick() {
        return machines_.add("quick",
                             R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})");
    }
    StateMachinePtr slow() {
        return machines_.add(
            "slow", R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}})");
    }
    std::string start_code(const StateMachinePtr& machine, const std::string& input,
                           const std::string& name) {
        return code(await<StartExecutionOutput>([&](auto done) {
            executions_->start({machine, name, Payload::trusted(input)}, std::move(done));
        }));
    }
};

TEST_F(Reads, AStartWithNameAndInputOfARunningOneIsThatOne) {
    const StateMachinePtr machine = slow();
    const std::string arn = start(machine, R"({"a":1})", "n");
    EXPECT_EQ(start(machine, R"({"a":1})", "n"), arn);
    EXPECT_EQ(start_code(machine, R"({"a":2})", "n"), "ExecutionAlreadyExists");
    restart();
    EXPECT_EQ(start(machine, R"({"a":1})", "n"), arn);
    EXPECT_EQ(executions_->statistics().running, 1U);
}

TEST_F(Reads, ANameOfAnEndedExecutionIsTaken) {
    const StateMachinePtr machine = quick();
    ended(start(machine, "{}", "n"));
    EXPECT_EQ(start_code(machine, "{}", "n"), "ExecutionAlreadyExists");
}

TEST_F(Reads, AnExecutionWithoutANameHasOneThatNoIndexHolds) {
    const StateMachinePtr machine = machines_.add(
        "m", R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}})");
    const std::string arn = start(machine);
    const std::string name = described(arn).name;
    EXPECT_EQ(name.size(), 36U);
    EXPECT_TRUE(arn.ends_with(":m:" + name)) << arn;
    EXPECT_EQ(stored(Table::execution_name), 0U);
    restart(1);
    EXPECT_EQ(described(arn).name, name);
    // The name is taken, as any other is: by the same input as long as it runs ...
    EXPECT_EQ(start_code(machine, "{}", name), "ok");
    EXPECT_EQ(start_code(machine, R"({"a":1})", name), "ExecutionAlreadyExists");
    advance(std::chrono::seconds{60});
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
    EXPECT_EQ(start_code(machine, "{}", name), "ExecutionAlreadyExists");
    // ... of its own machine alone.
    const StateMachinePtr other = machines_.add("other", machine->definition);
    EXPECT_EQ(start_code(other, "{}", name), "ok");
    EXPECT_EQ(stored(Table::execution_name), 1U);
}

TEST_F(Reads, ListsNewestFirstInPages) {
    const StateMachinePtr machine = quick();
    std::vector<std::string> arns;
    for (int i = 0; i < 5; ++i) {
        arns.insert(arns.begin(), start(machine));
        ended(arns.front());
        advance(seconds{1});
    }
    std::vector<std::string> listed;
    ListExecutionsInput input{machine->id, std::nullopt, 2, ""};
    do {
        const auto page = await<ListExecutionsOutput>(
            [&](auto done) { executions_->list(input, std::move(done)); });
        ASSERT_TRUE(page.has_value());
        EXPECT_LE(page->executions.size(), 2U);
        for (const ExecutionDescription& execution : page->executions)
            listed.push_back(execution.execution_arn);
        input.next_token = page->next_token;
    } while (!input.next_token.empty());
    EXPECT_EQ(listed, arns);
    input.next_token = "nonsense";
    EXPECT_EQ(code(await<ListExecutionsOutput>(
                  [&](auto done) { executions_->list(input, std::move(done)); })),
              "InvalidToken");
}

TEST_F(Reads, PagesOfAHistoryAreItsWholeInBothDirections) {
    EXPECT_EQ(
        run(R"("A":{"Type":"Pass","Next":"B"},"B":{"Type":"Wait","Seconds":0,"Next":"C"},"C":{"Type":"Pass","End":true})"),
        "{}");
    for (const bool reverse : {false, true}) {
        for (const std::uint32_t size : {1U, 3U, 100U}) {
            std::vector<std::int64_t> ids;
            GetHistoryInput input{last_, size, reverse, true, ""};
            do {
                const auto page = await<GetHistoryOutput>(
                    [&](auto done) { executions_->history(input, std::move(done)); });
                ASSERT_TRUE(page.has_value());
                const auto events = json::Document::parse(page->events);
                for (const json::Node& event : events->root().elements())
                    ids.push_back(*json::Value(&event).find("id")->integer());
                input.next_token = page->next_token;
            } while (!input.next_token.empty());
            std::vector<std::int64_t> expected(8);
            for (std::size_t i = 0; i < 8; ++i)
                expected[i] = static_cast<std::int64_t>(reverse ? 8 - i : i + 1);
            EXPECT_EQ(ids, expected) << reverse << size;
        }
    }
}

TEST_F(Reads, WithoutExecutionDataAHistoryShowsNoPayloads) {
    run(R"("A":{"Type":"Pass","Result":"secret","End":true})", R"("private")");
    GetHistoryInput input;
    input.include_execution_data = false;
    const std::string json = history_json(last_, input);
    EXPECT_EQ(json.find("secret"), std::string::npos);
    EXPECT_EQ(json.find("private"), std::string::npos);
    EXPECT_NE(json.find("PassStateExited"), std::string::npos);
}

TEST_F(Reads, UnknownExecutionsDoNotExist) {
    for (const char* arn :
         {"arn:aws:states:us-east-1:000000000000:execution:m:none", "nonsense", ""}) {
        EXPECT_EQ(code(await<ExecutionDescription>(
                      [&](auto done) { executions_->describe(arn, std::move(done)); })),
                  "ExecutionDoesNotExist");
        EXPECT_EQ(stop(arn), "ExecutionDoesNotExist");
    }
}

TEST_F(Reads, OnlySoManyEndedExecutionsAreKeptWhereTheirNumberIsLimited) {
    options_.closed_executions_max = 3;
    restart(1);
    const StateMachinePtr machine = quick();
    std::vector<std::string> arns;
    for (int i = 0; i < 5; ++i) {
        arns.push_back(start(machine, "{}", "n" + std::to_string(i)));
        ended(arns.back());
    }
    EXPECT_EQ(code(await<ExecutionDescription>(
                  [&](auto done) { executions_->describe(arns[1], std::move(done)); })),
              "ExecutionDoesNotExist");
    EXPECT_EQ(described(arns[2]).status, ExecutionStatus::succeeded);
    const auto page = await<ListExecutionsOutput>([&](auto done) {
        executions_->list({machine->id, std::nullopt, 100, ""}, std::move(done));
    });
    EXPECT_EQ(page->executions.size(), 3U);
}

}  // namespace
}  // namespace stepwell::flow
