// Executions that only wait leave memory: nobody can tell, but by the memory.
#include <cmath>

#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

using std::chrono::seconds;

constexpr const char* function = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// What happens to all that waits between the steps of a scenario.
enum class Between : std::uint8_t { nothing, passivation, restart };

class Passivation : public FlowWorld {
 protected:
    explicit Passivation(std::uint32_t shards = 1) : FlowWorld(shards) {
        tasks_.answer_at_once(callback_task, Payload::trusted(R"({"MessageId":"m"})"));
        options_.passivation = {std::nullopt, 0};
        restart();
    }

    /// Lets all that only waits leave memory. Gives how many are out of it.
    std::uint64_t passivate() {
        const Result<> done = await<void>(
            [&](auto completion) { executions_->passivate_all(std::move(completion)); });
        EXPECT_TRUE(done.has_value());
        return passivated();
    }
    std::uint64_t passivated() { return executions_->statistics().passivated; }
    /// Returns after a turn of the (only) shard.
    void take_turn() {
        if (spent_token_.empty()) {
            const std::string arn = start(machine(callback()));
            spent_token_ = tasks_.next().token;
            EXPECT_EQ(success(spent_token_), "ok");
            ended(arn);
        }
        EXPECT_EQ(success(spent_token_), "TaskTimedOut");
    }
    /// Waits until the shard, which is about to, has let go of so many.
    void await_passivated(std::uint64_t count) {
        while (passivated() < count) take_turn();
    }

    StateMachinePtr machine(const std::string& states) {
        return machines_.add("m" + std::to_string(++machines_made_),
                             R"({"StartAt":"S","States":{)" + states + "}}");
    }
    /// A task that waits for its token.
    static std::string callback(const std::string& fields = "", const std::string& name = "S") {
        return '"' + name + R"(":{"Type":"Task","Resource":")" + callback_task +
               R"(","Parameters":{"t.$":"$$.Task.Token","i.$":"$"},)" + fields + R"("End":true})";
    }
    static std::string machine_text(const std::string& state) {
        return R"({"StartAt":"S","States":{)" + state + "}}";
    }

    int machines_made_ = 0;
    std::string spent_token_;
};

TEST_F(Passivation, TheTokenOfAnExecutionOutOfMemoryCompletesItOnce) {
    const std::string arn = start(machine(callback()), R"({"a":1})", "n");
    const std::string token = tasks_.next().token;
    EXPECT_EQ(passivate(), 1U);
    EXPECT_EQ(executions_->statistics().running, 1U);
    EXPECT_EQ(executions_->statistics().open_tokens, 1U);
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);

    EXPECT_EQ(success(token, "7"), "ok");
    EXPECT_EQ(ended(arn).output.text(), "7");
    EXPECT_EQ(success(token, "8"), "TaskTimedOut");
    EXPECT_EQ(history(arn),
              "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
              "TaskSucceeded TaskStateExited ExecutionSucceeded");
    const Executions::Statistics counts = executions_->statistics();
    EXPECT_EQ(counts.passivated, 0U);
    EXPECT_EQ(counts.running, 0U);
    EXPECT_EQ(counts.open_tokens, 0U);
    EXPECT_EQ(problems(), std::vector<std::string>{});
}

TEST_F(Passivation, OfManyCompletionsOfOneThatSleepsExactlyOneWins) {
    const std::string arn = start(machine(callback()));
    const std::string token = tasks_.next().token;
    ASSERT_EQ(passivate(), 1U);
    std::vector<std::future<std::string>> calls;
    for (int i = 0; i < 16; ++i)
        calls.push_back(std::async(std::launch::async, [this, token] { return success(token); }));
    int won = 0;
    for (auto& call : calls) won += call.get() == "ok" ? 1 : 0;
    EXPECT_EQ(won, 1);
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
}

TEST_F(Passivation, AWaitOutOfMemoryEndsAtItsTime) {
    const std::string arn = start(machine(R"("S":{"Type":"Wait","Seconds":60,"End":true})"));
    ASSERT_EQ(passivate(), 1U);
    advance(seconds(59));
    EXPECT_EQ(described(arn).status, ExecutionStatus::running);
    EXPECT_EQ(passivated(), 1U);
    advance(seconds(1));
    const ExecutionDescription end = ended(arn);
    EXPECT_EQ(end.stop_date, end.start_date + seconds(60));
}

