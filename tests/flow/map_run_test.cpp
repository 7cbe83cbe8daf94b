// Map states in DISTRIBUTED mode: their children are executions.
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "flow/item_reader.hpp"
#include "flow/map_run.hpp"
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

constexpr const char* queue_resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// Objects as the test has put them.
/// Asked from shards' threads, told what to do by the test's.
class FakeObjects final : public ObjectPort {
 public:
    void put(const std::string& key, std::string content) {
        const std::scoped_lock lock(mutex_);
        content_[key] = std::move(content);
    }
    void get_object(ObjectName name, UniqueFunction<void(Result<std::string>)> done) override {
        ++reads;
        if (is_silent) return;
        std::optional<std::string> found = find(name.key);
        if (found.has_value()) return done(*std::move(found));
        done(Error(ErrorKind{"NoSuchKey"}, "The specified key does not exist."));
    }
    void list_objects(ListObjectsRequest request,
                      UniqueFunction<void(Result<std::vector<ListedObject>>)> done) override {
        std::vector<ListedObject> listed;
        {
            const std::scoped_lock lock(mutex_);
            for (const auto& [key, content] : content_) {
                if (!key.starts_with(request.prefix)) continue;
                if (request.objects_max != 0 && listed.size() == request.objects_max) break;
                listed.push_back({"e", key, {}, content.size()});
            }
        }
        done(std::move(listed));
    }
    void put_object(ObjectName name, std::string content,
                    UniqueFunction<void(Result<>)> done) override {
        if (is_full) return done(Error(ErrorKind{"NoSuchBucket"}, "The bucket is gone."));
        put(name.key, std::move(content));
        done({});
    }
    std::string content(const std::string& key) const { return find(key).value_or("-"); }

    std::atomic<bool> is_full = false;
    std::atomic<bool> is_silent = false;
    std::atomic<int> reads = 0;

 private:
    std::optional<std::string> find(const std::string& key) const {
        const std::scoped_lock lock(mutex_);
        const auto found = content_.find(key);
        return found == content_.end() ? std::nullopt : std::optional(found->second);
    }

    mutable std::mutex mutex_;  // guards content_
    std::map<std::string, std::string> content_;
};

class MapRunTest : public FlowWorld {
 protected:
    MapRunTest() {
        tasks_.answer_at_once(queue_resource, Payload::trusted(R"({"MessageId":"m"})"));
    }

    /// A machine that only has a distributed Map "M": its fields but Type and ItemProcessor, and
    /// the state that each child runs.
    StateMachinePtr map_machine(const std::string& fields, const std::string& state,
                                const std::string& type = "STANDARD") {
        return machines_.add("m", R"({"StartAt":"M","States":{"M":{"Type":"Map",)" + fields +
                                      R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",)"
                                      R"("ExecutionType":")" +
                                      type + R"("},"StartAt":"I","States":{"I":)" + state +
                                      R"(}},"End":true}}})");
    }
    /// The output of the execution, or "ERROR: cause".
    std::string result_of(const std::string& arn) {
        const ExecutionDescription end = ended(arn);
        if (end.status == ExecutionStatus::succeeded) return std::string(end.output.text());
        return end.error.value_or("none") + ": " + end.cause.value_or("none");
    }
    std::string run(const std::string& fields, const std::string& state, const std::string& input) {
        last_ = start(map_machine(fields, state), input);
        return result_of(last_);
    }
    MapRunDescription map_run_of(const std::string& arn) {
        const std::vector<MapRunDescription> runs = map_runs_of(arn);
        EXPECT_EQ(runs.size(), 1U);
        return runs.empty() ? MapRunDescription{} : runs.front();
    }
    std::string update(UpdateMapRunInput input) {
        return code(await<void>(
            [&](auto done) { executions_->update_map_run(std::move(input), std::move(done)); }));
    }
    /// "succeeded/failed/timed out/aborted of total", of the run's items.
    static std::string ends(const MapRunCounts& counts) {
        return std::to_string(counts.succeeded) + "/" + std::to_string(counts.failed) + "/" +
               std::to_string(counts.timed_out) + "/" + std::to_string(counts.aborted) + " of " +
               std::to_string(counts.total);
    }

    std::string last_;
};

