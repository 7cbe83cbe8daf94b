// The callback pattern: a task waits for its token.
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

using std::chrono::seconds;

constexpr const char* topic_task = "arn:aws:states:::sns:publish";

class Callback : public FlowWorld {
 protected:
    Callback() {
        tasks_.answer_at_once(callback_task, Payload::trusted(R"({"MessageId":"m"})"));
        tasks_.answer_at_once(topic_task, Payload::trusted(R"({"MessageId":"n"})"));
    }

    /// AWS's example; `times` goes into the waiting task.
    StateMachinePtr callback_machine(const std::string& times = "") {
        return machines_.add(
            "callback",
            R"({"StartAt":"Start Task And Wait For Callback","States":{
            "Start Task And Wait For Callback":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
              )" +
                times +
                R"("Parameters":{"QueueUrl":"q","MessageBody":{"MessageTitle":"Task started","TaskToken.$":"$$.Task.Token"}},
              "Next":"Notify Success","Catch":[{"ErrorEquals":["States.ALL"],"Next":"Notify Failure"}]},
            "Notify Success":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"Message":"ok","TopicArn":"t"},"End":true},
            "Notify Failure":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"Message":"failed","TopicArn":"t"},"End":true}}})");
    }
    StateMachinePtr waiting_machine(const std::string& fields = "") {
        return machines_.add("waiting",
                             R"({"StartAt":"W","States":{"W":{"Type":"Task",)" + fields + R"(
            "Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"t.$":"$$.Task.Token"},"End":true}}})");
    }
};

constexpr const char* whole_history =
    "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded "
    "TaskStateExited "
    "TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited ExecutionSucceeded";

TEST_F(Callback, RunsToItsEndOnceTheTokenComesBack) {
    const std::string arn = start(callback_machine());
    const FakeTasks::Seen sent = tasks_.next();
    EXPECT_NE(sent.parameters.find(sent.token), std::string::npos) << sent.parameters;
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);

    EXPECT_EQ(success(sent.token, R"("Callback task completed successfully.")"), "ok");
    const ExecutionDescription end = ended(arn);
    EXPECT_EQ(end.status, ExecutionStatus::succeeded);
    EXPECT_EQ(end.output.text(), R"({"MessageId":"n"})");
    EXPECT_EQ(history(arn), whole_history);
}

TEST_F(Callback, ATokenCompletesOnce) {
    const std::string arn = start(waiting_machine());
    const std::string token = tasks_.next().token;
    EXPECT_EQ(success(token, "1"), "ok");
    EXPECT_EQ(success(token, "2"), "TaskTimedOut");
    EXPECT_EQ(failure(token, "E", "c"), "TaskTimedOut");
    EXPECT_EQ(heartbeat(token), "TaskTimedOut");
    EXPECT_EQ(ended(arn).output.text(), "1");
}

TEST_F(Callback, OfManyCompletionsExactlyOneWins) {
    const std::string arn = start(waiting_machine());
    const std::string token = tasks_.next().token;
    std::vector<std::future<std::string>> calls;
    for (int i = 0; i < 16; ++i) {
        calls.push_back(std::async(std::launch::async,
                                   [this, token, i] { return success(token, std::to_string(i)); }));
    }
    int won = 0;
    std::string winner;
    for (int i = 0; i < 16; ++i) {
        const std::string answer = calls[static_cast<std::size_t>(i)].get();
        if (answer == "ok") {
            ++won;
            winner = std::to_string(i);
        } else {
            EXPECT_EQ(answer, "TaskTimedOut");
        }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(ended(arn).output.text(), winner);
}

TEST_F(Callback, AForgedTokenIsInvalid) {
    const std::string arn = start(waiting_machine());
    std::string token = tasks_.next().token;
    token[10] = token[10] == 'A' ? 'B' : 'A';
    for (const std::string& bad :
         {token, std::string("x"), std::string(2048, 'A'), token.substr(1)}) {
        EXPECT_EQ(success(bad), "InvalidToken");
    }
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
}

TEST_F(Callback, AFailureGoesToTheCatcher) {
    const std::string arn = start(callback_machine());
    EXPECT_EQ(failure(tasks_.next().token, "Custom", "why"), "ok");
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
    EXPECT_EQ(tasks_.next().parameters, R"({"Message":"failed","TopicArn":"t"})");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskFailed TaskStateExited "
              "TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited "
              "ExecutionSucceeded");
}

