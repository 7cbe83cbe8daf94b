// Parallel and Map: what they do, what their histories show, and that a restart changes nothing of
// it.
#include <algorithm>

#include "base/random.hpp"
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

using std::chrono::seconds;

// A task that waits for its token; the message names what it was sent for.
std::string waiting_task(const std::string& message, const std::string& rest = R"("End":true)") {
    return R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"m)" +
           message + R"(,"t.$":"$$.Task.Token"},)" + rest + "}";
}
std::string branch(const std::string& state) {
    return R"({"StartAt":"I","States":{"I":)" + state + "}}";
}
constexpr const char* fail = R"({"Type":"Fail","Error":"Mine","Cause":"c"})";
constexpr const char* pass_state = R"({"Type":"Pass","End":true})";
constexpr const char* wait = R"({"Type":"Wait","Seconds":60,"End":true})";

class FanOutTest : public FlowWorld {
 protected:
    FanOutTest() { tasks_.answer_at_once(callback_task, Payload::trusted(R"({"MessageId":"m"})")); }

    /// States of a machine that starts at "A".
    std::string begin(const std::string& states, const std::string& input = "{}") {
        last_ = start(machines_.add("m", R"({"StartAt":"A","States":{)" + states + "}}"), input);
        return last_;
    }
    /// The output, or "ERROR: cause".
    std::string result() {
        const ExecutionDescription end = ended(last_);
        if (end.status == ExecutionStatus::succeeded) return std::string(end.output.text());
        return end.error.value_or("none") + ": " + end.cause.value_or("none");
    }
    std::string run(const std::string& states, const std::string& input = "{}") {
        begin(states, input);
        return result();
    }
    /// Each event as "type<previous", the types without "State"; the number is the event's place.
    std::string chain() {
        const Result<json::Document> events = json::Document::parse(history_json(last_));
        std::string text;
        for (const json::Node& node : events->root().elements()) {
            const json::Value event{&node};
            std::string type(event.find("type")->string());
            if (const std::size_t at = type.find("State"); at != std::string::npos)
                type.erase(at, 5);
            text += (text.empty() ? "" : " ") + type + "<" +
                    std::to_string(*event.find("previousEventId")->integer());
        }
        return text;
    }
    std::size_t count(const std::string& type) {
        const std::string types = history(last_) + " ";
        std::size_t found = 0;
        for (std::size_t at = types.find(type + " "); at != std::string::npos;
             at = types.find(type + " ", at + 1))
            ++found;
        return found;
    }
    /// How many records of running executions the store holds.
    std::size_t stored_records() {
        storage_->wait_until_applied(storage_->durable());
        std::size_t records = 0;
        storage_->scan(Table::continuation, {}, [&](std::string_view, std::string_view) {
            ++records;
            return true;
        });
        return records;
    }
    std::string last_;
};

// ---- Parallel

TEST_F(FanOutTest, AParallelGivesTheOutputsOfItsBranchesInTheirOrder) {
    EXPECT_EQ(run(R"("A":{"Type":"Parallel","Branches":[)" +
                      branch(R"({"Type":"Pass","Result":{"b":0},"End":true})") + "," +
                      branch(R"({"Type":"Wait","Seconds":0,"End":true})") + "," +
                      branch(R"({"Type":"Succeed"})") + R"(],"End":true})",
                  R"({"x":1})"),
              R"([{"b":0},{"x":1},{"x":1}])");
    EXPECT_EQ(stored_records(), 0U);
}

TEST_F(FanOutTest, BranchesHaveTheirOwnChainsOfEvents) {
    EXPECT_EQ(run(R"("A":{"Type":"Parallel","Next":"B","Branches":[)" + branch(pass_state) + "," +
                  branch(pass_state) + R"(]},"B":{"Type":"Succeed"})"),
              "[{},{}]");
    EXPECT_EQ(chain(),
              "ExecutionStarted<0 ParallelEntered<0 ParallelStarted<2 PassEntered<3 PassExited<4 "
              "PassEntered<3 PassExited<6 ParallelSucceeded<7 ParallelExited<7 SucceedEntered<9 "
              "SucceedExited<10 ExecutionSucceeded<11");
}

