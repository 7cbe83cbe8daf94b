// A small world for tests of executions: memory, a clock that stands still, services that do what
// the test says.
#pragma once

#include <gtest/gtest.h>
#include <stepwell/testing.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "asl/program.hpp"
#include "flow/errors.hpp"
#include "flow/executions.hpp"
#include "flow/store_check.hpp"
#include "journal/storage.hpp"
#include "json/value.hpp"

namespace stepwell::flow {

/// A task that waits for its callback.
inline constexpr const char* callback_task = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// Tasks as the test sees them: each call is kept until the test looks at it.
class FakeTasks final : public TaskPort {
 public:
    struct Seen {
        std::string resource;
        std::string parameters;
        std::string token;
        std::string request_id;
        TaskAddress address;
    };

    struct Job {
        std::string request_id;
        TaskAddress address;
        std::string text;  ///< the service's response; of an abandoned one the cause
    };

    bool knows(const asl::Resource&) const override { return true; }

    std::optional<ServiceReply> start(Effects& effects, const TaskCall& call) override {
        Seen seen{call.resource.arn, std::string(call.parameters.text()), std::string(call.token),
                  std::string(call.request_id), call.address};
        effects.when_durable([this, seen] {
            const std::scoped_lock lock(mutex_);
            seen_.push_back(seen);
            changed_.notify_all();
        });
        const std::scoped_lock lock(mutex_);
        const auto answer = answers_.find(call.resource.arn);
        return answer == answers_.end() ? std::nullopt
                                        : std::optional<ServiceReply>(answer->second);
    }

    void follow(Effects& effects, const BegunJob& job) override {
        effects.when_durable([this, job = Job{std::string(job.request_id), job.address,
                                              std::string(job.response.text())}] {
            const std::scoped_lock lock(mutex_);
            followed_.push_back(job);
            changed_.notify_all();
        });
    }
    void abandon(Effects& effects, std::string_view request_id, std::string_view cause) override {
        effects.when_durable([this, job = Job{std::string(request_id), {}, std::string(cause)}] {
            const std::scoped_lock lock(mutex_);
            abandoned_.push_back(job);
            changed_.notify_all();
        });
    }

    /// From now on tasks of this resource are answered at once.
    void answer_at_once(const std::string& resource, TaskAnswer answer) {
        const std::scoped_lock lock(mutex_);
        answers_.insert_or_assign(resource, std::move(answer));
    }
    /// The next call, in the order in which they became durable.
    Seen next() { return take(seen_); }
    /// The next job that a .sync task waits for, and the next that it waits for no more.
    Job next_followed() { return take(followed_); }
    Job next_abandoned() { return take(abandoned_); }

 private:
    template <class T>
    T take(std::deque<T>& from) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !from.empty(); });
        T first = std::move(from.front());
        from.pop_front();
        return first;
    }

    std::deque<Job> followed_;
    std::deque<Job> abandoned_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Seen> seen_;
    std::map<std::string, TaskAnswer> answers_;
};

class FakeMachines final : public StateMachineSource {
 public:
    StateMachinePtr add(const std::string& name, const std::string& definition,
                        MachineType type = MachineType::standard) {
        asl::Program::Compiled compiled = asl::Program::compile(definition);
        for (const asl::Diagnostic& diagnostic : compiled.diagnostics) {
            if (diagnostic.is_error)
                ADD_FAILURE() << diagnostic.message << " at " << diagnostic.location;
        }
        auto machine = std::make_shared<StateMachine>();
        machine->id = machines_.size() + 1;
        machine->revision = 1;
        machine->name = name;
        machine->arn = Identity{}.arn("states", "stateMachine:" + name);
        machine->role_arn = "arn:aws:iam::000000000000:role/r";
        machine->definition = definition;
        machine->type = type;
        machine->program = compiled.program;
        machines_.push_back(machine);
        return machine;
    }
    StateMachinePtr find_revision(std::uint64_t id, std::uint32_t) const override {
        return id == 0 || id > machines_.size() ? nullptr : machines_[id - 1];
    }
    bool takes_executions(std::uint64_t) const override { return takes_executions_; }
    /// From now on all of them are being deleted.
    void begin_deleting() { takes_executions_ = false; }

 private:
    std::vector<StateMachinePtr> machines_;
    std::atomic<bool> takes_executions_{true};
};

/// Calls an operation that completes later, and waits for it.
template <class T, class Call>
Result<T> await(Call call) {
    std::promise<Result<T>> promise;
    std::future<Result<T>> future = promise.get_future();
    call(Completion<T>([&promise](Result<T> result) { promise.set_value(std::move(result)); }));
    return future.get();
}

class FlowWorld : public ::testing::Test {
 protected:
    explicit FlowWorld(std::uint32_t shards = 2) : options_{shards, {}, 1, 0} { open(); }