const std::string pass = R"({"Type":"Pass","End":true})";
const std::string fail = R"({"Type":"Fail","Error":"Mine","Cause":"c"})";
const std::string wait = R"({"Type":"Wait","Seconds":60,"End":true})";
const std::string callback =
    R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",)"
    R"("Parameters":{"QueueUrl":"q","MessageBody":{"item.$":"$","token.$":"$$.Task.Token"}},"End":true})";
/// Fails for the items that are 0.
const std::string fail_on_zero =
    R"({"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":0,"Next":"Bad"}],"Default":"Good"},)"
    R"("Bad":{"Type":"Fail","Error":"Zero","Cause":"it is 0"},"Good":{"Type":"Succeed"})";

TEST_F(MapRunTest, GivesTheOutputsOfItsChildrenInTheirOrder) {
    EXPECT_EQ(run("", pass, R"([1,"two",{"three":3}])"), R"([1,"two",{"three":3}])");
    EXPECT_EQ(history(last_),
              "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunSucceeded "
              "MapStateSucceeded MapStateExited ExecutionSucceeded");
}

TEST_F(MapRunTest, GivesAnEmptyArrayForNoItems) {
    EXPECT_EQ(run("", pass, "[]"), "[]");
    EXPECT_EQ(ends(map_run_of(last_).items), "0/0/0/0 of 0");
}

TEST_F(MapRunTest, ItsChildrenAreExecutionsOfTheirOwn) {
    run(R"("Label":"L","ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value"},)",
        pass, R"(["a","b"])");
    const MapRunDescription run = map_run_of(last_);
    EXPECT_EQ(run.execution_arn, last_);
    EXPECT_EQ(run.status, MapRunStatus::succeeded);
    EXPECT_TRUE(run.map_run_arn.starts_with(Identity{}.arn("states", "mapRun:m/L:")));
    EXPECT_EQ(run.state_machine_arn, Identity{}.arn("states", "stateMachine:m/L"));
    EXPECT_EQ(ends(run.items), "2/0/0/0 of 2");
    EXPECT_EQ(ends(run.executions), "2/0/0/0 of 2");

    const std::vector<ExecutionDescription> children = children_of(run.map_run_arn);
    ASSERT_EQ(children.size(), 2U);
    const ExecutionDescription child = described(children.back().execution_arn);
    EXPECT_EQ(child.execution_arn, Identity{}.arn("states", "execution:m/L:" + child.name));
    EXPECT_EQ(child.state_machine_arn, run.state_machine_arn);
    EXPECT_EQ(child.map_run_arn, run.map_run_arn);
    EXPECT_EQ(child.input.text(), R"({"i":0,"v":"a"})");
    EXPECT_EQ(child.item_count, std::nullopt);
    EXPECT_EQ(history(child.execution_arn),
              "ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded");

    ListExecutionsInput of_machine;
    of_machine.machine_id = 1;
    const auto listed = await<ListExecutionsOutput>(
        [&](auto done) { executions_->list(of_machine, std::move(done)); });
    ASSERT_EQ(listed->executions.size(), 1U);  // its children are in the run's list only
    EXPECT_EQ(listed->executions.front().execution_arn, last_);
}

TEST_F(MapRunTest, AMapThatRunsTwiceHasTwoRuns) {
    const StateMachinePtr machine = machines_.add(
        "twice", R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.v","ResultPath":"$.w",
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I",
        "States":{"I":{"Type":"Pass","End":true}}},"Next":"C"},
        "C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"S"}],"Default":"P"},
        "P":{"Type":"Pass","Result":1,"ResultPath":"$.n","Next":"M"},"S":{"Type":"Succeed"}}})");
    const std::string arn = start(machine, R"({"v":[7],"n":0})");
    EXPECT_EQ(result_of(arn), R"({"v":[7],"n":1,"w":[7]})");
    const std::vector<MapRunDescription> runs = map_runs_of(arn);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_NE(runs[0].map_run_arn, runs[1].map_run_arn);
    EXPECT_EQ(runs[0].state_machine_arn, runs[1].state_machine_arn);
}