TEST_F(FanOutTest, AParallelShapesItsInputAndItsResult) {
    EXPECT_EQ(
        run(R"("A":{"Type":"Parallel","InputPath":"$.a","Parameters":{"v.$":"$.n"},"Branches":[)" +
                branch(pass_state) +
                R"(],"ResultSelector":{"first.$":"$[0].v"},"ResultPath":"$.r","OutputPath":"$.r","End":true})",
            R"({"a":{"n":7}})"),
        R"({"first":7})");
}

TEST_F(FanOutTest, AFailureInABranchCutsTheOthersOff) {
    EXPECT_EQ(run(R"("A":{"Type":"Parallel","End":true,"Branches":[)" + branch(wait) + "," +
                  branch(waiting_task(R"(":1)")) + "," + branch(fail) + "]}"),
              "Mine: c");
    EXPECT_EQ(chain(),
              "ExecutionStarted<0 ParallelEntered<0 ParallelStarted<2 WaitEntered<3 TaskEntered<3 "
              "TaskScheduled<5 TaskStarted<6 TaskSubmitted<7 FailEntered<3 WaitAborted<9 "
              "TaskAborted<9 ParallelFailed<9 ExecutionFailed<12");
    EXPECT_EQ(success(tasks_.next().token), "TaskTimedOut");
    EXPECT_EQ(stored_records(), 0U);
}

TEST_F(FanOutTest, ATaskWhoseFailureEndsItsBranchIsAborted) {
    begin(R"("A":{"Type":"Parallel","End":true,"Branches":[)" + branch(waiting_task(R"(":1)")) +
          R"(],"Catch":[{"ErrorEquals":["E"],"Next":"C"}]},"C":{"Type":"Succeed"})");
    EXPECT_EQ(failure(tasks_.next().token, "E", "c"), "ok");
    EXPECT_EQ(result(), R"({"Error":"E","Cause":"c"})");
    EXPECT_EQ(
        chain(),
        "ExecutionStarted<0 ParallelEntered<0 ParallelStarted<2 TaskEntered<3 TaskScheduled<4 "
        "TaskStarted<5 TaskSubmitted<6 TaskFailed<7 TaskAborted<8 ParallelFailed<8 "
        "ParallelExited<10 SucceedEntered<11 SucceedExited<12 ExecutionSucceeded<13");
}

TEST_F(FanOutTest, ABranchHandlesItsOwnFailuresFirst) {
    EXPECT_EQ(
        run(R"("A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"M","States":{
        "M":{"Type":"Map","ItemProcessor":)" +
                branch(fail) +
                R"(,"Catch":[{"ErrorEquals":["Mine"],"ResultPath":"$[1]","Next":"Done"}],"End":true},
        "Done":{"Type":"Pass","End":true}}}]})",
            "[1,0]"),
        R"([[1,{"Error":"Mine","Cause":"c"}]])");
}

