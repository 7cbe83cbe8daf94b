#include "flow/activities.hpp"

#include <gtest/gtest.h>

#include "base/errors.hpp"
#include "flow/errors.hpp"
#include "flow/service_fixture.hpp"
#include "journal/storage.hpp"

namespace stepwell::flow {
namespace {

using testing::answer_of;
using Taken = std::optional<ActivityTask>;

constexpr std::string_view activity_arn = "arn:aws:states:us-east-1:000000000000:activity:work";

/// Plays the executions: keeps which tasks were started by whom, and refuses the ones that are
/// over.
class Starts {
 public:
    Activities::TaskStarted recorder() {
        return [this](TaskAddress address, std::string worker, Completion<> done) {
            bool is_over = false;
            {
                const std::scoped_lock lock(mutex_);
                is_over = over_.contains(address.execution);
                if (!is_over) started_.emplace_back(address.execution, std::move(worker));
            }
            if (is_over) return done(Error(errors::task_timed_out, "Task Timed Out"));
            done({});
        };
    }
    void end(std::uint64_t execution) {
        const std::scoped_lock lock(mutex_);
        over_.insert(execution);
    }
    std::vector<std::pair<std::uint64_t, std::string>> started() const {
        const std::scoped_lock lock(mutex_);
        return started_;
    }

 private:
    mutable std::mutex mutex_;
    std::set<std::uint64_t> over_;
    std::vector<std::pair<std::uint64_t, std::string>> started_;
};

class ActivitiesTest : public ::testing::Test {
 protected:
    ActivitiesTest() { activities.report_started_to(starts.recorder()); }