TEST_F(MapRunTest, StartsAsManyChildrenAtATimeAsItMay) {
    last_ = start(map_machine(R"("MaxConcurrency":2,)", callback), "[1,2,3]");
    const FakeTasks::Seen first = tasks_.next();
    const FakeTasks::Seen second = tasks_.next();
    MapRunDescription run = map_run_of(last_);
    EXPECT_EQ(run.max_concurrency, 2U);
    EXPECT_EQ(run.items.running, 2U);
    EXPECT_EQ(run.items.pending, 1U);
    EXPECT_EQ(success(first.token, "10"), "ok");
    const FakeTasks::Seen third = tasks_.next();
    EXPECT_EQ(success(third.token, "30"), "ok");
    EXPECT_EQ(success(second.token, "20"), "ok");
    EXPECT_EQ(result_of(last_), "[10,20,30]");
}

TEST_F(MapRunTest, MayBeGivenMoreConcurrencyWhileItRuns) {
    last_ = start(map_machine(R"("MaxConcurrency":1,)", callback), "[1,2]");
    const FakeTasks::Seen first = tasks_.next();
    const std::string arn = map_run_of(last_).map_run_arn;
    EXPECT_EQ(update({.map_run_arn = arn, .max_concurrency = 2}), "ok");
    const FakeTasks::Seen second = tasks_.next();
    EXPECT_EQ(map_run_of(last_).max_concurrency, 2U);
    EXPECT_EQ(success(second.token, "2"), "ok");
    EXPECT_EQ(success(first.token, "1"), "ok");
    EXPECT_EQ(result_of(last_), "[1,2]");
    EXPECT_EQ(update({.map_run_arn = arn + "0", .max_concurrency = 2}), "ResourceNotFound");
}

TEST_F(MapRunTest, FailsWithTheFirstFailureThatItDoesNotTolerate) {
    EXPECT_EQ(run(R"("MaxConcurrency":1,)", fail_on_zero, "[1,0,2]"),
              "States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold "
              "was exceeded");
    EXPECT_EQ(history(last_),
              "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunFailed "
              "MapStateFailed ExecutionFailed");
    const MapRunDescription run = map_run_of(last_);
    EXPECT_EQ(run.status, MapRunStatus::failed);
    EXPECT_EQ(ends(run.items), "1/1/0/0 of 3");
    EXPECT_EQ(run.items.pending, 1U);
}

TEST_F(MapRunTest, ToleratesAsManyFailuresAsItSays) {
    const std::string tolerant = run(R"("ToleratedFailureCount":1,)", fail_on_zero, "[1,0,2]");
    const json::Document results = json::Document::of(Payload::trusted(tolerant));
    ASSERT_EQ(results.root().size(), 3U);
    EXPECT_EQ(results.root()[0].raw(), "1");
    EXPECT_EQ(results.root()[1].find("Status")->string(), "FAILED");
    EXPECT_EQ(results.root()[1].find("Error")->string(), "Zero");
    EXPECT_EQ(results.root()[1].find("Input")->string(), "0");
    EXPECT_EQ(results.root()[2].raw(), "2");
    EXPECT_EQ(ends(map_run_of(last_).items), "2/1/0/0 of 3");

    EXPECT_TRUE(run(R"("ToleratedFailureCount":1,)", fail_on_zero, "[0,0,2]")
                    .starts_with("States.ExceedToleratedFailureThreshold"));
    EXPECT_FALSE(run(R"("ToleratedFailurePercentage":50,)", fail_on_zero, "[0,1,0,2]")
                     .starts_with("States."));
    EXPECT_TRUE(run(R"("ToleratedFailurePercentage":49.9,)", fail_on_zero, "[0,1,0,2]")
                    .starts_with("States.ExceedToleratedFailureThreshold"));
    EXPECT_TRUE(run(R"("ToleratedFailurePercentage":90,"ToleratedFailureCount":1,)", fail_on_zero,
                    "[0,1,0]")
                    .starts_with("States.ExceedToleratedFailureThreshold"));
}