TEST_F(FanOutTest, ARetryRunsAllBranchesAgain) {
    begin(R"("A":{"Type":"Parallel","End":true,"Branches":[)" +
          branch(waiting_task(R"(.$":"$$.State.RetryCount")")) + "," + branch(wait) +
          R"(],"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":5,"MaxAttempts":1}]})");
    EXPECT_EQ(failure(tasks_.next().token, "E", "first"), "ok");
    restart();
    advance(seconds{5});
    const std::string token = tasks_.next().token;
    EXPECT_EQ(count("ParallelStateStarted"), 2U);
    EXPECT_EQ(count("ParallelStateFailed"), 0U);
    EXPECT_EQ(failure(token, "E", "second"), "ok");
    EXPECT_EQ(result(), "E: second");
    EXPECT_EQ(count("ParallelStateFailed"), 1U);
}

TEST_F(FanOutTest, AnExpressionThatFailsInABranchEndsTheExecution) {
    const std::string result =
        run(R"("A":{"Type":"Parallel","End":true,"Branches":[)" + branch(wait) + "," +
            branch(R"({"Type":"Pass","Parameters":{"m.$":"$.nope"},"End":true})") +
            R"(],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]},"C":{"Type":"Succeed"})");
    EXPECT_TRUE(
        result.starts_with("States.Runtime: An error occurred while executing the state "
                           "'I' (entered at the event id #5). "))
        << result;
    EXPECT_EQ(chain(),
              "ExecutionStarted<0 ParallelEntered<0 ParallelStarted<2 WaitEntered<3 PassEntered<3 "
              "ExecutionFailed<5");
    EXPECT_EQ(stored_records(), 0U);
}

// ---- Map

TEST_F(FanOutTest, AMapRunsItsProcessorForEachItem) {
    EXPECT_EQ(run(R"("A":{"Type":"Map","MaxConcurrency":1,"ItemProcessor":)" + branch(pass_state) +
                      R"(,"End":true})",
                  R"([1, "two"])"),
              R"([1,"two"])");
    EXPECT_EQ(chain(),
              "ExecutionStarted<0 MapEntered<0 MapStarted<2 MapIterationStarted<3 PassEntered<4 "
              "PassExited<5 MapIterationSucceeded<6 MapIterationStarted<6 PassEntered<8 "
              "PassExited<9 MapIterationSucceeded<10 MapSucceeded<11 MapExited<11 "
              "ExecutionSucceeded<13");
    const std::string json = history_json(last_);
    EXPECT_NE(json.find(R"("mapStateStartedEventDetails":{"length":2})"), std::string::npos);
    EXPECT_NE(json.find(R"("mapIterationStartedEventDetails":{"name":"A","index":1})"),
              std::string::npos);
    EXPECT_EQ(stored_records(), 0U);
}

TEST_F(FanOutTest, AMapOfNothingGivesNothing) {
    EXPECT_EQ(run(R"("A":{"Type":"Map","Iterator":)" + branch(fail) + R"(,"End":true})", "[]"),
              "[]");
    EXPECT_EQ(chain(),
              "ExecutionStarted<0 MapEntered<0 MapStarted<2 MapSucceeded<3 MapExited<3 "
              "ExecutionSucceeded<5");
}

TEST_F(FanOutTest, IterationsSeeTheirItemInTheContext) {
    const std::string selector =
        R"({"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","k.$":"$.k"})";
    for (const char* field : {"ItemSelector", "Parameters"}) {
        EXPECT_EQ(
            run(R"("A":{"Type":"Map","ItemsPath":"$.l",")" + std::string(field) + "\":" + selector +
                    R"(,"ItemProcessor":)" +
                    branch(
                        R"({"Type":"Pass","Parameters":{"in.$":"$","also.$":"$$.Map.Item.Value"},"End":true})") +
                    R"(,"End":true})",
                R"({"l":["a"],"k":true})"),
            R"([{"in":{"i":0,"v":"a","k":true},"also":"a"}])")
            << field;
    }
}

TEST_F(FanOutTest, AMapOverWhatIsNoArrayFails) {
    const std::string map = R"("A":{"Type":"Map","ItemsPath":"$.l","ItemProcessor":)" +
                            branch(pass_state) + R"(,"End":true})";
    const std::string where =
        "States.Runtime: An error occurred while executing the state 'A' (entered at the event id "
        "#2). ";
    EXPECT_EQ(run(map, R"({"l":{}})"), where + R"(Reference path "$.l" must point to array.)");
    EXPECT_EQ(chain(), "ExecutionStarted<0 MapEntered<0 ExecutionFailed<2");
}

TEST_F(FanOutTest, MaxConcurrencyMayComeFromTheInput) {
    const std::string map =
        R"("A":{"Type":"Map","ItemsPath":"$.l","MaxConcurrencyPath":"$.c","ItemProcessor":)" +
        branch(waiting_task(R"(.$":"$$.Map.Item.Index")")) + R"(,"End":true})";
    begin(map, R"({"l":[0,0,0],"c":2})");
    tasks_.next();
    const std::string second = tasks_.next().token;
    EXPECT_EQ(count("MapIterationStarted"), 2U);
    EXPECT_EQ(success(second), "ok");
    EXPECT_EQ(tasks_.next().parameters.substr(0, 6), R"({"m":2)");
    EXPECT_EQ(stop(last_), "ok");

    const std::string where =
        "States.Runtime: An error occurred while executing the state 'A' (entered at the event id "
        "#2). ";
    EXPECT_EQ(run(map, R"({"l":[],"c":{}})"),
              where +
                  "The MaxConcurrencyPath field refers to value \"{}\" which is not a valid "
                  "integer: $.c");
    EXPECT_EQ(run(map, R"({"l":[],"c":-1})"),
              where + "Expected non-negative integer for MaxConcurrency, got -1 instead.");
}

