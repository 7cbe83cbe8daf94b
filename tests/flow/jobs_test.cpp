// Tasks with .sync: they wait for the job that their call has begun.
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

using std::chrono::seconds;

constexpr const char* sync_task = "arn:aws:states:::states:startExecution.sync";

class Jobs : public FlowWorld {
 protected:
    StateMachinePtr parent(const std::string& fields = "") {
        return machines_.add("parent",
                             R"({"StartAt":"P","States":{"P":{"Type":"Task",)" + fields + R"(
            "Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"Input":1},"End":true}}})");
    }
    /// The service answers the call: the job has begun.
    void begin(const FakeTasks::Seen& call) {
        executions_->answer_task(call.address, Payload::trusted(R"({"ExecutionArn":"child"})"));
    }
};

TEST_F(Jobs, ATaskWaitsUntilItsJobIsOver) {
    const std::string arn = start(parent());
    begin(tasks_.next());
    const FakeTasks::Job job = tasks_.next_followed();
    EXPECT_EQ(job.text, R"({"ExecutionArn":"child"})");
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);

    executions_->answer_task(job.address, Payload::trusted("7"));
    EXPECT_EQ(ended(arn).output.text(), "7");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskSucceeded TaskStateExited ExecutionSucceeded");
}

TEST_F(Jobs, AServiceThatAnswersAtOnceBeginsTheJobToo) {
    tasks_.answer_at_once(sync_task, Payload::trusted(R"({"ExecutionArn":"child"})"));
    const std::string arn = start(parent());
    executions_->answer_task(tasks_.next_followed().address,
                             TaskFailure{"States.TaskFailed", "why"});
    const ExecutionDescription end = ended(arn);
    EXPECT_EQ(end.error, "States.TaskFailed");
    EXPECT_EQ(end.cause, "why");
}

TEST_F(Jobs, ACallThatBeginsNoJobFailsTheTask) {
    const std::string arn = start(parent());
    executions_->answer_task(tasks_.next().address, TaskFailure{"StepFunctions.X", "no"});
    EXPECT_EQ(ended(arn).error, "StepFunctions.X");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitFailed "
              "ExecutionFailed");
}

TEST_F(Jobs, ARestartFollowsTheJobAgainAndStartsNoSecond) {
    const std::string arn = start(parent());
    const FakeTasks::Seen call = tasks_.next();
    begin(call);
    EXPECT_EQ(tasks_.next_followed().request_id, call.request_id);
    restart();
    const FakeTasks::Job again = tasks_.next_followed();
    EXPECT_EQ(again.request_id, call.request_id);
    EXPECT_EQ(again.text, R"({"ExecutionArn":"child"})");
    executions_->answer_task(again.address, Payload::trusted("7"));
    EXPECT_EQ(ended(arn).output.text(), "7");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskSucceeded TaskStateExited ExecutionSucceeded");
}

TEST_F(Jobs, ACallNotYetAnsweredIsMadeAgainWithItsRequestId) {
    const std::string arn = start(parent());
    const FakeTasks::Seen first = tasks_.next();
    restart();
    const FakeTasks::Seen second = tasks_.next();
    EXPECT_EQ(second.request_id, first.request_id);
    begin(second);
    executions_->answer_task(tasks_.next_followed().address, Payload::trusted("7"));
    EXPECT_EQ(ended(arn).output.text(), "7");
}

TEST_F(Jobs, ATimeoutAbandonsTheJob) {
    const std::string arn = start(parent(R"("TimeoutSeconds":5,)"));
    const FakeTasks::Seen call = tasks_.next();
    begin(call);
    tasks_.next_followed();
    advance(seconds{5});
    EXPECT_EQ(ended(arn).error, "States.Timeout");
    const FakeTasks::Job abandoned = tasks_.next_abandoned();
    EXPECT_EQ(abandoned.request_id, call.request_id);
    EXPECT_EQ(abandoned.text, "The Task state in AWS Step Functions execution [" + arn +
                                  "] which was managing this resource was aborted");
}

