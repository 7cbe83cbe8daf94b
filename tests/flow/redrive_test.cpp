// RedriveExecution: an execution that has failed goes on where it did.
#include <algorithm>
#include <array>

#include "flow/records.hpp"
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Another storage, whose commits come to it when the test says so.
class LateStorage final : public Storage {
 public:
    explicit LateStorage(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}

    JournalSequence commit(Effects effects) override {
        const std::scoped_lock lock(mutex_);
        if (!is_holding_) return storage_->commit(std::move(effects));
        held_.push_back(std::move(effects));
        changed_.notify_all();
        return JournalSequence{static_cast<std::uint64_t>(storage_->durable()) + held_.size()};
    }
    JournalSequence durable() const noexcept override { return storage_->durable(); }
    void when_applied(JournalSequence sequence, UniqueFunction<void()> action) override {
        storage_->when_applied(sequence, std::move(action));
    }
    std::optional<std::string> get(Table table, std::string_view key) const override {
        return storage_->get(table, key);
    }
    void scan(Table table, ScanRange range,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
        storage_->scan(table, range, visit);
    }
    Statistics statistics() const noexcept override { return storage_->statistics(); }

    void hold() {
        const std::scoped_lock lock(mutex_);
        is_holding_ = true;
    }
    void wait_for_held(std::size_t commits) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return held_.size() >= commits; });
    }
    void release() {
        const std::scoped_lock lock(mutex_);
        is_holding_ = false;
        for (Effects& effects : std::exchange(held_, {})) storage_->commit(std::move(effects));
    }

 private:
    const std::unique_ptr<Storage> storage_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    bool is_holding_ = false;
    std::vector<Effects> held_;
};

class Redrive : public FlowWorld {
 protected:
    Redrive() { tasks_.answer_at_once(callback_task, Payload::trusted("{}")); }

    Result<TimePoint> redriven(const std::string& arn, const std::string& client_token = "") {
        return await<TimePoint>(
            [&](auto done) { executions_->redrive(arn, client_token, std::move(done)); });
    }
    std::string redrive(const std::string& arn, const std::string& client_token = "") {
        return code(redriven(arn, client_token));
    }
    std::string obstacle(const std::string& arn) {
        const Result<TimePoint> result = redriven(arn);
        return result.has_value() ? "" : result.error().message();
    }
    /// Begins with a Pass that assigns a variable; then a task.
    StateMachinePtr machine(const std::string& fields = "") {
        return machines_.add(
            "m",
            R"({"StartAt":"A","States":{
            "A":{"Type":"Pass","Assign":{"v":5},"Result":{"x":1},"Next":"B"},
            "B":{"Type":"Task",)" +
                fields +
                R"("Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"i.$":"$.x","v.$":"$v",
                 "r.$":"$$.Execution.RedriveCount"},"End":true}}})");
    }
    void fail(const FakeTasks::Seen& call) { EXPECT_EQ(failure(call.token, "E", "c"), "ok"); }
    void answer(const FakeTasks::Seen& call, const std::string& output) {
        EXPECT_EQ(success(call.token, output), "ok");
    }
    std::string start_and_fail() {
        const std::string arn = start(machine());
        fail(tasks_.next());
        EXPECT_EQ(ended(arn).status, ExecutionStatus::failed);
        return arn;
    }
};

TEST_F(Redrive, RunsTheStateThatFailedAgainWithItsInputAndVariables) {
    const std::string arn = start_and_fail();
    advance(seconds{3});
    EXPECT_EQ(redrive(arn), "ok");
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    const FakeTasks::Seen again = tasks_.next();
    EXPECT_EQ(again.parameters, R"({"i":1,"v":5,"r":1})");
    answer(again, "7");
    const ExecutionDescription end = ended(arn);
    EXPECT_EQ(end.status, ExecutionStatus::succeeded);
    EXPECT_EQ(end.output.text(), "7");
    EXPECT_EQ(end.redrive_count, 1U);
    EXPECT_EQ(end.redrive_date, clock_.now());
    EXPECT_EQ(
        history(arn),
        "ExecutionStarted PassStateEntered PassStateExited TaskStateEntered TaskScheduled "
        "TaskStarted TaskSubmitted TaskFailed ExecutionFailed ExecutionRedriven TaskScheduled "
        "TaskStarted TaskSubmitted TaskSucceeded TaskStateExited ExecutionSucceeded");
}