TEST_F(FanOutTest, FortyIterationsRunAtATimeAtMost) {
    std::string items = "[0";
    for (int i = 1; i < 50; ++i) items += ",0";
    begin(R"("A":{"Type":"Map","ItemProcessor":)" + branch(waiting_task(R"(":1)")) +
              R"(,"End":true})",
          items + "]");
    std::vector<std::string> tokens;
    for (int i = 0; i < 40; ++i) tokens.push_back(tasks_.next().token);
    EXPECT_EQ(count("MapIterationStarted"), 40U);
    for (const std::string& token : tokens) EXPECT_EQ(success(token), "ok");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(success(tasks_.next().token), "ok");
    EXPECT_EQ(ended(last_).status, ExecutionStatus::succeeded);
    EXPECT_EQ(count("MapIterationSucceeded"), 50U);
}

TEST_F(FanOutTest, AFailedIterationAbortsTheOthers) {
    EXPECT_EQ(run(R"("A":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"C","States":{
        "C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":0,"Next":"F"}],"Default":"W"},
        "F":{"Type":"Fail","Error":"Mine","Cause":"c"},"W":{"Type":"Wait","Seconds":60,"End":true}}}})",
                  "[1,0]"),
              "Mine: c");
    EXPECT_EQ(chain(),
              "ExecutionStarted<0 MapEntered<0 MapStarted<2 MapIterationStarted<3 "
              "MapIterationStarted<3 ChoiceEntered<4 ChoiceExited<6 WaitEntered<7 ChoiceEntered<5 "
              "ChoiceExited<9 FailEntered<10 MapIterationAborted<11 WaitAborted<11 "
              "MapIterationFailed<11 MapFailed<11 ExecutionFailed<15");
}

TEST_F(FanOutTest, ARetriedMapShowsNoFailureUntilTheLastAttempt) {
    begin(R"("A":{"Type":"Map","End":true,"ItemProcessor":)" + branch(fail) +
              R"(,"Retry":[{"ErrorEquals":["Mine"],"MaxAttempts":1}]})",
          "[1]");
    stored_records();
    advance(seconds{1});
    EXPECT_EQ(result(), "Mine: c");
    EXPECT_EQ(chain(),
              "ExecutionStarted<0 MapEntered<0 MapStarted<2 MapIterationStarted<3 FailEntered<4 "
              "MapIterationFailed<5 MapStarted<5 MapIterationStarted<7 FailEntered<8 "
              "MapIterationFailed<9 MapFailed<9 ExecutionFailed<11");
}

TEST_F(FanOutTest, ASelectorThatFailsEndsTheExecution) {
    EXPECT_EQ(
        run(R"("A":{"Type":"Map","ItemSelector":{"v.$":"$$.Map.Item.Value.x"},"MaxConcurrency":1,"ItemProcessor":)" +
                branch(pass_state) +
                R"(,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}],"End":true},"B":{"Type":"Succeed"})",
            R"([{"x":1},{}])")
            .substr(0, 16),
        "States.Runtime: ");
    EXPECT_EQ(history(last_),
              "ExecutionStarted MapStateEntered MapStateStarted MapIterationStarted "
              "PassStateEntered PassStateExited MapIterationSucceeded MapIterationStarted "
              "ExecutionFailed");
}

TEST_F(FanOutTest, ResultsThatAreTooLargeTogetherFail) {
    const std::string item = "\"" + std::string(100'000, 'x') + "\"";
    EXPECT_EQ(
        run(R"("A":{"Type":"Map","ItemProcessor":)" +
                branch(R"({"Type":"Pass","Result":)" + item + R"(,"End":true})") +
                R"(,"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"ResultPath":"$[2]","Next":"B"}],"End":true},
                      "B":{"Type":"Pass","InputPath":"$[2].Error","End":true})",
            "[1,2,3]"),
        R"("States.DataLimitExceeded")");
}