TEST_F(Callback, AnUncaughtFailureEndsTheExecutionWithItsTexts) {
    const std::string arn = start(waiting_machine());
    EXPECT_EQ(failure(tasks_.next().token, "Custom", "why"), "ok");
    const ExecutionDescription end = ended(arn);
    EXPECT_EQ(end.status, ExecutionStatus::failed);
    EXPECT_EQ(end.error, "Custom");
    EXPECT_EQ(end.cause, "why");
    EXPECT_EQ(described(arn).error, "Custom");
}

TEST_F(Callback, TextsThatWereNotGivenAreAbsent) {
    const std::string arn = start(waiting_machine());
    EXPECT_EQ(failure(tasks_.next().token, std::nullopt, std::nullopt), "ok");
    EXPECT_FALSE(ended(arn).error.has_value());
    EXPECT_FALSE(described(arn).cause.has_value());
}

TEST_F(Callback, AfterATimeoutTheCallbackIsTooLate) {
    const std::string arn = start(waiting_machine(R"("TimeoutSeconds":10,)"));
    const std::string token = tasks_.next().token;
    advance(seconds{10});
    EXPECT_EQ(ended(arn).error, "States.Timeout");
    EXPECT_EQ(success(token), "TaskTimedOut");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskTimedOut ExecutionFailed");
}

TEST_F(Callback, ATimeoutIsNeverEarly) {
    const std::string arn = start(waiting_machine(R"("TimeoutSeconds":10,)"));
    const std::string token = tasks_.next().token;
    advance(milliseconds{9'999});
    EXPECT_EQ(success(token, "7"), "ok");
    EXPECT_EQ(ended(arn).output.text(), "7");
}

TEST_F(Callback, HeartbeatsKeepATaskAlive) {
    const std::string arn = start(waiting_machine(R"("TimeoutSeconds":600,"HeartbeatSeconds":5,)"));
    const std::string token = tasks_.next().token;
    for (int i = 0; i < 5; ++i) {
        advance(seconds{4});
        EXPECT_EQ(heartbeat(token), "ok");
    }
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    advance(seconds{5});
    EXPECT_EQ(ended(arn).error, "States.Timeout");
    EXPECT_EQ(heartbeat(token), "TaskTimedOut");
}

TEST_F(Callback, AMissedHeartbeatCanBeCaughtByItsOwnName) {
    const std::string arn = start(waiting_machine(
        R"("HeartbeatSeconds":5,"Retry":[{"ErrorEquals":["States.HeartbeatTimeout"],"MaxAttempts":1,"IntervalSeconds":1}],)"));
    const std::string first = tasks_.next().token;
    advance(seconds{5});
    while (described(arn).status == ExecutionStatus::running &&
           history(arn).find("TaskTimedOut") == std::string::npos) {
    }
    advance(seconds{1});
    const std::string second = tasks_.next().token;
    EXPECT_NE(first, second);
    EXPECT_EQ(success(first), "TaskTimedOut");
    EXPECT_EQ(success(second, "2"), "ok");
    EXPECT_EQ(ended(arn).output.text(), "2");
}

TEST_F(Callback, AStoppedExecutionTakesNoCallback) {
    const std::string arn = start(waiting_machine());
    const std::string token = tasks_.next().token;
    EXPECT_EQ(stop(arn, "Why", "because"), "ok");
    const ExecutionDescription end = described(arn);
    EXPECT_EQ(end.status, ExecutionStatus::aborted);
    EXPECT_EQ(end.error, "Why");
    EXPECT_EQ(success(token), "TaskTimedOut");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "ExecutionAborted");
    EXPECT_EQ(stop(arn), "ok");  // again: nothing more happens
    EXPECT_EQ(described(arn).error, "Why");
}

TEST_F(Callback, WaitingSurvivesARestart) {
    const std::string arn = start(callback_machine(), R"({"a":[1,2]})");
    const std::string token = tasks_.next().token;
    const std::string before = history_json(arn);
    restart();
    EXPECT_EQ(recovered_, 1U);
    EXPECT_EQ(history_json(arn), before);
    EXPECT_EQ(success(token, "7"), "ok");
    EXPECT_EQ(success(token, "8"), "TaskTimedOut");
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
    EXPECT_EQ(history(arn), whole_history);
    EXPECT_EQ(described(arn).input.text(), R"({"a":[1,2]})");
    restart();
    EXPECT_EQ(recovered_, 0U);
    EXPECT_EQ(success(token, "9"), "TaskTimedOut");
}

TEST_F(Callback, ARestartMayChangeTheNumberOfShards) {
    std::vector<std::pair<std::string, std::string>> waiting;
    const StateMachinePtr machine = waiting_machine();
    for (int i = 0; i < 20; ++i) {
        std::string arn = start(machine);
        waiting.emplace_back(std::move(arn), tasks_.next().token);
    }
    for (const std::uint32_t shards : {5U, 1U, 3U}) {
        restart(shards);
        EXPECT_EQ(recovered_, 20U);
        const std::string arn = start(machine);
        EXPECT_EQ(success(tasks_.next().token), "ok");
        ended(arn);
    }
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(success(waiting[i].second, std::to_string(i)), "ok");
        EXPECT_EQ(ended(waiting[i].first).output.text(), std::to_string(i));
    }
}

