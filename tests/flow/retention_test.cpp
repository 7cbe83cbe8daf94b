// What is stored of an execution goes 90 days after its end.
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

using std::chrono::days;
using std::chrono::hours;

class RetentionTest : public FlowWorld {
 protected:
    StateMachinePtr pass() {
        return machines_.add("pass",
                             R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})");
    }
    StateMachinePtr waits(std::int64_t wait_seconds) {
        return machines_.add("wait" + std::to_string(wait_seconds),
                             R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":)" +
                                 std::to_string(wait_seconds) + R"(,"End":true}}})");
    }
    bool exists(const std::string& arn) {
        const auto found = await<ExecutionDescription>(
            [&](auto done) { executions_->describe(arn, std::move(done)); });
        if (found.has_value()) return true;
        EXPECT_EQ(found.error().code(), "ExecutionDoesNotExist");
        return false;
    }
    void await_deletion(const std::string& arn) {
        while (exists(arn)) {
        }
    }
    void expect_nothing_of_executions() {
        for (const Table table :
             {Table::execution, Table::execution_name, Table::execution_listing, Table::history,
              Table::continuation, Table::map_run, Table::redrive})
            EXPECT_EQ(stored(table), 0U) << static_cast<int>(table);
    }
};

TEST_F(RetentionTest, WhatHasBeenOverFor90DaysIsGone) {
    const StateMachinePtr machine = pass();
    const std::string old = start(machine, R"({"a":1})", "old");
    ended(old);
    const std::string unnamed = start(machine);
    ended(unnamed);
    advance(days(10));
    const std::string young = start(machine, "{}", "young");
    ended(young);
    advance(days(80) - hours(2));
    advance(hours(3));
    await_deletion(old);
    await_deletion(unnamed);
    EXPECT_TRUE(exists(young));
    EXPECT_EQ(history(young),
              "ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded");
    const auto page = await<ListExecutionsOutput>([&](auto done) {
        executions_->list({machine->id, std::nullopt, 100, ""}, std::move(done));
    });
    ASSERT_EQ(page->executions.size(), 1U);
    EXPECT_EQ(page->executions[0].name, "young");
    EXPECT_EQ(code(await<GetHistoryOutput>([&](auto done) {
                  executions_->history({.execution_arn = old}, std::move(done));
              })),
              "ExecutionDoesNotExist");
    EXPECT_EQ(problems(), std::vector<std::string>{});
}

TEST_F(RetentionTest, ItsNameIsFreeAgain) {
    const StateMachinePtr machine = pass();
    const std::string arn = start(machine, R"({"a":1})", "n");
    ended(arn);
    const auto again = [&] {
        return await<StartExecutionOutput>([&](auto done) {
            executions_->start({machine, "n", Payload::trusted("2")}, std::move(done));
        });
    };
    EXPECT_EQ(code(again()), "ExecutionAlreadyExists");
    advance(days(91));
    await_deletion(arn);
    const auto second = again();
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->execution_arn, arn);
    EXPECT_EQ(ended(arn).output.text(), "2");
    restart();
    EXPECT_EQ(described(arn).output.text(), "2");
}

TEST_F(RetentionTest, ItCountsFromTheEndAndNotWhileItRuns) {
    const std::string long_one = start(waits(100 * 86'400));
    const std::string short_one = start(waits(50 * 86'400));
    const std::string quick = start(pass());
    ended(quick);
    advance(days(50));
    ended(short_one);
    advance(days(41));
    await_deletion(quick);  // in the sweep that saw the others
    EXPECT_TRUE(exists(long_one));
    EXPECT_TRUE(exists(short_one));
    advance(days(9));
    ended(long_one);
    advance(days(41));
    await_deletion(short_one);
    EXPECT_TRUE(exists(long_one));
    advance(days(50));
    await_deletion(long_one);
    expect_nothing_of_executions();
}

TEST_F(RetentionTest, OneThatWasRedrivenAndRunsStays) {
    tasks_.answer_at_once(callback_task, Payload::trusted(R"({"MessageId":"m"})"));
    const std::string arn =
        start(machines_.add("task", R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":")" +
                                        std::string(callback_task) +
                                        R"(","Parameters":{"t.$":"$$.Task.Token"},"End":true}}})"));
    EXPECT_EQ(failure(tasks_.next().token, "E", "c"), "ok");
    ended(arn);
    const std::string other = start(pass());
    ended(other);
    EXPECT_EQ(
        code(await<TimePoint>([&](auto done) { executions_->redrive(arn, "", std::move(done)); })),
        "ok");
    const std::string token = tasks_.next().token;
    advance(days(91));
    await_deletion(other);
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    EXPECT_EQ(success(token), "ok");
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
    advance(days(91));
    await_deletion(arn);
    expect_nothing_of_executions();
}

TEST_F(RetentionTest, WithItGoItsMapRunsAndWhereItCouldBeRedriven) {
    const std::string arn =
        start(machines_.add("map", R"({"StartAt":"M","States":{"M":{"Type":"Map","Next":"F",
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
        "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}},"F":{"Type":"Fail"}}})"),
              "[1,2,3]", "n");
    EXPECT_EQ(ended(arn).status, ExecutionStatus::failed);
    EXPECT_EQ(stored(Table::execution), 4U);
    EXPECT_EQ(stored(Table::map_run), 2U);
    EXPECT_EQ(stored(Table::redrive), 1U);
    advance(days(91));
    await_deletion(arn);
    while (stored(Table::execution) > 0) {  // the children may be another batch
    }
    expect_nothing_of_executions();
}

TEST_F(RetentionTest, ThousandsGoInManyBatchesAndARestartBetweenThemForgetsNone) {
    const StateMachinePtr machine = pass();
    std::vector<std::string> arns;
    for (int i = 0; i < 1'200; ++i) {
        if (i == 600) restart();  // another epoch
        arns.push_back(start(machine, "{}", "n" + std::to_string(i)));
    }
    for (const std::string& arn : arns) ended(arn);
    const std::string running = start(waits(200 * 86'400));
    advance(days(91));
    while (stored(Table::execution) > 900) {
    }
    restart();
    advance(hours(1));
    while (stored(Table::execution) > 0) {
    }
    EXPECT_EQ(described(running).status, ExecutionStatus::running);
    EXPECT_EQ(stored(Table::history), 1U);
    EXPECT_EQ(problems(), std::vector<std::string>{});
}

}  // namespace
}  // namespace stepwell::flow