TEST_F(MapRunTest, ItsFailureIsRetriedAndCaughtLikeAnyOther) {
    const StateMachinePtr machine =
        machines_.add("m", R"({"StartAt":"M","States":{"M":{"Type":"Map","Label":"L",
        "Retry":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"MaxAttempts":1,"IntervalSeconds":5}],
        "Catch":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"Next":"C"}],
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I",
        "States":{"I":{"Type":"Fail","Error":"E"}}},"End":true},
        "C":{"Type":"Pass","Result":"caught","End":true}}})");
    last_ = start(machine, "[1]");
    advance(std::chrono::seconds{5});
    EXPECT_EQ(result_of(last_), R"("caught")");
    EXPECT_EQ(map_runs_of(last_).size(), 2U);
    EXPECT_EQ(history(last_),
              "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunFailed "
              "MapStateStarted MapRunStarted MapRunFailed MapStateFailed MapStateExited "
              "PassStateEntered PassStateExited ExecutionSucceeded");
}

TEST_F(MapRunTest, StopsItsChildrenWithItsExecution) {
    last_ = start(map_machine("", wait), "[1,2]");
    const std::string arn = map_run_of(last_).map_run_arn;
    EXPECT_EQ(stop(last_), "ok");
    EXPECT_EQ(ended(last_).status, ExecutionStatus::aborted);
    EXPECT_EQ(map_run_of(last_).status, MapRunStatus::aborted);
    EXPECT_EQ(ends(map_run_of(last_).items), "0/0/0/2 of 2");
    for (const ExecutionDescription& child : children_of(arn))
        EXPECT_EQ(ended(child.execution_arn).status, ExecutionStatus::aborted);
    EXPECT_EQ(stored(Table::continuation), 0U);
}