TEST_F(Redrive, TheNextAttemptFollowsTheEntryOfItsState) {
    const std::string arn = start_and_fail();
    ASSERT_EQ(redrive(arn), "ok");
    tasks_.next();
    const auto events = json::Document::parse(history_json(arn));
    const json::Value redriven{&events->root().elements()[9]};
    EXPECT_EQ(redriven.find("executionRedrivenEventDetails")->raw(), R"({"redriveCount":1})");
    const json::Value scheduled{&events->root().elements()[10]};
    EXPECT_EQ(scheduled.find("type")->string(), "TaskScheduled");
    EXPECT_EQ(scheduled.find("previousEventId")->integer(), 4);
}

TEST_F(Redrive, SurvivesARestartBeforeAndAfter) {
    const std::string arn = start_and_fail();
    restart();
    EXPECT_EQ(redrive(arn), "ok");
    const FakeTasks::Seen call = tasks_.next();
    restart(3);
    EXPECT_EQ(recovered_, 1U);
    answer(call, "7");
    EXPECT_EQ(ended(arn).output.text(), "7");
    EXPECT_EQ(described(arn).redrive_count, 1U);
}

TEST_F(Redrive, RetriesBeginAnew) {
    const std::string arn =
        start(machine(R"("Retry":[{"ErrorEquals":["E"],"MaxAttempts":1,"IntervalSeconds":1}],)"));
    for (int redrives = 0; redrives < 2; ++redrives) {
        fail(tasks_.next());
        advance(seconds{1});
        fail(tasks_.next());
        EXPECT_EQ(ended(arn).status, ExecutionStatus::failed);
        EXPECT_EQ(redrive(arn), "ok");
    }
    answer(tasks_.next(), "7");
    EXPECT_EQ(ended(arn).redrive_count, 2U);
}

TEST_F(Redrive, RefusesWhatRunsOrHasSucceeded) {
    const std::string arn = start(machine());
    EXPECT_EQ(redrive(arn), "ExecutionNotRedrivable");
    EXPECT_EQ(obstacle(arn), "Execution is RUNNING and cannot be redriven");
    answer(tasks_.next(), "7");
    ended(arn);
    described(arn);
    EXPECT_EQ(obstacle(arn), "Execution is SUCCEEDED and cannot be redriven");
    EXPECT_EQ(described(arn).redrive_status_reason,
              "Execution is SUCCEEDED and cannot be redriven");
    EXPECT_EQ(redrive(arn + "x"), "ExecutionDoesNotExist");
}

TEST_F(Redrive, EndsFourteenDaysAfterTheEnd) {
    const std::string arn = start_and_fail();
    EXPECT_EQ(described(arn).redrive_status_reason, "");
    advance(hours{14 * 24} + seconds{1});
    EXPECT_EQ(redrive(arn), "ExecutionNotRedrivable");
    EXPECT_EQ(described(arn).redrive_status_reason, "Execution redrivable period exceeded");
}

TEST_F(Redrive, EndsWithTheMachine) {
    const std::string arn = start_and_fail();
    machines_.begin_deleting();
    EXPECT_EQ(obstacle(arn), "State machine is in DELETING status");
    EXPECT_EQ(described(arn).redrive_status_reason, "State machine is in DELETING status");
}

TEST_F(Redrive, AHistoryThatIsFullTakesNoMore) {
    const std::string arn = start(machines_.add("loop", R"({"StartAt":"A","States":{
        "A":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"B"}],"Default":"A"},
        "B":{"Type":"Succeed"}}})"));
    EXPECT_EQ(ended(arn).error, "States.Runtime");
    EXPECT_EQ(obstacle(arn), "Execution history event limit exceeded");
}

TEST_F(Redrive, AnExpressionThatFailedIsEvaluatedAgain) {
    const std::string arn = start(machines_.add("x", R"({"StartAt":"A","States":{
        "A":{"Type":"Pass","InputPath":"$.missing","End":true}}})"));
    EXPECT_EQ(ended(arn).error, "States.Runtime");
    EXPECT_EQ(redrive(arn), "ok");
    EXPECT_EQ(ended(arn).error, "States.Runtime");
    EXPECT_EQ(described(arn).redrive_count, 1U);
}