    void open() {
        executions_ = std::make_unique<Executions>(options_, clock_, *storage_, machines_, tasks_);
        const Result<std::uint64_t> running = executions_->start_running();
        ASSERT_TRUE(running.has_value()) << running.error().message();
        recovered_ = *running;
    }
    /// The process ends and begins again: what is in memory is gone, what was committed is not.
    void restart(std::uint32_t shards = 0) {
        if (shards != 0) options_.shards = shards;
        executions_.reset();
        open();
    }

    std::string start(const StateMachinePtr& machine, const std::string& input = "{}",
                      const std::string& name = "") {
        const auto started = await<StartExecutionOutput>([&](auto done) {
            executions_->start({machine, name, Payload::trusted(input)}, std::move(done));
        });
        EXPECT_TRUE(started.has_value()) << started.error().message();
        return started.has_value() ? started->execution_arn : "";
    }
    ExecutionDescription ended(const std::string& arn) {
        const auto ended = await<ExecutionDescription>(
            [&](auto done) { executions_->wait_until_ended(arn, std::move(done)); });
        EXPECT_TRUE(ended.has_value()) << ended.error().message();
        return ended.has_value() ? *ended : ExecutionDescription{};
    }
    ExecutionDescription described(const std::string& arn) {
        const auto described = await<ExecutionDescription>(
            [&](auto done) { executions_->describe(arn, std::move(done)); });
        EXPECT_TRUE(described.has_value()) << described.error().message();
        return described.has_value() ? *described : ExecutionDescription{};
    }
    /// The code of the error, or "ok".
    template <class T>
    static std::string code(const Result<T>& result) {
        return result.has_value() ? "ok" : std::string(result.error().code());
    }
    std::string success(const std::string& token, const std::string& output = "{}") {
        return code(await<void>([&](auto done) {
            executions_->send_task_success(token, Payload::trusted(output), std::move(done));
        }));
    }
    std::string failure(const std::string& token, std::optional<std::string> error,
                        std::optional<std::string> cause) {
        return code(await<void>([&](auto done) {
            executions_->send_task_failure(token, error, cause, std::move(done));
        }));
    }
    std::string heartbeat(const std::string& token) {
        return code(await<void>(
            [&](auto done) { executions_->send_task_heartbeat(token, std::move(done)); }));
    }
    std::string stop(const std::string& arn, std::optional<std::string> error = {},
                     std::optional<std::string> cause = {}) {
        return code(await<TimePoint>(
            [&](auto done) { executions_->stop(arn, error, cause, std::move(done)); }));
    }

    /// The whole history as AWS's JSON.
    std::string history_json(const std::string& arn, GetHistoryInput input = {}) {
        input.execution_arn = arn;
        input.max_results = 1000;
        const auto history = await<GetHistoryOutput>(
            [&](auto done) { executions_->history(input, std::move(done)); });
        EXPECT_TRUE(history.has_value()) << history.error().message();
        return history.has_value() ? history->events : "[]";
    }
    /// The types of the events, "ExecutionStarted TaskStateEntered ...". Checks that ids have no
    /// gap.
    std::string history(const std::string& arn) {
        const Result<json::Document> events = json::Document::parse(history_json(arn));
        std::string types;
        std::int64_t id = 0;
        for (const json::Node& node : events->root().elements()) {
            const json::Value event{&node};
            EXPECT_EQ(event.find("id")->integer(), ++id);
            EXPECT_LT(*event.find("previousEventId")->integer(), id);
            types += types.empty() ? "" : " ";
            types += event.find("type")->string();
        }
        return types;
    }
    /// Newest first.
    std::vector<MapRunDescription> map_runs_of(const std::string& arn) {
        const auto listed = await<ListMapRunsOutput>(
            [&](auto done) { executions_->list_map_runs({arn}, std::move(done)); });
        EXPECT_TRUE(listed.has_value()) << listed.error().message();
        return listed.has_value() ? listed->map_runs : std::vector<MapRunDescription>{};
    }
    std::vector<ExecutionDescription> children_of(const std::string& map_run_arn) {
        ListExecutionsInput input;
        input.max_results = 1000;
        const auto listed = await<ListExecutionsOutput>(
            [&](auto done) { executions_->list_children(map_run_arn, input, std::move(done)); });
        EXPECT_TRUE(listed.has_value()) << listed.error().message();
        return listed.has_value() ? listed->executions : std::vector<ExecutionDescription>{};
    }
    void advance(milliseconds by) { clock_.advance(by); }

    std::size_t stored(Table table) {
        storage_->wait_until_applied(storage_->durable());
        std::size_t records = 0;
        storage_->scan(table, {}, [&](std::string_view, std::string_view) {
            ++records;
            return true;
        });
        return records;
    }
    /// What the check of a data directory finds wrong.
    std::vector<std::string> problems() {
        storage_->wait_until_applied(storage_->durable());
        return check_executions(*storage_).problems;
    }

    ManualClock clock_;
    std::unique_ptr<Storage> storage_ = journal::make_memory_storage();
    FakeMachines machines_;
    FakeTasks tasks_;
    Executions::Options options_;
    std::unique_ptr<Executions> executions_;
    std::uint64_t recovered_ = 0;
};

}  // namespace stepwell::flow