TEST_F(FanOutTest, ALongMapEndsAtTheLimitOfItsHistory) {
    std::string items = "[0";
    for (int i = 1; i < 10'000; ++i) items += ",0";
    EXPECT_EQ(
        run(R"("A":{"Type":"Map","ItemProcessor":)" + branch(pass_state) + R"(,"End":true})",
            items + "]"),
        "States.Runtime: The execution reached the maximum number of history events (25000).");
    const auto page = await<GetHistoryOutput>(
        [&](auto done) { executions_->history({last_, 1, true, true, ""}, std::move(done)); });
    EXPECT_EQ(*json::Document::parse(page->events)->root()[0].find("id")->integer(), 25'000);
    EXPECT_EQ(stored_records(), 0U);
}

// ---- variables

TEST_F(FanOutTest, InnerScopesReadOuterVariablesAndKeepTheirOwn) {
    EXPECT_EQ(run(R"("A":{"Type":"Pass","Assign":{"x":1},"Next":"P"},
        "P":{"Type":"Parallel","Next":"B","Branches":[
          {"StartAt":"P1","States":{"P1":{"Type":"Pass","Assign":{"y.$":"$x"},"Next":"P2"},"P2":{"Type":"Pass","InputPath":"$y","End":true}}},
          {"StartAt":"Q1","States":{"Q1":{"Type":"Pass","Assign":{"y":5},"Next":"Q2"},"Q2":{"Type":"Pass","InputPath":"$y","End":true}}}]},
        "B":{"Type":"Pass","Assign":{"y":9},"Parameters":{"out.$":"$","x.$":"$x"},"End":true})"),
              R"({"out":[1,5],"x":1})");
}

// ---- waiting, stopping, time

TEST_F(FanOutTest, BranchesWaitAtTheSameTime) {
    begin(R"("A":{"Type":"Parallel","End":true,"Branches":[)" + branch(wait) + "," +
          branch(waiting_task(R"(":1)")) + "," +
          branch(R"({"Type":"Wait","Seconds":90,"End":true})") + "]}");
    EXPECT_EQ(success(tasks_.next().token, "\"done\""), "ok");
    advance(seconds{60});
    EXPECT_EQ(described(last_).status, ExecutionStatus::running);
    advance(seconds{30});
    EXPECT_EQ(result(), R"([{},"done",{}])");
}

TEST_F(FanOutTest, AStopEndsEveryBranch) {
    begin(
        R"("A":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[)" +
            branch(waiting_task(R"(":1)")) + "," + branch(wait) + "]}}}}",
        "[1,2]");
    const std::string first = tasks_.next().token;
    const std::string second = tasks_.next().token;
    EXPECT_EQ(stop(last_, "Mine", "c"), "ok");
    EXPECT_EQ(ended(last_).status, ExecutionStatus::aborted);
    EXPECT_EQ(success(first), "TaskTimedOut");
    EXPECT_EQ(success(second), "TaskTimedOut");
    EXPECT_EQ(stored_records(), 0U);
    advance(seconds{60});
    EXPECT_TRUE(chain().ends_with("ExecutionAborted<0"));
}

TEST_F(FanOutTest, TheMachinesTimeoutEndsEveryBranch) {
    const StateMachinePtr machine = machines_.add(
        "t",
        R"({"TimeoutSeconds":10,"StartAt":"A","States":{"A":{"Type":"Map","End":true,"ItemProcessor":)" +
            branch(wait) + "}}}");
    last_ = start(machine, "[1,2]");
    stored_records();
    advance(seconds{4});
    restart();
    advance(seconds{5});
    EXPECT_EQ(described(last_).status, ExecutionStatus::running);
    advance(seconds{1});
    EXPECT_EQ(ended(last_).status, ExecutionStatus::timed_out);
    EXPECT_EQ(stored_records(), 0U);
}

TEST_F(FanOutTest, ATimeoutInABranchIsTheBranchs) {
    begin(R"("A":{"Type":"Parallel","End":true,"Branches":[)" + branch(wait) + "," +
          branch(waiting_task(R"(":1)", R"("TimeoutSeconds":5,"End":true)")) + "]}");
    const std::string token = tasks_.next().token;
    advance(seconds{5});
    EXPECT_EQ(result(), "States.Timeout: none");
    EXPECT_EQ(success(token), "TaskTimedOut");
}