TEST_F(Passivation, ATimeoutAndAMissedHeartbeatComeAtTheirTimes) {
    const std::string late = start(machine(callback(R"("TimeoutSeconds":30,)")));
    const std::string silent = start(machine(callback(R"("HeartbeatSeconds":20,)")));
    tasks_.next();
    const std::string token = tasks_.next().token;
    ASSERT_EQ(passivate(), 2U);
    advance(seconds(15));
    EXPECT_EQ(heartbeat(token), "ok");
    EXPECT_EQ(passivate(), 2U);
    advance(seconds(19));
    EXPECT_EQ(ended(late).error, "States.Timeout");
    EXPECT_EQ(described(late).stop_date, described(late).start_date + seconds(34));
    EXPECT_EQ(described(silent).status, ExecutionStatus::running);
    advance(seconds(1));
    EXPECT_EQ(ended(silent).error, "States.Timeout");
    EXPECT_EQ(heartbeat(token), "TaskTimedOut");
}

TEST_F(Passivation, OneOutOfMemoryIsStoppedAndHasItsEndAwaited) {
    const std::string arn = start(machine(callback()));
    const std::string token = tasks_.next().token;
    ASSERT_EQ(passivate(), 1U);
    std::promise<ExecutionStatus> promise;
    std::future<ExecutionStatus> end = promise.get_future();
    executions_->wait_until_ended(arn, [&](const Result<ExecutionDescription>& description) {
        promise.set_value(description->status);
    });
    EXPECT_EQ(stop(arn, "E", "c"), "ok");
    EXPECT_EQ(end.get(), ExecutionStatus::aborted);
    EXPECT_EQ(described(arn).cause, "c");
    EXPECT_EQ(success(token), "TaskTimedOut");
}

TEST_F(Passivation, TheNameOfOneOutOfMemoryIsTaken) {
    const StateMachinePtr of = machine(callback());
    const std::string arn = start(of, R"({"a":1})", "n");
    tasks_.next();
    ASSERT_EQ(passivate(), 1U);
    EXPECT_EQ(start(of, R"({"a":1})", "n"), arn);
    ASSERT_EQ(passivate(), 1U);
    EXPECT_EQ(code(await<StartExecutionOutput>([&](auto done) {
                  executions_->start({of, "n", Payload::trusted("{}")}, std::move(done));
              })),
              "ExecutionAlreadyExists");
    ASSERT_EQ(passivate(), 1U);
    EXPECT_EQ(
        code(await<TimePoint>([&](auto done) { executions_->redrive(arn, "", std::move(done)); })),
        "ExecutionNotRedrivable");
}

TEST_F(Passivation, WhatIsUnderWayElsewhereStaysInMemory) {
    start(
        machine(std::string(R"("S":{"Type":"Task","Resource":")") + function + R"(","End":true})"));
    start(machine(R"("S":{"Type":"Parallel","End":true,"Branches":[)" + machine_text(callback()) +
                  "," +
                  machine_text(std::string(R"("S":{"Type":"Task","Resource":")") + function +
                               R"(","End":true})") +
                  "]}"));
    start(machine(R"("S":{"Type":"Map","End":true,"ItemProcessor":{
        "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)" +
                  machine_text(callback()).substr(1) + "}"),
          "[1,2]");
    for (int i = 0; i < 5; ++i) tasks_.next();
    EXPECT_EQ(passivate(), 0U);
}

TEST_F(Passivation, OneWhoseRecordsAreGoneSaysSoInsteadOfThatItsTokenIsSpent) {
    start(machine(callback()));
    const std::string token = tasks_.next().token;
    ASSERT_EQ(passivate(), 1U);
    std::string key;
    storage_->scan(Table::continuation, {}, [&](std::string_view first, std::string_view) {
        key = first;
        return false;
    });
    Effects effects;
    effects.erase(Table::continuation, key);
    storage_->wait_until_applied(storage_->commit(std::move(effects)));
    EXPECT_EQ(success(token), "SystemFailure");
}

