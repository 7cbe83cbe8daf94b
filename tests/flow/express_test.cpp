// Executions of EXPRESS machines.
#include <thread>

#include "flow/errors.hpp"
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

constexpr std::string_view queue_task = "arn:aws:states:::sqs:sendMessage";

class ExpressTest : public FlowWorld {
 protected:
    StateMachinePtr express(const std::string& definition) {
        return machines_.add("x", definition, MachineType::express);
    }
    StateMachinePtr waiting() {
        return express(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":")" +
                       std::string(queue_task) + R"(","End":true}}})");
    }
    /// Starts one; what it was when it had ended comes later.
    std::future<Result<ExecutionDescription>> run(const StateMachinePtr& machine,
                                                  const std::string& name = "") {
        auto ended = std::make_shared<std::promise<Result<ExecutionDescription>>>();
        auto future = ended->get_future();
        StartExecutionInput input{machine, name, Payload::trusted(R"({"a":1})")};
        input.ended = [ended](Result<ExecutionDescription> result) {
            ended->set_value(std::move(result));
        };
        const auto started = await<StartExecutionOutput>(
            [&](auto done) { executions_->start(std::move(input), std::move(done)); });
        EXPECT_TRUE(started.has_value());
        arn_ = started->execution_arn;
        return future;
    }
    std::size_t stored(Table table) {
        storage_->wait_until_applied(storage_->commit(Effects{}));
        std::size_t count = 0;
        storage_->scan(table, {}, [&](std::string_view, std::string_view) { return ++count > 0; });
        return count;
    }

    std::string arn_;
};

TEST_F(ExpressTest, TellWhoStartedThemHowTheyEnded) {
    const auto ended =
        run(express(R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})"), "n").get();
    ASSERT_TRUE(ended.has_value());
    EXPECT_EQ(ended->status, ExecutionStatus::succeeded);
    EXPECT_EQ(ended->output.text(), R"({"a":1})");
    EXPECT_EQ(ended->name, "n");
    EXPECT_EQ(ended->execution_arn, arn_);
    EXPECT_TRUE(arn_.starts_with("arn:aws:states:us-east-1:000000000000:express:x:n:")) << arn_;
}

TEST_F(ExpressTest, LeaveNothingBehind) {
    auto ended = run(waiting());
    const auto task = tasks_.next();
    EXPECT_GT(stored(Table::history), 0U);
    EXPECT_GT(stored(Table::continuation), 0U);
    executions_->answer_task(task.address, Payload::trusted("7"));
    EXPECT_EQ(ended.get()->output.text(), "7");
    for (const Table table : {Table::execution, Table::execution_name, Table::execution_listing,
                              Table::history, Table::continuation}) {
        EXPECT_EQ(stored(table), 0U) << static_cast<int>(table);
    }
}

TEST_F(ExpressTest, MayShareNames) {
    const StateMachinePtr machine = waiting();
    auto first = run(machine, "n");
    const std::string first_arn = arn_;
    auto second = run(machine, "n");
    EXPECT_NE(arn_, first_arn);
    for (int i = 0; i < 2; ++i)
        executions_->answer_task(tasks_.next().address, Payload::trusted("{}"));
    EXPECT_TRUE(first.get().has_value());
    EXPECT_TRUE(second.get().has_value());
}

TEST_F(ExpressTest, AreNotListedNorDescribed) {
    const StateMachinePtr machine = waiting();
    auto ended = run(machine);
    const auto task = tasks_.next();
    ListExecutionsInput input;
    input.machine_id = machine->id;
    const auto listed =
        await<ListExecutionsOutput>([&](auto done) { executions_->list(input, std::move(done)); });
    EXPECT_TRUE(listed->executions.empty());
    const auto described = await<ExecutionDescription>(
        [&](auto done) { executions_->describe(arn_, std::move(done)); });
    EXPECT_TRUE(described.error().is(errors::execution_does_not_exist));
    executions_->answer_task(task.address, Payload::trusted("{}"));
    ended.get();
}

TEST_F(ExpressTest, TakeFiveMinutesAtMost) {
    auto ended = run(waiting());
    tasks_.next();
    advance(std::chrono::minutes{5});
    const auto description = ended.get();
    EXPECT_EQ(description->status, ExecutionStatus::timed_out);
    EXPECT_EQ(*description->stop_date - description->start_date, std::chrono::minutes{5});
}

TEST_F(ExpressTest, TakeLessWhenTheirMachineSaysSo) {
    auto ended = run(express(R"({"TimeoutSeconds":10,"StartAt":"T","States":{"T":{"Type":"Task",)"
                             R"("Resource":"arn:aws:states:::sqs:sendMessage","End":true}}})"));
    tasks_.next();
    advance(std::chrono::seconds{10});
    EXPECT_EQ(ended.get()->status, ExecutionStatus::timed_out);
}

TEST_F(ExpressTest, GoOnAfterARestart) {
    auto ended = run(waiting());
    tasks_.next();
    restart();
    EXPECT_EQ(recovered_, 1U);
    executions_->answer_task(tasks_.next().address, Payload::trusted("{}"));
    while (executions_->statistics().running > 0) std::this_thread::yield();
    executions_.reset();  // the turn that ended it is committed
    EXPECT_EQ(stored(Table::history), 0U);
    EXPECT_EQ(stored(Table::continuation), 0U);
}

}  // namespace
}  // namespace stepwell::flow