TEST_F(Jobs, AStopBeforeTheJobBeginsEndsItOnceItHas) {
    const std::string arn = start(parent());
    const FakeTasks::Seen call = tasks_.next();
    EXPECT_EQ(stop(arn), "ok");
    EXPECT_EQ(ended(arn).status, ExecutionStatus::aborted);
    begin(call);
    EXPECT_EQ(tasks_.next_abandoned().request_id, call.request_id);
}

TEST_F(Jobs, ASiblingsFailureAbandonsTheJob) {
    tasks_.answer_at_once(sync_task, Payload::trusted(R"({"ExecutionArn":"child"})"));
    const auto machine = machines_.add(
        "p", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"J","States":{"J":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{},"End":true}}},
        {"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},"F":{"Type":"Fail"}}}]}}})");
    const std::string arn = start(machine);
    const FakeTasks::Job job = tasks_.next_followed();
    advance(seconds{1});
    EXPECT_EQ(ended(arn).status, ExecutionStatus::failed);
    EXPECT_EQ(tasks_.next_abandoned().request_id, job.request_id);
}

TEST_F(Jobs, WhoHasTheTokenAnswersTooAndLeavesTheJobAlone) {
    const auto machine = machines_.add("t", R"({"StartAt":"P","States":{"P":{"Type":"Task",
        "Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"Input.$":"$$.Task.Token"},"End":true}}})");
    const std::string arn = start(machine);
    const FakeTasks::Seen call = tasks_.next();
    begin(call);
    tasks_.next_followed();
    EXPECT_EQ(success(call.token, "8"), "ok");
    EXPECT_EQ(ended(arn).output.text(), "8");
}

// What a task starts, is started once, however often its call is made.
class StartedByTask : public FlowWorld {
 protected:
    Result<StartExecutionOutput> start_by(const std::string& starter) {
        return await<StartExecutionOutput>([&](auto done) {
            StartExecutionInput input{machine_, "n", Payload::trusted("{}")};
            input.starter = starter;
            executions_->start(std::move(input), std::move(done));
        });
    }
    const StateMachinePtr machine_ = machines_.add(
        "child", R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}})");
};

TEST_F(StartedByTask, TheSameTaskGetsTheSameExecutionAlsoOnceItHasEnded) {
    const auto first = start_by("task");
    ASSERT_TRUE(first.has_value());
    advance(seconds{9});
    ended(first->execution_arn);
    restart();
    const auto second = start_by("task");
    ASSERT_TRUE(second.has_value()) << second.error().message();
    EXPECT_EQ(second->execution_arn, first->execution_arn);
    EXPECT_EQ(second->start_date, first->start_date);
    EXPECT_EQ(code(start_by("another task")), "ExecutionAlreadyExists");
    EXPECT_EQ(code(start_by("")), "ExecutionAlreadyExists");
}

TEST_F(StartedByTask, IsStoppedWithItsTask) {
    const auto started = start_by("task");
    ASSERT_TRUE(started.has_value());
    executions_->stop_started_by("task", "because");
    const ExecutionDescription end = ended(started->execution_arn);
    EXPECT_EQ(end.status, ExecutionStatus::aborted);
    EXPECT_EQ(end.cause, "because");
}

TEST_F(StartedByTask, WhatWasAbandonedBeforeACrashIsStoppedAfterIt) {
    const std::string parent = start(machines_.add("parent", R"({"StartAt":"P","States":{"P":{
        "Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{},"End":true}}})"));
    const FakeTasks::Seen call = tasks_.next();
    const auto child = start_by(call.request_id);
    ASSERT_TRUE(child.has_value());
    executions_->answer_task(call.address, Payload::trusted(R"({"ExecutionArn":"child"})"));
    tasks_.next_followed();
    EXPECT_EQ(stop(parent), "ok");
    tasks_.next_abandoned();  // the process ends before the port does anything about it
    restart();
    EXPECT_EQ(ended(child->execution_arn).status, ExecutionStatus::aborted);
}

}  // namespace
}  // namespace stepwell::flow