TEST_F(MapRunTest, IsAbortedWhenABranchBesideItFails) {
    const StateMachinePtr machine = machines_.add(
        "m", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{
          "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
          "StartAt":"I","States":{"I":)" +
                 wait + R"(}},"End":true}}},
        {"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},"F":)" +
                 fail + "}}]}}}");
    last_ = start(machine, "[1]");
    const std::string arn = map_run_of(last_).map_run_arn;
    advance(std::chrono::seconds{1});
    EXPECT_EQ(result_of(last_), "Mine: c");
    EXPECT_EQ(map_run_of(last_).status, MapRunStatus::aborted);
    EXPECT_EQ(ended(children_of(arn).front().execution_arn).status, ExecutionStatus::aborted);
    EXPECT_EQ(stored(Table::continuation), 0U);
}

TEST_F(MapRunTest, AChildMayHaveADistributedMapOfItsOwn) {
    const std::string inner =
        R"({"Type":"Map","Label":"inner","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",)"
        R"("ExecutionType":"STANDARD"},"StartAt":"J","States":{"J":)" +
        pass + R"(}},"End":true})";
    EXPECT_EQ(run(R"("Label":"outer",)", inner, "[[1,2],[3]]"), "[[1,2],[3]]");
    const ExecutionDescription child = children_of(map_run_of(last_).map_run_arn).back();
    const MapRunDescription run = map_run_of(child.execution_arn);
    EXPECT_TRUE(run.map_run_arn.starts_with(Identity{}.arn("states", "mapRun:m/inner:")));
    EXPECT_EQ(ends(run.items), "2/0/0/0 of 2");
}

TEST_F(MapRunTest, ExpressChildrenLeaveTheirResultsOnly) {
    last_ = start(map_machine("", pass, "EXPRESS"), "[1,2,3]");
    EXPECT_EQ(result_of(last_), "[1,2,3]");
    EXPECT_EQ(ends(map_run_of(last_).executions), "3/0/0/0 of 3");
    EXPECT_EQ(stored(Table::execution), 1U);
    EXPECT_EQ(problems(), std::vector<std::string>{});
    EXPECT_EQ(stored(Table::continuation), 0U);
}

TEST_F(MapRunTest, KeepsNothingOfARunThatIsOverButItsRecord) {
    run("", pass, "[1,2,3]");
    EXPECT_EQ(stored(Table::map_run), 2U);  // the record, and that the execution has had it
}

TEST_F(MapRunTest, ARunIsForgottenWithItsExecution) {
    options_.shards = 1;
    options_.closed_executions_max = 3;
    restart();
    const std::string first = start(map_machine("", pass), "[1,2]");
    ended(first);
    const std::string second = start(map_machine("", pass), "[1,2]");
    ended(second);
    EXPECT_EQ(stored(Table::execution), 3U);  // the second, and its children
    EXPECT_EQ(stored(Table::map_run), 2U);
    EXPECT_EQ(ends(map_run_of(second).items), "2/0/0/0 of 2");
}

TEST_F(MapRunTest, SpeaksJsonataToo) {
    const StateMachinePtr machine =
        machines_.add("j", R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map",
        "Items":"{% $states.input.v %}","ItemSelector":{"i":"{% $states.context.Map.Item.Index %}",
        "v":"{% $states.context.Map.Item.Value * 2 %}"},
        "ItemBatcher":{"MaxItemsPerBatch":"{% $states.input.n %}","BatchInput":{"n":"{% $states.input.n %}"}},
        "ToleratedFailurePercentage":"{% $states.input.n * 50 %}","MaxConcurrency":"{% 1 %}",
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
        "StartAt":"I","States":{"I":{"Type":"Pass","Output":"{% $states.input.Items.v %}","End":true}}},
        "End":true}}})");
    EXPECT_EQ(result_of(start(machine, R"({"v":[1,2,3],"n":2})")), "[[2,4],6]");
    EXPECT_TRUE(result_of(start(machine, R"({"v":[1,2,3],"n":3})"))
                    .ends_with("ToleratedFailurePercentage must be between 0 and 100."));
    EXPECT_TRUE(result_of(start(machine, R"({"v":[1],"n":"x"})"))
                    .starts_with("States.QueryEvaluationError"));
}

// ---- batches

TEST_F(MapRunTest, PutsAsManyItemsIntoABatchAsItMay) {
    EXPECT_EQ(run(R"("ItemBatcher":{"MaxItemsPerBatch":2},)", pass, "[1,2,3]"),
              R"([{"Items":[1,2]},{"Items":[3]}])");
    const MapRunDescription run = map_run_of(last_);
    EXPECT_EQ(ends(run.items), "3/0/0/0 of 3");
    EXPECT_EQ(ends(run.executions), "2/0/0/0 of 2");
    EXPECT_EQ(children_of(run.map_run_arn).back().item_count, 2U);
}

TEST_F(MapRunTest, ABatchHasABatchInputAndABoundOfBytes) {
    EXPECT_EQ(run(R"("ItemsPath":"$.v","ItemBatcher":{"MaxInputBytesPerBatchPath":"$.b",
                     "BatchInput":{"x.$":"$.x"}},)",
                  pass, R"({"v":["aaaaaaaaaa","bbbbbbbbbb","c"],"b":"55","x":9})"),
              R"([{"BatchInput":{"x":9},"Items":["aaaaaaaaaa"]},)"
              R"({"BatchInput":{"x":9},"Items":["bbbbbbbbbb","c"]}])");
}

TEST_F(MapRunTest, AFailedBatchFailsAllItsItems) {
    const std::string fails_on_three =
        R"({"Type":"Choice","Choices":[{"Variable":"$.Items[0]","NumericEquals":3,"Next":"Bad"}],
        "Default":"Good"},"Bad":{"Type":"Fail"},"Good":{"Type":"Succeed"})";
    run(R"("ToleratedFailureCount":2,"ItemBatcher":{"MaxItemsPerBatch":2},)", fails_on_three,
        "[1,2,3,4]");
    EXPECT_EQ(ends(map_run_of(last_).items), "2/2/0/0 of 4");
}