    Result<ActivityDescription> create(std::string name = "work") {
        return answer_of<ActivityDescription>([&](auto done) {
            CreateActivityInput input;
            input.name = std::move(name);
            activities.create(std::move(input), std::move(done));
        });
    }
    Result<> remove() {
        return answer_of<void>(
            [&](auto done) { activities.remove(activity_arn, std::move(done)); });
    }
    /// Schedules a task of `execution` and waits until it is visible.
    void schedule(std::uint64_t execution) {
        Effects effects;
        ASSERT_TRUE(activities.schedule(effects, activity_arn, address_of(execution),
                                        "token " + std::to_string(execution),
                                        Payload::trusted(std::to_string(execution))));
        storage->commit(std::move(effects));
        testing::settle(*storage);
    }
    static TaskAddress address_of(std::uint64_t execution) {
        return {.shard = 1, .slot = 2, .generation = 3, .execution = execution};
    }
    std::future<Result<Taken>> poll(std::string worker = "worker", Caller caller = {}) {
        auto promise = std::make_shared<std::promise<Result<Taken>>>();
        activities.take(activity_arn, std::move(worker), std::move(caller),
                        [promise](Result<Taken> taken) { promise->set_value(std::move(taken)); });
        return promise->get_future();
    }
    std::size_t stored_tasks() {
        testing::settle(*storage);
        std::size_t count = 0;
        storage->scan(Table::activity_task, {}, [&](auto, auto) { return ++count != 0; });
        return count;
    }
    static bool is_waiting(const std::future<Result<Taken>>& poll) {
        return poll.wait_for(std::chrono::seconds{0}) == std::future_status::timeout;
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    Starts starts;
    sched::Timers timers{clock};
    Activities activities{Identity{}, clock, *storage, timers};
};

TEST_F(ActivitiesTest, AreCreatedOnceDescribedListedAndDeleted) {
    const auto created = create();
    ASSERT_TRUE(created);
    EXPECT_EQ(created->arn, activity_arn);
    clock.advance(milliseconds{1000});
    EXPECT_EQ(create()->created, created->created);
    EXPECT_EQ(activities.describe(activity_arn)->name, "work");
    EXPECT_EQ(activities.list({})->items.size(), 1U);
    ASSERT_TRUE(remove());
    ASSERT_TRUE(remove());
    EXPECT_EQ(activities.describe(activity_arn).error().message(),
              "Activity Does Not Exist: '" + std::string(activity_arn) + "'");
}

TEST_F(ActivitiesTest, BadNamesAndArnsAreRefused) {
    EXPECT_EQ(create("activity$name").error().message(), "Invalid Name: 'activity$name'");
    EXPECT_EQ(activities.describe("no_an_activity_arn").error().message(),
              "Invalid Arn: 'Invalid ARN prefix: no_an_activity_arn'");
    const auto taken = answer_of<Taken>(
        [&](auto done) { activities.take("no_an_activity_arn", "", Caller(), std::move(done)); });
    EXPECT_TRUE(taken.error().is(errors::invalid_arn));
    EXPECT_TRUE(poll().get().error().is(errors::activity_does_not_exist));
    Effects effects;
    EXPECT_FALSE(activities.schedule(effects, activity_arn, {}, "", {}));
    EXPECT_TRUE(effects.is_empty());
}

TEST_F(ActivitiesTest, AWaitingTaskGoesToTheNextPollWhichIsRecorded) {
    ASSERT_TRUE(create());
    schedule(7);
    EXPECT_EQ(activities.waiting_tasks(activity_arn), 1U);
    EXPECT_EQ(stored_tasks(), 1U);
    const auto taken = poll("anna").get();
    ASSERT_TRUE(taken);
    ASSERT_TRUE(taken->has_value());
    EXPECT_EQ((*taken)->token, "token 7");
    EXPECT_EQ((*taken)->input.text(), "7");
    EXPECT_EQ(starts.started(), (std::vector<std::pair<std::uint64_t, std::string>>{{7, "anna"}}));
    EXPECT_EQ(stored_tasks(), 0U);
}

TEST_F(ActivitiesTest, AWaitingPollGetsTheNextTask) {
    ASSERT_TRUE(create());
    auto first = poll();
    auto second = poll();
    EXPECT_TRUE(is_waiting(first));
    schedule(1);
    EXPECT_EQ((*first.get())->token, "token 1");
    EXPECT_TRUE(is_waiting(second));
    schedule(2);
    EXPECT_EQ((*second.get())->token, "token 2");
}

TEST_F(ActivitiesTest, ATaskIsNotVisibleBeforeItIsDurable) {
    testing::HeldStorage held;
    Activities held_activities{Identity{}, clock, held, timers};
    held_activities.report_started_to(starts.recorder());
    CreateActivityInput input;
    input.name = "work";
    held_activities.create(std::move(input), [](Result<ActivityDescription>) {});
    Effects effects;
    ASSERT_TRUE(held_activities.schedule(effects, activity_arn, address_of(1), "token",
                                         Payload::trusted("1")));
    held.commit(std::move(effects));
    EXPECT_EQ(held_activities.waiting_tasks(activity_arn), 0U);
    held.make_durable();
    EXPECT_EQ(held_activities.waiting_tasks(activity_arn), 1U);
}

TEST_F(ActivitiesTest, TasksThatAreOverAreDroppedAndTheNextIsTaken) {
    ASSERT_TRUE(create());
    for (std::uint64_t execution = 1; execution <= 3; ++execution) schedule(execution);
    starts.end(1);
    starts.end(2);
    EXPECT_EQ((*poll().get())->token, "token 3");
    EXPECT_EQ(stored_tasks(), 0U);
}

TEST_F(ActivitiesTest, APollWhoseCallerHasGoneTakesNoTask) {
    create();
    const auto gone = std::make_shared<std::atomic<bool>>(false);
    auto first = poll("anna", Caller(gone));
    auto second = poll("bert");
    gone->store(true);
    schedule(7);
    EXPECT_FALSE(first.get()->has_value());
    EXPECT_EQ((*second.get())->input.text(), "7");
}

TEST_F(ActivitiesTest, APollEndsWithNothingAfterSixtySeconds) {
    ASSERT_TRUE(create());
    auto waiting = poll();
    clock.advance(milliseconds{59'999});
    EXPECT_TRUE(is_waiting(waiting));
    clock.advance(milliseconds{1});
    EXPECT_EQ(waiting.get().value(), std::nullopt);
    schedule(1);  // no poll waits any more
    EXPECT_EQ(activities.waiting_tasks(activity_arn), 1U);
}

TEST_F(ActivitiesTest, AtMostAThousandPollsWaitForOneActivity) {
    ASSERT_TRUE(create());
    std::vector<std::future<Result<Taken>>> polls;
    for (int i = 0; i < 1000; ++i) polls.push_back(poll());
    EXPECT_TRUE(poll().get().error().is(errors::activity_worker_limit_exceeded));
    schedule(1);
    EXPECT_EQ((*polls.front().get())->token, "token 1");
    auto another = poll();
    EXPECT_TRUE(is_waiting(another));
}

TEST_F(ActivitiesTest, DeletingOneEndsItsPollsAndDropsItsTasks) {
    ASSERT_TRUE(create());
    auto waiting = poll();
    ASSERT_TRUE(remove());
    EXPECT_TRUE(waiting.get().error().is(errors::activity_does_not_exist));
    ASSERT_TRUE(create());
    schedule(1);
    ASSERT_TRUE(remove());
    EXPECT_EQ(stored_tasks(), 0U);
}

TEST_F(ActivitiesTest, ActivitiesTagsAndWaitingTasksSurviveARestart) {
    ASSERT_TRUE(create());
    ASSERT_TRUE(answer_of<void>(
        [&](auto done) { activities.tag(activity_arn, {{"key", "value"}}, std::move(done)); }));
    schedule(1);
    schedule(2);

    Activities restarted{Identity{}, clock, *storage, timers};
    restarted.report_started_to(starts.recorder());
    ASSERT_TRUE(restarted.recover());
    EXPECT_EQ(restarted.describe(activity_arn)->created,
              activities.describe(activity_arn)->created);
    EXPECT_EQ(*restarted.tags(activity_arn), (Tags{{"key", "value"}}));
    EXPECT_EQ(restarted.waiting_tasks(activity_arn), 2U);
    const auto taken = answer_of<Taken>(
        [&](auto done) { restarted.take(activity_arn, "anna", Caller(), std::move(done)); });
    EXPECT_EQ((*taken)->token, "token 1");
    EXPECT_EQ((*taken)->input.text(), "1");
    EXPECT_EQ(starts.started().front().first, 1U);
}

TEST_F(ActivitiesTest, ADamagedTaskIsAnErrorAtTheStart) {
    Effects effects;
    effects.put(Table::activity_task, "short", "garbage");
    storage->commit(std::move(effects));
    testing::settle(*storage);
    EXPECT_TRUE(activities.recover().error().is(stepwell::errors::system_failure));
}

}  // namespace
}  // namespace stepwell::flow