TEST_F(Redrive, AClientTokenIsUsedOnceForFifteenMinutes) {
    const std::string arn = start_and_fail();
    const Result<TimePoint> first = redriven(arn, "token");
    ASSERT_TRUE(first.has_value());
    fail(tasks_.next());
    ended(arn);
    described(arn);
    advance(minutes{14});
    const Result<TimePoint> second = redriven(arn, "token");
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(*second, *first);
    EXPECT_EQ(described(arn).status, ExecutionStatus::failed);
    advance(minutes{1});
    EXPECT_EQ(redrive(arn, "token"), "ok");
    EXPECT_EQ(described(arn).redrive_count, 2U);
}

TEST_F(Redrive, AStoppedWaitWaitsAnew) {
    const std::string arn = start(machines_.add(
        "w", R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":10,"End":true}}})"));
    advance(seconds{9});
    EXPECT_EQ(stop(arn), "ok");
    ended(arn);
    EXPECT_EQ(described(arn).status, ExecutionStatus::aborted);
    EXPECT_EQ(redrive(arn), "ok");
    advance(seconds{9});
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    advance(seconds{1});
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
    EXPECT_EQ(history(arn),
              "ExecutionStarted WaitStateEntered ExecutionAborted ExecutionRedriven "
              "WaitStateExited ExecutionSucceeded");
}

TEST_F(Redrive, TheMachinesTimeBeginsAnew) {
    const std::string arn =
        start(machines_.add("t", R"({"TimeoutSeconds":10,"StartAt":"B","States":{
        "B":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{},"End":true}}})"));
    tasks_.next();
    advance(seconds{10});
    EXPECT_EQ(ended(arn).status, ExecutionStatus::timed_out);
    EXPECT_EQ(redrive(arn), "ok");
    tasks_.next();
    advance(seconds{9});
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    restart();
    advance(seconds{1});
    EXPECT_EQ(ended(arn).status, ExecutionStatus::timed_out);
}

TEST_F(Redrive, AFailReachedAgainFailsAgain) {
    const std::string arn = start(
        machines_.add("f", R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Mine"}}})"));
    ended(arn);
    described(arn);
    EXPECT_EQ(redrive(arn), "ok");
    EXPECT_EQ(ended(arn).error, "Mine");
    EXPECT_EQ(
        history(arn),
        "ExecutionStarted FailStateEntered ExecutionFailed ExecutionRedriven ExecutionFailed");
}

TEST_F(Redrive, OneThatComesBeforeTheStoreHasTheEndOfTheLastGoesOnFromThatEnd) {
    const std::string arn = start(
        machines_.add("f", R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Mine"}}})"));
    ended(arn);
    executions_.reset();
    auto owned = std::make_unique<LateStorage>(std::move(storage_));
    LateStorage& late = *owned;
    storage_ = std::move(owned);
    open();
    late.hold();
    std::array<std::promise<Result<TimePoint>>, 2> answers;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        executions_->redrive(arn, "", [&answer = answers[i]](Result<TimePoint> result) {
            answer.set_value(std::move(result));
        });
        late.wait_for_held(i + 1);  // of the first: that it went on, and failed again
    }
    late.release();
    for (auto& answer : answers) EXPECT_EQ(code(answer.get_future().get()), "ok");
    EXPECT_EQ(described(arn).redrive_count, 2U);
    EXPECT_EQ(history(arn),
              "ExecutionStarted FailStateEntered ExecutionFailed ExecutionRedriven ExecutionFailed "
              "ExecutionRedriven ExecutionFailed");
    EXPECT_EQ(problems(), std::vector<std::string>{});
}

// Where ended executions do not stay for ever.
class RedriveOfFew : public Redrive {
 protected:
    RedriveOfFew() {
        options_.shards = 1;
        options_.closed_executions_max = 1;
        restart();
    }
};

TEST_F(RedriveOfFew, ARedrivenOneStaysWhileItRuns) {
    const std::string arn = start_and_fail();
    EXPECT_EQ(redrive(arn), "ok");
    const FakeTasks::Seen call = tasks_.next();
    const auto passing =
        machines_.add("p", R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})");
    ended(start(passing));
    ended(start(passing));
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    answer(call, "7");
    EXPECT_EQ(ended(arn).output.text(), "7");
}