// ---- what is wrong with a Map's values

TEST_F(MapRunTest, RefusesWhatCannotBeTolerated) {
    const auto with = [&](const std::string& fields, const std::string& value) {
        return run(R"("ItemsPath":"$.v",)" + fields, pass, R"({"v":[0],"t":)" + value + "}")
            .substr(0, 170);
    };
    const std::string cause =
        "States.Runtime: An error occurred while executing the state 'M' (entered at the event id "
        "#2). ";
    EXPECT_EQ(with(R"("ToleratedFailureCountPath":"$.t",)", "-1"),
              cause + "ToleratedFailureCount cannot be negative.");
    EXPECT_EQ(with(R"("ToleratedFailurePercentagePath":"$.t",)", "100.1"),
              cause + "ToleratedFailurePercentage must be between 0 and 100.");
    EXPECT_EQ(run(R"("ItemsPath":"$.v","ToleratedFailurePercentagePath":"$.t",)", pass,
                  R"({"v":[0],"t":{}})"),
              cause +
                  "The ToleratedFailurePercentagePath field refers to value \"{}\" which is not "
                  "a valid float: $.t");
    EXPECT_EQ(history(last_), "ExecutionStarted MapStateEntered MapStateStarted ExecutionFailed");
}

TEST_F(MapRunTest, OutputsThatAreTooLargeTogetherFailTheState) {
    const std::string large(100'000, 'x');
    EXPECT_TRUE(run(R"("ItemsPath":"$.n","ItemSelector":{"l.$":"$.l"},)", pass,
                    R"({"n":[1,2,3],"l":")" + large + R"("})")
                    .starts_with("States.DataLimitExceeded"));
    EXPECT_EQ(stored(Table::map_run), 2U);
}

// ---- items from objects

class ItemReaderTest : public MapRunTest {
 protected:
    ItemReaderTest() {
        options_.objects = &objects_;
        restart();
    }
    static std::string reader(const std::string& config,
                              const std::string& parameters = R"({"Bucket":"b","Key.$":"$.key"})") {
        return R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":)" +
               config + R"(,"Parameters":)" + parameters + "},";
    }
    FakeObjects objects_;
};

TEST_F(ItemReaderTest, ReadsAnArrayFromAnObject) {
    objects_.put("k", R"([{"a":1},2,3])");
    EXPECT_EQ(run(reader(R"({"InputType":"JSON","MaxItems":2})"), pass, R"({"key":"k"})"),
              R"([{"a":1},2])");
    EXPECT_EQ(ends(map_run_of(last_).items), "2/0/0/0 of 2");
    EXPECT_EQ(stored(Table::map_run), 2U);  // the items are not kept
}

TEST_F(ItemReaderTest, FailsWithTheStoresReason) {
    EXPECT_EQ(run(reader(R"({"InputType":"JSON"})"), pass, R"({"key":"none"})"),
              "States.ItemReaderFailed: The specified key does not exist.");
    EXPECT_EQ(
        run(reader(R"({"InputType":"JSON","MaxItemsPath":"$.m"})"), pass, R"({"key":"k","m":-1})"),
        "States.ItemReaderFailed: field MaxItems must be positive");
    EXPECT_EQ(history(last_),
              "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunFailed "
              "MapStateFailed ExecutionFailed");
}

TEST_F(ItemReaderTest, ReadsAgainAfterARestartAndThenNeverMore) {
    objects_.put("k", "[1,2]");
    objects_.is_silent = true;
    last_ =
        start(map_machine(R"("MaxConcurrency":1,)" + reader(R"({"InputType":"JSON"})"), callback),
              R"({"key":"k"})");
    restart();
    objects_.is_silent = false;
    restart();
    const FakeTasks::Seen first = tasks_.next();
    const int reads = objects_.reads;
    objects_.put("k", "[3,4,5]");
    restart();
    EXPECT_EQ(success(first.token, "1"), "ok");
    EXPECT_EQ(success(tasks_.next().token, "2"), "ok");
    EXPECT_EQ(result_of(last_), "[1,2]");
    EXPECT_EQ(objects_.reads, reads);
}

TEST_F(MapRunTest, WithoutAnObjectStoreAnItemReaderFails) {
    EXPECT_TRUE(run(R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
                       "Parameters":{"Bucket":"b","Key":"k"}},)",
                    pass, "{}")
                    .starts_with("States.ItemReaderFailed: This installation has no object store"));
}