TEST_F(Passivation, AnEarlierTokenOfOneOutOfMemoryIsSpent) {
    const std::string arn = start(machine(callback(
        R"("Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":1}],)")));
    const std::string first = tasks_.next().token;
    EXPECT_EQ(failure(first, "E", "c"), "ok");
    ASSERT_EQ(passivate(), 1U);
    EXPECT_EQ(success(first), "TaskTimedOut");
    advance(seconds(1));
    const std::string second = tasks_.next().token;
    ASSERT_EQ(passivate(), 1U);
    EXPECT_EQ(success(first), "TaskTimedOut");
    EXPECT_EQ(passivated(), 1U);  // nothing of it was read
    EXPECT_EQ(success(second), "ok");
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
}

// ---- who leaves, and when

TEST_F(Passivation, WhoHasWaitedForTheThresholdLeaves) {
    options_.passivation = {milliseconds{10'000}, 0};
    restart();
    take_turn();
    start(machine(callback()));
    tasks_.next();
    advance(milliseconds{9'999});
    take_turn();
    EXPECT_EQ(passivated(), 0U);
    advance(milliseconds{1});
    take_turn();  // it has moved in the ten seconds before
    advance(milliseconds{9'999});
    take_turn();
    EXPECT_EQ(passivated(), 0U);
    advance(milliseconds{1});
    await_passivated(1);
}

TEST_F(Passivation, WhileTooManyAreInMemoryThoseThatWaitLongestLeave) {
    options_.passivation = {std::nullopt, 10};
    restart();
    const StateMachinePtr of = machine(callback());
    std::vector<std::string> tokens;
    for (int i = 0; i < 50; ++i) {
        start(of, "{}", std::to_string(i));
        tokens.push_back(tasks_.next().token);
    }
    while (passivated() < 40) {
        take_turn();
        advance(milliseconds{10});
    }
    EXPECT_LE(passivated(), 40U);
    for (const std::string& token : tokens) EXPECT_EQ(success(token), "ok");
}

TEST_F(Passivation, WithAThresholdOfZeroAllThatOnlyWaitsLeavesAtOnce) {
    options_.passivation = {milliseconds{0}, 0};
    restart();
    const std::string arn =
        start(machine(R"("S":{"Type":"Wait","Seconds":5,"Next":"T"},)" + callback("", "T")));
    await_passivated(1);
    advance(seconds(5));
    const std::string token = tasks_.next().token;
    await_passivated(1);
    EXPECT_EQ(success(token), "ok");
    EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
}

// ---- thousands

TEST_F(Passivation, ThousandsThatAreDueAtOnceAllEnd) {
    const StateMachinePtr of = machine(R"("S":{"Type":"Wait","Seconds":60,"End":true})");
    constexpr std::size_t count = 2'500;
    std::vector<std::string> arns;
    for (std::size_t i = 0; i < count; ++i) arns.push_back(start(of));
    ASSERT_EQ(passivate(), count);
    advance(seconds(60));
    for (const std::string& arn : arns)
        EXPECT_EQ(described(arn).start_date + seconds(60), ended(arn).stop_date);
    EXPECT_EQ(executions_->statistics().running, 0U);
}

TEST_F(Passivation, ACallAfterTheDeadlineIsLateThoughManyAreDueBefore) {
    const StateMachinePtr of = machine(callback(R"("TimeoutSeconds":60,)"));
    constexpr std::size_t count = 1'500;
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < count; ++i) {
        start(of);
        tokens.push_back(tasks_.next().token);
    }
    ASSERT_EQ(passivate(), count);
    advance(seconds(60));
    for (auto token = tokens.rbegin(); token != tokens.rend(); ++token)
        ASSERT_EQ(success(*token), "TaskTimedOut");
}

TEST_F(Passivation, WhatWakesAndSleepsAgainAndAgainHasItsTimeOnce) {
    const std::string arn = start(machine(callback(R"("HeartbeatSeconds":3600,)")));
    const std::string token = tasks_.next().token;
    for (int i = 0; i < 3'000; ++i) {
        ASSERT_EQ(passivate(), 1U);
        ASSERT_EQ(heartbeat(token), "ok");
    }
    ASSERT_EQ(passivate(), 1U);
    advance(seconds(3'599));
    ASSERT_EQ(heartbeat(token), "ok");
    ASSERT_EQ(passivate(), 1U);
    advance(seconds(3'600));
    EXPECT_EQ(ended(arn).error, "States.Timeout");
}

// ---- a restart

TEST_F(Passivation, AfterARestartWhatOnlyWaitsIsNotReadBack) {
    options_.passivation = {};
    const std::string waits = start(machine(R"("S":{"Type":"Wait","Seconds":60,"End":true})"));
    const std::string asks = start(machine(callback()));
    const std::string token = tasks_.next().token;
    const std::string spent = [&] {
        const std::string other = start(machine(callback()));
        const std::string of_other = tasks_.next().token;
        EXPECT_EQ(success(of_other), "ok");
        ended(other);
        return of_other;
    }();
    restart();
    EXPECT_EQ(recovered_, 2U);
    EXPECT_EQ(passivated(), 2U);
    EXPECT_EQ(executions_->statistics().running, 2U);
    EXPECT_EQ(executions_->statistics().open_tokens, 1U);

    EXPECT_EQ(success(spent), "TaskTimedOut");
    const std::string next = start(machine(callback()));  // takes a slot that is free
    EXPECT_EQ(success(tasks_.next().token), "ok");
    EXPECT_EQ(ended(next).status, ExecutionStatus::succeeded);
    restart(3);
    EXPECT_EQ(success(token), "ok");
    EXPECT_EQ(ended(asks).status, ExecutionStatus::succeeded);
    advance(seconds(60));
    EXPECT_EQ(ended(waits).status, ExecutionStatus::succeeded);
}

TEST_F(Passivation, AfterARestartWhatFellDueMeanwhileHappensAtOnce) {
    options_.passivation = {};
    const std::string arn = start(machine(callback(R"("TimeoutSeconds":60,)")));
    const std::string token = tasks_.next().token;
    executions_.reset();
    advance(seconds(100));
    open();
    EXPECT_EQ(success(token), "TaskTimedOut");
    EXPECT_EQ(ended(arn).error, "States.Timeout");
}

// ---- the same histories, whatever happens between the steps

class SameHistory : public Passivation {
 protected:
    SameHistory() { options_.passivation = {}; }

    void between(Between what) {
        if (what == Between::restart) return restart();
        if (what == Between::nothing) return;
        EXPECT_EQ(passivate(), 1U);
    }
    std::string take_token() {
        tokens_.push_back(tasks_.next().token);
        return tokens_.back();
    }
    /// The history; where it has a token, that token's number.
    std::string history_of(const std::string& arn) {
        std::string text = history_json(arn);
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            for (std::size_t at = 0; (at = text.find(tokens_[i], at)) != std::string::npos;)
                text.replace(at, tokens_[i].size(), "token " + std::to_string(i));
        }
        return text;
    }
    /// A new world, at the time at which the first began.
    void begin_again() {
        executions_.reset();
        storage_ = journal::make_memory_storage();
        clock_.catch_up(clock_.now());
        tokens_.clear();
        open();
    }
    template <class Scenario>
    void check(const Scenario& scenario) {
        std::vector<std::string> histories;
        for (const Between what : {Between::nothing, Between::passivation, Between::restart}) {
            begin_again();
            const TimePoint began = clock_.now();
            histories.push_back(relative_to(began, scenario(what)));
        }
        EXPECT_EQ(histories[1], histories[0]);
        EXPECT_EQ(histories[2], histories[0]);
    }
    // Times as seconds since the scenario began.
    static std::string relative_to(TimePoint began, const std::string& history) {
        constexpr std::string_view key = R"("timestamp":)";
        std::string text;
        std::size_t from = 0;
        for (std::size_t at = 0; (at = history.find(key, from)) != std::string::npos;) {
            const std::size_t value = at + key.size();
            const std::size_t end = history.find_first_of(",}", value);
            text += history.substr(from, value - from);
            const double time = std::stod(history.substr(value, end - value));
            const double start = static_cast<double>(began.time_since_epoch().count()) / 1'000;
            text += std::to_string(std::lround((time - start) * 1'000));
            from = end;
        }
        return text + history.substr(from);
    }

    std::vector<std::string> tokens_;
};

TEST_F(SameHistory, OfWaitsRetriesHeartbeatsAndACallback) {
    const StateMachinePtr of = machine(
        R"("S":{"Type":"Wait","Seconds":20,"Next":"P"},"P":{"Type":"Pass","Result":{"x":[1,2]},
        "ResultPath":"$.made","Next":"T"},)" +
        callback(R"("HeartbeatSeconds":30,"Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":3,
        "BackoffRate":2,"MaxAttempts":3}],"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],
        "ResultPath":"$.error","Next":"S2"}],)",
                 "T") +
        R"(,"S2":{"Type":"Wait","Seconds":1,"End":true})");
    check([&](Between what) {
        const std::string arn = start(of, R"({"in":"put"})", "n");
        between(what);
        advance(seconds(20));
        for (const seconds pause : {seconds(3), seconds(6)}) {
            const std::string token = take_token();
            between(what);
            EXPECT_EQ(failure(token, "Again", "c"), "ok");
            between(what);
            advance(pause);
        }
        const std::string token = take_token();
        between(what);
        advance(seconds(29));
        EXPECT_EQ(heartbeat(token), "ok");
        between(what);
        advance(seconds(30));
        EXPECT_EQ(heartbeat(token), "TaskTimedOut");
        between(what);
        advance(seconds(1));
        EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
        return history_of(arn);
    });
}

TEST_F(SameHistory, OfParallelBranchesThatWait) {
    const StateMachinePtr of = machine(
        R"("S":{"Type":"Parallel","Next":"E","Branches":[)" + machine_text(callback()) + "," +
        machine_text(R"("S":{"Type":"Wait","Seconds":30,"Next":"T"},)" + callback("", "T")) +
        R"(]},"E":{"Type":"Wait","Seconds":1,"End":true})");
    check([&](Between what) {
        const std::string arn = start(of, R"({"in":"put"})", "n");
        const std::string first = take_token();
        between(what);
        advance(seconds(30));
        const std::string second = take_token();
        between(what);
        EXPECT_EQ(success(first, R"({"one":1})"), "ok");
        between(what);
        EXPECT_EQ(success(second, R"({"two":2})"), "ok");
        between(what);
        advance(seconds(1));
        EXPECT_EQ(ended(arn).output.text(), R"([{"one":1},{"two":2}])");
        return history_of(arn);
    });
}

TEST_F(SameHistory, OfIterationsThatWaitAndOneThatFails) {
    const StateMachinePtr of = machine(
        R"("S":{"Type":"Map","MaxConcurrency":1,"Next":"E","Catch":[{"ErrorEquals":["States.ALL"],
        "Next":"E"}],"ItemProcessor":)" +
        machine_text(callback()) + R"(},"E":{"Type":"Wait","Seconds":1,"End":true})");
    check([&](Between what) {
        const std::string arn = start(of, "[1,2,3]", "n");
        const std::string first = take_token();
        between(what);
        EXPECT_EQ(success(first, "1"), "ok");
        const std::string second = take_token();
        between(what);
        EXPECT_EQ(failure(second, "E", "c"), "ok");
        between(what);
        advance(seconds(1));
        EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
        return history_of(arn);
    });
}

TEST_F(SameHistory, OfOneThatItsMachineTimesOutAndARedrive) {
    const StateMachinePtr of = machines_.add(
        "timed", R"({"StartAt":"S","TimeoutSeconds":60,"States":{)" + callback() + "}}");
    check([&](Between what) {
        const std::string arn = start(of, R"({"in":"put"})", "n");
        take_token();
        between(what);
        advance(seconds(60));
        EXPECT_EQ(ended(arn).status, ExecutionStatus::timed_out);
        EXPECT_EQ(code(await<TimePoint>(
                      [&](auto done) { executions_->redrive(arn, "", std::move(done)); })),
                  "ok");
        const std::string token = take_token();
        between(what);
        EXPECT_EQ(success(token), "ok");
        EXPECT_EQ(ended(arn).status, ExecutionStatus::succeeded);
        return history_of(arn);
    });
}

}  // namespace
}  // namespace stepwell::flow