// A task each in two branches or iterations; `fields` are the state's.
class RedriveOfBranches : public Redrive {
 protected:
    FakeTasks::Seen next(const std::string& of) {
        for (;;) {
            const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const auto& each) {
                return each.parameters.find("\"" + of + "\"") != std::string::npos;
            });
            if (found != seen_.end()) {
                const FakeTasks::Seen call = *found;
                seen_.erase(found);
                return call;
            }
            seen_.push_back(tasks_.next());
        }
    }
    static std::string one_task(const std::string& parameters) {
        return R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters":)" +
               parameters + R"(,"End":true}}})";
    }
    std::vector<FakeTasks::Seen> seen_;
};

TEST_F(RedriveOfBranches, OnlyThoseOfAParallelRunAgainThatHaveNotSucceeded) {
    const std::string arn = start(machines_.add(
        "p", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[)" +
                 one_task(R"({"n":"a"})") + "," + one_task(R"({"n":"b"})") + "," +
                 one_task(R"({"n":"c"})") + "]}}}"));
    answer(next("a"), "1");
    next("c");
    fail(next("b"));
    EXPECT_EQ(ended(arn).error, "E");
    for (const bool restarts : {false, true}) {
        EXPECT_EQ(redrive(arn), "ok");
        const auto b = next("b");
        const auto c = next("c");
        if (!restarts) {
            fail(c);
            EXPECT_EQ(ended(arn).status, ExecutionStatus::failed);
            continue;
        }
        restart();
        answer(c, "3");
        answer(b, "2");
    }
    EXPECT_EQ(ended(arn).output.text(), "[1,2,3]");
    EXPECT_EQ(described(arn).redrive_count, 2U);
}

TEST_F(RedriveOfBranches, OnlyThoseIterationsOfAMapRunAgainThatHaveNotSucceeded) {
    const std::string arn = start(
        machines_.add(
            "map",
            R"({"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"End":true,"ItemProcessor":)" +
                one_task(R"({"n.$":"$"})") + "}}}"),
        R"(["a","b","c"])");
    answer(next("a"), "1");
    next("c");
    fail(next("b"));
    EXPECT_EQ(ended(arn).status, ExecutionStatus::failed);
    EXPECT_EQ(redrive(arn), "ok");
    answer(next("c"), "3");
    answer(next("b"), "2");
    EXPECT_EQ(ended(arn).output.text(), "[1,2,3]");
}

TEST_F(RedriveOfBranches, WithinBranchesToo) {
    const std::string inner =
        R"({"StartAt":"Q","States":{"Q":{"Type":"Parallel","End":true,"Branches":[)" +
        one_task(R"({"n":"a"})") + "," + one_task(R"({"n":"b"})") + "]}}}";
    const std::string arn = start(machines_.add(
        "n", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[)" + inner +
                 "," + one_task(R"({"n":"c"})") + "]}}}"));
    answer(next("a"), "1");
    answer(next("c"), "3");
    fail(next("b"));
    EXPECT_EQ(ended(arn).status, ExecutionStatus::failed);
    restart();
    EXPECT_EQ(redrive(arn), "ok");
    answer(next("b"), "2");
    EXPECT_EQ(ended(arn).output.text(), "[[1,2],3]");
}

TEST_F(RedriveOfBranches, AnExpressionThatFailsInOneCutsNoneForGood) {
    const std::string failing = R"({"StartAt":"F","States":{"F":{"Type":"Task","Next":"G",
        "Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"n":"b"}},
        "G":{"Type":"Pass","InputPath":"$.missing","End":true}}})";
    const std::string arn = start(machines_.add(
        "r", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[)" +
                 failing + "," + one_task(R"({"n":"a"})") + "]}}}"));
    next("a");
    answer(next("b"), "{}");
    EXPECT_EQ(ended(arn).error, "States.Runtime");
    EXPECT_EQ(redrive(arn), "ok");
    EXPECT_EQ(ended(arn).error, "States.Runtime");
    EXPECT_EQ(described(arn).redrive_count, 1U);
}

TEST_F(RedriveOfBranches, AStoppedOneGoesOnInAll) {
    const std::string arn = start(machines_.add(
        "s", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[)" +
                 one_task(R"({"n":"a"})") + "," + one_task(R"({"n":"b"})") + "]}}}"));
    next("a");
    answer(next("b"), "2");
    EXPECT_EQ(stop(arn), "ok");
    ended(arn);
    EXPECT_EQ(redrive(arn), "ok");
    answer(next("a"), "1");
    EXPECT_EQ(ended(arn).output.text(), "[1,2]");
}