// ---- results as objects

class ResultWriterTest : public ItemReaderTest {
 protected:
    static std::string writer(const std::string& config) {
        return R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b",)"
               R"("Prefix":"p"},"WriterConfig":)" +
               config + "},";
    }
    /// The object of that name in the folder of the run.
    std::string written(const std::string& name) {
        const std::string arn = map_run_of(last_).map_run_arn;
        return objects_.content("p/" + arn.substr(arn.rfind(':') + 1) + "/" + name);
    }
};

TEST_F(ResultWriterTest, WritesTheResultsAndSaysWhere) {
    const json::Document output = json::Document::of(Payload::trusted(
        run(R"("ToleratedFailureCount":1,)" + writer(R"({"Transformation":"NONE"})"), fail_on_zero,
            "[1,0,2]")));
    const MapRunDescription run = map_run_of(last_);
    const std::string uuid = run.map_run_arn.substr(run.map_run_arn.rfind(':') + 1);
    EXPECT_EQ(output.root().find("MapRunArn")->string(), run.map_run_arn);
    EXPECT_EQ(output.root().find("ResultWriterDetails")->raw(),
              R"({"Bucket":"b","Key":"p/)" + uuid + R"(/manifest.json"})");
    EXPECT_EQ(run.items.results_written, 3U);

    const std::string succeeded = written("SUCCEEDED_0.json");
    const std::string failed = written("FAILED_0.json");
    EXPECT_EQ(written("manifest.json"),
              R"({"DestinationBucket":"b","MapRunArn":")" + run.map_run_arn +
                  R"(","ResultFiles":{"FAILED":[{"Key":"p/)" + uuid + R"(/FAILED_0.json","Size":)" +
                  std::to_string(failed.size()) + R"(}],"PENDING":[],"SUCCEEDED":[{"Key":"p/)" +
                  uuid + R"(/SUCCEEDED_0.json","Size":)" + std::to_string(succeeded.size()) +
                  "}]}}");
    const json::Document good = json::Document::of(Payload::trusted(succeeded));
    ASSERT_EQ(good.root().size(), 2U);
    EXPECT_EQ(good.root()[0].find("Output")->string(), "1");
    EXPECT_EQ(good.root()[1].find("Output")->string(), "2");
    const json::Document bad = json::Document::of(Payload::trusted(failed));
    EXPECT_EQ(bad.root()[0].find("Error")->string(), "Zero");
    EXPECT_EQ(stored(Table::map_run), 2U);
}

TEST_F(ResultWriterTest, WritesOutputsAlone) {
    run(writer(R"({"Transformation":"COMPACT"})"), pass, "[1,[2]]");
    EXPECT_EQ(written("SUCCEEDED_0.json"), "[1,[2]]");
    run(writer(R"({"Transformation":"FLATTEN","OutputType":"JSONL"})"), pass, "[1,[2,3],[]]");
    EXPECT_EQ(written("SUCCEEDED_0.jsonl"), "1\n2\n3");
    last_ = start(map_machine(writer(R"({"Transformation":"COMPACT"})"), pass, "EXPRESS"), "[7]");
    ended(last_);
    EXPECT_EQ(written("SUCCEEDED_0.json"), "[7]");
}