TEST_F(FanOutTest, ALongMapLetsOthersThrough) {
    restart(1);
    std::string items = "[0";
    for (int i = 1; i < 4'000; ++i) items += ",0";
    const std::string map =
        begin(R"("A":{"Type":"Map","ItemProcessor":)" + branch(pass_state) + R"(,"End":true})",
              items + "]");
    const std::string quick = start(
        machines_.add("quick", R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})"));
    EXPECT_EQ(ended(quick).status, ExecutionStatus::succeeded);
    EXPECT_EQ(ended(map).status, ExecutionStatus::succeeded);
}

// ---- restarts

TEST_F(FanOutTest, ARestartLosesNoIterationAndDoesNoneTwice) {
    begin(
        R"("A":{"Type":"Map","MaxConcurrency":3,"ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value"},"ItemProcessor":
        {"StartAt":"S","States":{"S":{"Type":"Pass","Assign":{"mine.$":"$.v"},"Next":"I"},"I":)" +
            waiting_task(R"(.$":"$mine")", R"("Next":"E")") +
            R"(,"E":{"Type":"Pass","Parameters":{"was.$":"$mine","is.$":"$$.Map.Item.Value"},"End":true}}},"End":true})",
        R"({"l":[10,11,12,13,14,15,16]})");
    std::map<std::string, std::string> open;  // by what was sent
    std::string expected = "[";
    for (int done = 0; done < 7; ++done) {
        while (open.size() < static_cast<std::size_t>(std::min(3, 7 - done))) {
            const FakeTasks::Seen seen = tasks_.next();
            EXPECT_TRUE(open.emplace(seen.parameters.substr(0, 7), seen.token).second);
        }
        const auto last = std::prev(open.end());  // not in their order
        EXPECT_EQ(success(last->second), "ok");
        open.erase(last);
        if (done % 2 == 0) restart(done == 2 ? 3 : 2);
        EXPECT_EQ(described(last_).status,
                  done < 6 ? ExecutionStatus::running : ended(last_).status);
    }
    for (int i = 10; i < 17; ++i) {
        const std::string n = std::to_string(i);
        expected += (i == 10 ? "" : ",") + ("{\"was\":" + n) + ",\"is\":" + n + "}";
    }
    EXPECT_EQ(result(), expected + "]");
    EXPECT_EQ(count("MapIterationStarted"), 7U);
    EXPECT_EQ(count("MapIterationSucceeded"), 7U);
    EXPECT_EQ(count("TaskScheduled"), 7U);
    EXPECT_EQ(stored_records(), 0U);
}

TEST_F(FanOutTest, NestedBranchesGoOnAfterARestart) {
    begin(
        R"("A":{"Type":"Pass","Assign":{"outer":"o"},"Next":"P"},"P":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"M","States":{"M":{"Type":"Map","Next":"N","ItemProcessor":{"StartAt":"Q","States":{"Q":{"Type":"Parallel","End":true,"Branches":[)" +
            branch(waiting_task(R"(.$":"$$.Map.Item.Value")")) + "," +
            branch(
                R"({"Type":"Wait","Seconds":30,"Next":"J"},"J":{"Type":"Pass","InputPath":"$outer","End":true})") +
            R"(]}}}},"N":{"Type":"Pass","End":true}}},)" + branch(wait) + "]}",
        R"([1,2])");
    const FakeTasks::Seen one = tasks_.next();
    const FakeTasks::Seen two = tasks_.next();
    EXPECT_EQ(success(one.token, "\"1\""), "ok");
    restart();
    EXPECT_EQ(recovered_, 1U);
    advance(seconds{30});
    stored_records();
    restart(3);
    EXPECT_EQ(success(two.token, "\"2\""), "ok");
    EXPECT_EQ(success(one.token), "TaskTimedOut");
    restart();
    advance(seconds{30});
    EXPECT_EQ(result(), R"([[["1","o"],["2","o"]],[1,2]])");
    EXPECT_EQ(stored_records(), 0U);
}

// Every item goes through two lines of tasks at once, four and two long. Their tokens come back in
// a random order, some as failures that are retried, with restarts between.
TEST_F(FanOutTest, WhateverTheOrderAndTheRestartsTheResultIsTheSame) {
    const auto line = [](const std::string& name, int length) {
        std::string states;
        for (int i = 0; i < length; ++i) {
            const bool is_last = i + 1 == length;
            states +=
                (i > 0 ? "," : "") + ("\"" + name) + std::to_string(i) + "\":" +
                R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"line":")" +
                name + R"(","item.$":"$$.Map.Item.Value","left":)" +
                std::to_string(length - 1 - i) +
                R"(,"t.$":"$$.Task.Token"},"Retry":[{"ErrorEquals":["E"],"MaxAttempts":99,"BackoffRate":1}],)" +
                (is_last ? R"("End":true)" : R"("Next":")" + name + std::to_string(i + 1) + "\"") +
                "}";
        }
        return R"({"StartAt":")" + name + R"(0","States":{)" + states + "}}";
    };
    const StateMachinePtr machine = machines_.add(
        "m",
        R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[)" +
            line("a", 4) + "," + line("b", 2) + "]}}}}}}");
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Random random(seed);
        last_ = start(machine, "[0,1,2]");
        std::vector<FakeTasks::Seen> open;
        const auto take = [&] { open.push_back(tasks_.next()); };
        for (int i = 0; i < 6; ++i) take();
        int failures = 0;
        while (!open.empty()) {
            const auto picked =
                open.begin() + static_cast<std::ptrdiff_t>(random.next() % open.size());
            const FakeTasks::Seen task = *picked;
            open.erase(picked);
            const auto sent = json::Document::parse(task.parameters);
            const std::string output = "\"" + std::string(sent->root().find("line")->string()) +
                                       std::string(sent->root().find("item")->raw()) + "\"";
            if (failures < 6 && random.next() % 4 == 0) {
                ++failures;
                ASSERT_EQ(failure(task.token, "E", "c"), "ok");
                if (random.next() % 2 == 0) restart();
                stored_records();  // the pause has begun
                advance(seconds{1});
                take();
            } else {
                ASSERT_EQ(success(task.token, output), "ok");
                if (sent->root().find("left")->integer() != 0) take();
            }
            if (random.next() % 3 == 0) restart(1 + static_cast<std::uint32_t>(random.next() % 3));
        }
        EXPECT_EQ(result(), R"([["a0","b0"],["a1","b1"],["a2","b2"]])") << "seed " << seed;
        EXPECT_EQ(count("TaskSucceeded"), 18U);
        EXPECT_EQ(count("TaskFailed"), static_cast<std::size_t>(failures));
        EXPECT_EQ(stored_records(), 0U);
    }
}

