#include "cli/testing/test_world.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "base/limits.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"

namespace stepwell::cli {

namespace {

constexpr std::uint64_t closed_executions_max = 100;  // one is looked at, and none but the newest

/// Calls an operation that completes later, and waits for it.
template <class T, class Call>
Result<T> wait_for(Call call) {
    std::promise<Result<T>> promise;
    std::future<Result<T>> future = promise.get_future();
    call(flow::Completion<T>(
        [&promise](Result<T> result) { promise.set_value(std::move(result)); }));
    return future.get();
}

}  // namespace

Result<std::unique_ptr<TestWorld>> TestWorld::open(TimePoint now) {
    std::unique_ptr<TestWorld> world(new TestWorld(now));
    api::World::Options options;
    options.durability = Durability::none;
    options.closed_executions_max = closed_executions_max;
    options.retention.reset();  // they are gone with the world
    options.seed = 1;
    options.clock = &world->clock_;
    SW_TRY(world->world_, api::World::open(std::move(options)));
    if (const Result<> started = world->world_->start(); !started.has_value())
        return started.error();
    world->clock_.attach(world->deadline_);
    world->subscription_ = world->clock_.subscribe([self = world.get()] { self->stop_when_due(); });
    world->clock_.set_automatic(true);
    return world;
}

TestWorld::~TestWorld() {
    if (subscription_ != 0) {
        clock_.set_automatic(false);
        clock_.unsubscribe(subscription_);
        clock_.detach(deadline_);
    }
    world_.reset();
}

// On the clock's thread.
void TestWorld::stop_when_due() {
    if (!deadline_.is_due(clock_.now())) return;
    deadline_.set(never);
    const std::scoped_lock lock(mutex_);
    if (running_.empty()) return;
    world_->executions().stop(running_, "Stepwell.WaitsForever",
                              "Nothing that could end the execution has a time.",
                              [](const Result<TimePoint>&) {});
}

Result<flow::StateMachinePtr> TestWorld::machine_of(const TestFile& file) {
    if (const auto found = machines_.find(&file); found != machines_.end()) return found->second;
    flow::CreateStateMachineInput input;
    input.name = file.state_machine;
    input.definition = file.definition;
    input.role_arn = "arn:aws:iam::" + world_->identity().account + ":role/test";
    input.type = file.type;
    SW_TRY(const flow::CreateStateMachineOutput created,
           wait_for<flow::CreateStateMachineOutput>(
               [&](auto done) { world_->machines().create(std::move(input), std::move(done)); }));
    SW_TRY(flow::StateMachinePtr machine, world_->machines().find(created.state_machine_arn));
    machines_.emplace(&file, machine);
    return machine;
}

bool TestWorld::takes(const TestFile& file) const {
    return std::none_of(machines_.begin(), machines_.end(), [&](const auto& known) {
        return known.first != &file && known.second->name == file.state_machine;
    });
}

Result<ExecutionDescription> TestWorld::run_execution(flow::StartExecutionInput input,
                                                      std::shared_ptr<flow::Rehearsal> rehearsal) {
    std::promise<Result<ExecutionDescription>> promise;
    std::future<Result<ExecutionDescription>> future = promise.get_future();
    input.rehearsal = std::move(rehearsal);
    input.ended = [this, &promise](Result<ExecutionDescription> ended) {
        deadline_.set(never);  // before the clock sees that nothing runs
        promise.set_value(std::move(ended));
    };
    starts_.begin();
    deadline_.set(clock_.now() + time_max);
    const Result<flow::StartExecutionOutput> started = wait_for<flow::StartExecutionOutput>(
        [&](auto done) { world_->executions().start(std::move(input), std::move(done)); });
    if (started.has_value()) {
        const std::scoped_lock lock(mutex_);
        running_ = started->execution_arn;
    } else {
        deadline_.set(never);
    }
    starts_.end();
    if (!started.has_value()) return started.error();
    Result<ExecutionDescription> end = future.get();
    const std::scoped_lock lock(mutex_);
    running_.clear();
    return end;
}

Result<CaseRun> TestWorld::run(const TestFile& file, const TestCase& test) {
    if (test.input.size() > limits::payload_bytes_max) {
        return Error(
            flow::errors::invalid_execution_input,
            "the input is longer than " + std::to_string(limits::payload_bytes_max) + " bytes");
    }
    SW_TRY(flow::StateMachinePtr machine, machine_of(file));
    const auto rehearsal = std::make_shared<flow::Rehearsal>(test.mocks, true);
    Result<ExecutionDescription> end =
        run_execution({std::move(machine), test.execution_name, test.input}, rehearsal);
    if (!end.has_value()) return end.error();
    CaseRun run{*std::move(end), rehearsal->visits(), {}};
    if (test.expected.history.is_absent()) return run;
    flow::GetHistoryInput input;
    input.execution_arn = run.end.execution_arn;
    input.max_results = limits::history_events_max;
    SW_TRY(flow::GetHistoryOutput history, wait_for<flow::GetHistoryOutput>([&](auto done) {
               world_->executions().history(std::move(input), std::move(done));
           }));
    run.history = std::move(history.events);
    return run;
}

}  // namespace stepwell::cli