TEST_F(Callback, ATokenMadeAfterOneChangeOfShardsSurvivesTheNext) {
    const StateMachinePtr machine = machines_.add(
        "two",
        R"({"StartAt":"W","States":{"W":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"t.$":"$$.Task.Token"},"Next":"V"},
        "V":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"t.$":"$$.Task.Token"},"End":true}}})");
    std::vector<std::string> tokens;
    for (int i = 0; i < 20; ++i) {
        start(machine);
        tokens.push_back(tasks_.next().token);
    }
    restart(1);
    for (std::string& token : tokens) {
        EXPECT_EQ(success(token), "ok");
        token = tasks_.next().token;
    }
    restart(3);
    for (const std::string& token : tokens) EXPECT_EQ(success(token), "ok");
}

TEST_F(Callback, TimersThatPassedDuringTheOutageFire) {
    const std::string late = start(waiting_machine(R"("TimeoutSeconds":10,)"));
    const std::string in_time = start(waiting_machine(R"("TimeoutSeconds":100,)"));
    tasks_.next();
    tasks_.next();
    executions_.reset();
    advance(seconds{50});
    open();
    EXPECT_EQ(ended(late).error, "States.Timeout");
    EXPECT_EQ(described(in_time).status, ExecutionStatus::running);
    advance(seconds{50});
    EXPECT_EQ(ended(in_time).error, "States.Timeout");
}

TEST_F(Callback, HeartbeatsSurviveARestart) {
    const std::string arn = start(waiting_machine(R"("HeartbeatSeconds":5,)"));
    const std::string token = tasks_.next().token;
    advance(seconds{4});
    EXPECT_EQ(heartbeat(token), "ok");
    restart();
    advance(seconds{4});
    EXPECT_EQ(heartbeat(token), "ok");  // 8 s after the start, 4 s after the last heartbeat
    advance(seconds{5});
    EXPECT_EQ(ended(arn).error, "States.Timeout");
}

TEST_F(Callback, AServiceThatAnswersLaterSubmitsFirst) {
    const StateMachinePtr machine =
        machines_.add("f", R"({"StartAt":"F","States":{"F":{"Type":"Task",
        "Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"t.$":"$$.Task.Token"},"End":true}}})");
    const std::string arn = start(machine);
    const FakeTasks::Seen call = tasks_.next();
    executions_->answer_task(call.address, Payload::trusted(R"({"StatusCode":200})"));
    EXPECT_EQ(success(call.token, "3"), "ok");
    EXPECT_EQ(ended(arn).output.text(), "3");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskSucceeded TaskStateExited "
              "ExecutionSucceeded");
}

TEST_F(Callback, ACallUnderWayIsMadeAgainAfterARestartWithTheSameId) {
    const StateMachinePtr machine =
        machines_.add("f", R"({"StartAt":"F","States":{"F":{"Type":"Task",
        "Resource":"arn:aws:states:::lambda:invoke","Parameters":{"Payload.$":"$"},"End":true}}})");
    const std::string arn = start(machine, R"({"x":1})");
    const FakeTasks::Seen first = tasks_.next();
    restart();
    const FakeTasks::Seen again = tasks_.next();
    EXPECT_EQ(again.request_id, first.request_id);
    EXPECT_EQ(again.parameters, first.parameters);
    executions_->answer_task(first.address, Payload::trusted("1"));
    executions_->answer_task(again.address, Payload::trusted("2"));
    EXPECT_EQ(ended(arn).output.text(), "1");
}

TEST_F(Callback, NothingLeavesBeforeItIsDurable) {
    // The fake records a call only when its effects are released, and the reply to the start comes
    // with the same commit: so once the start is acknowledged, the history that holds the call is
    // stored.
    const std::string arn = start(waiting_machine());
    tasks_.next();
    restart();
    EXPECT_NE(history(arn).find("TaskSubmitted"), std::string::npos);
}

}  // namespace
}  // namespace stepwell::flow