TEST_F(FanOutTest, ACallUnderWayInABranchIsMadeAgainAfterARestart) {
    const StateMachinePtr machine = machines_.add(
        "c",
        R"({"StartAt":"A","States":{"A":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"n.$":"$"},"End":true}}}}}})");
    last_ = start(machine, "[1,2]");
    std::vector<FakeTasks::Seen> before{tasks_.next(), tasks_.next()};
    restart();
    std::vector<FakeTasks::Seen> after{tasks_.next(), tasks_.next()};
    const auto by_id = [](const auto& a, const auto& b) { return a.request_id < b.request_id; };
    std::sort(before.begin(), before.end(), by_id);
    std::sort(after.begin(), after.end(), by_id);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(before[i].request_id, after[i].request_id);
        EXPECT_EQ(before[i].parameters, after[i].parameters);
        executions_->answer_task(after[i].address, Payload::trusted(after[i].parameters));
    }
    EXPECT_EQ(result(), R"([{"n":1},{"n":2}])");
}

TEST_F(FanOutTest, AMapOfManyWritesOnlyWhatHasMoved) {
    std::string items = "[0";
    for (int i = 1; i < 1'000; ++i) items += ",0";
    begin(R"("A":{"Type":"Map","MaxConcurrency":1,"ItemProcessor":)" +
              branch(waiting_task(R"(":1)")) + R"(,"End":true})",
          items + "]");
    for (int i = 0; i < 999; ++i) EXPECT_EQ(success(tasks_.next().token, "\"out\""), "ok");
    tasks_.next();
    stored_records();
    std::size_t largest = 0;
    storage_->scan(Table::continuation, {}, [&](std::string_view, std::string_view value) {
        largest = std::max(largest, value.size());
        return true;
    });
    EXPECT_LT(largest, 100U);  // bytes, of 1,001 records: outputs stay where the history has them
}

TEST_F(FanOutTest, StateOfAnotherVersionIsRefused) {
    begin(R"("A":{"Type":"Wait","Seconds":60,"End":true})");
    executions_.reset();
    std::string key;
    storage_->scan(Table::continuation, {}, [&](std::string_view k, std::string_view) {
        key = k;
        return false;
    });
    Effects effects;
    effects.put(Table::continuation, key, "\x01whatever version one was");
    storage_->wait_until_applied(storage_->commit(std::move(effects)));
    executions_ = std::make_unique<Executions>(options_, clock_, *storage_, machines_, tasks_);
    const Result<std::uint64_t> running = executions_->start_running();
    ASSERT_FALSE(running.has_value());
    EXPECT_NE(running.error().message().find("written by another version"), std::string::npos)
        << running.error().message();
}

}  // namespace
}  // namespace stepwell::flow