TEST_F(ResultWriterTest, FailsWithTheStoresReason) {
    objects_.is_full = true;
    EXPECT_EQ(run(writer(R"({"Transformation":"NONE"})"), pass, "[1]"),
              "States.ResultWriterFailed: The bucket is gone.");
}

TEST_F(ResultWriterTest, WritesAfterARestart) {
    last_ = start(map_machine(writer(R"({"Transformation":"COMPACT"})"), callback), "[1,2]");
    EXPECT_EQ(success(tasks_.next().token, "10"), "ok");
    restart();
    EXPECT_EQ(success(tasks_.next().token, "20"), "ok");
    ended(last_);
    EXPECT_EQ(written("SUCCEEDED_0.json"), "[10,20]");
}

TEST_F(MapRunTest, WithoutABucketAWriterOnlyTransforms) {
    EXPECT_EQ(run(R"("ResultWriter":{"WriterConfig":{"Transformation":"FLATTEN"}},)", pass,
                  "[1,[2,3],[ ],4]"),
              "[1,2,3,4]");
}

// ---- restarts

TEST_F(MapRunTest, GoesOnAfterARestartAtAnyPoint) {
    constexpr std::uint32_t items = 8;
    last_ = start(map_machine(R"("MaxConcurrency":3,)", callback), "[0,1,2,3,4,5,6,7]");
    std::multiset<std::string> started;
    const std::uint32_t shards[] = {1, 3, 2, 5};
    for (std::uint32_t done = 0; done < items; ++done) {
        const FakeTasks::Seen seen = tasks_.next();
        const json::Document sent = json::Document::of(Payload::trusted(seen.parameters));
        const std::string item(sent.root().find("MessageBody")->find("item")->raw());
        started.insert(item);
        restart(shards[done % 4]);
        EXPECT_EQ(success(seen.token, item + "0"), "ok");
        executions_.reset();
        EXPECT_EQ(problems(), std::vector<std::string>{});
        restart(shards[(done + 1) % 4]);
        EXPECT_EQ(success(seen.token, "1"), "TaskTimedOut");
    }
    EXPECT_EQ(result_of(last_), "[00,10,20,30,40,50,60,70]");
    EXPECT_EQ(started.size(), items);
    EXPECT_EQ(std::set<std::string>(started.begin(), started.end()).size(), items);
    EXPECT_EQ(ends(map_run_of(last_).executions), "8/0/0/0 of 8");
    EXPECT_EQ(stored(Table::continuation), 0U);
}

TEST_F(MapRunTest, ARestartForgetsNoFailureAndNoUpdate) {
    last_ =
        start(map_machine(R"("MaxConcurrency":1,"ToleratedFailureCount":1,)", callback), "[0,1,2]");
    EXPECT_EQ(failure(tasks_.next().token, "E", "c"), "ok");
    restart();
    const std::string arn = map_run_of(last_).map_run_arn;
    EXPECT_EQ(update({.map_run_arn = arn, .tolerated_failure_count = 2}), "ok");
    EXPECT_EQ(failure(tasks_.next().token, "E", "c"), "ok");
    restart();
    EXPECT_EQ(success(tasks_.next().token, "2"), "ok");
    EXPECT_EQ(ended(last_).status, ExecutionStatus::succeeded);
    EXPECT_EQ(ends(map_run_of(last_).items), "1/2/0/0 of 3");
    EXPECT_EQ(map_run_of(last_).tolerated_failure_count, 2U);
}

TEST_F(MapRunTest, ManyItemsGoThroughInOrderWithFewAtATime) {
    constexpr int items = 20'000;
    std::string input = "[";
    for (int i = 0; i < items; ++i) input += (i > 0 ? "," : "") + std::to_string(i);
    input += "]";
    last_ = start(map_machine("", pass), input);
    restart(4);
    EXPECT_EQ(result_of(last_), input);
    EXPECT_EQ(ends(map_run_of(last_).executions), "20000/0/0/0 of 20000");
}

}  // namespace
}  // namespace stepwell::flow