// A Map in DISTRIBUTED mode, of a task for each item.
class RedriveOfMapRuns : public RedriveOfBranches {
 protected:
    static std::string distributed() {
        const std::string processor = one_task(R"({"n.$":"$"})");
        return R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","End":true,)"
               R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)" +
               processor.substr(1) + "}}}";
    }
    const std::string items_ = R"({"items":["a","b"]})";
};

TEST_F(RedriveOfMapRuns, OneThatFailedRunsAllOfItsItemsInAnother) {
    const std::string arn = start(machines_.add("d", distributed()), items_);
    answer(next("a"), "1");
    fail(next("b"));
    EXPECT_EQ(ended(arn).error, "States.ExceedToleratedFailureThreshold");
    EXPECT_EQ(problems(), std::vector<std::string>{});
    restart();
    EXPECT_EQ(redrive(arn), "ok");
    answer(next("b"), "4");
    restart();
    answer(next("a"), "3");
    EXPECT_EQ(ended(arn).output.text(), "[3,4]");
    EXPECT_EQ(described(arn).redrive_count, 1U);
    EXPECT_EQ(history(arn),
              "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunFailed "
              "MapStateFailed ExecutionFailed ExecutionRedriven MapStateStarted MapRunStarted "
              "MapRunSucceeded MapStateSucceeded MapStateExited ExecutionSucceeded");
    const std::vector<MapRunDescription> runs = map_runs_of(arn);
    ASSERT_EQ(runs.size(), 2U);
    for (const MapRunDescription& run : runs) EXPECT_EQ(children_of(run.map_run_arn).size(), 2U);
    EXPECT_EQ(stored(Table::redrive), 0U);
    EXPECT_EQ(problems(), std::vector<std::string>{});
}

TEST_F(RedriveOfMapRuns, OneThatWasStoppedRunsInAnother) {
    const std::string arn = start(machines_.add("d", distributed()), items_);
    next("a");
    next("b");
    EXPECT_EQ(stop(arn), "ok");
    ended(arn);
    EXPECT_EQ(map_runs_of(arn).front().status, MapRunStatus::aborted);
    EXPECT_EQ(redrive(arn), "ok");
    answer(next("a"), "1");
    answer(next("b"), "2");
    EXPECT_EQ(ended(arn).output.text(), "[1,2]");
}

TEST_F(RedriveOfMapRuns, OneThatWasCutOffRunsInAnother) {
    const std::string arn = start(
        machines_.add("p",
                      R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[)" +
                          distributed() + "," + one_task(R"({"n":"c"})") + "]}}}"),
        items_);
    next("a");
    answer(next("b"), "2");
    fail(next("c"));
    EXPECT_EQ(ended(arn).error, "E");
    restart();
    EXPECT_EQ(redrive(arn), "ok");
    answer(next("c"), "5");
    answer(next("a"), "3");
    answer(next("b"), "4");
    EXPECT_EQ(ended(arn).output.text(), "[[3,4],5]");
    EXPECT_EQ(problems(), std::vector<std::string>{});
}

TEST_F(RedriveOfMapRuns, AChildIsNotRedrivenByItself) {
    const std::string arn = start(machines_.add("d", distributed()), items_);
    answer(next("a"), "1");
    fail(next("b"));
    ended(arn);
    EXPECT_EQ(stored(Table::redrive), 1U);  // its parent's
    for (const ExecutionDescription& child : children_of(map_runs_of(arn).front().map_run_arn)) {
        EXPECT_EQ(obstacle(child.execution_arn),
                  child.status == ExecutionStatus::succeeded
                      ? "Execution is SUCCEEDED and cannot be redriven"
                      : "Execution is started by a Map Run and cannot be redriven by itself");
    }
}

TEST_F(Redrive, TheCheckFindsAPointOfOneThatHasNotFailed) {
    const std::string arn = start_and_fail();
    EXPECT_EQ(problems(), std::vector<std::string>{});
    EXPECT_EQ(redrive(arn), "ok");
    described(arn);
    Effects effects;
    effects.put(Table::redrive, execution_key(8), "nonsense");
    storage_->scan(Table::execution, {}, [&](std::string_view key, std::string_view) {
        effects.put(Table::redrive, key, "nonsense");
        return true;
    });
    storage_->wait_until_applied(storage_->commit(std::move(effects)));
    EXPECT_EQ(problems().size(), 4U);
}

}  // namespace
}  // namespace stepwell::flow
