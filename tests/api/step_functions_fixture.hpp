// Step Functions as a client sees it, without the wire: calls by operation name, answers as text.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <stepwell/testing.hpp>

#include "api/step_functions.hpp"
#include "flow/activities.hpp"
#include "flow/executions.hpp"
#include "flow/state_machines.hpp"
#include "journal/storage.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api::testing {

inline std::string as_json(std::string_view text) {
    std::string out;
    json::append_string(out, text);
    return out;
}

/// The member's text (or the JSON of what is no text) in an answer; "-" when it is not there.
inline std::string member(std::string_view answer, std::string_view name) {
    const auto document = json::Document::parse(answer);
    if (!document) return "no JSON: " + std::string(answer);
    const auto value = document->root().find(name);
    if (!value.has_value()) return "-";
    return std::string(value->is_string() ? value->string() : value->raw());
}

/// Tasks: those of activities go to the activities, all others keep their token for the test.
class Tasks final : public flow::TaskPort {
 public:
    bool knows(const asl::Resource&) const override { return true; }
    std::optional<flow::ServiceReply> start(Effects& effects, const flow::TaskCall& call) override {
        if (call.resource.kind == asl::ResourceKind::activity) {
            const auto scheduled = activities->schedule(effects, call.resource.arn, call.address,
                                                        call.token, call.parameters);
            if (scheduled) return std::nullopt;
            return TaskFailure{std::string(scheduled.error().code()), scheduled.error().message()};
        }
        effects.when_durable([this, token = std::string(call.token)]() mutable {
            const std::scoped_lock lock(mutex_);
            tokens_.push_back(std::move(token));
            changed_.notify_all();
        });
        return Payload::trusted("{}");
    }
    void follow(Effects&, const flow::BegunJob&) override {}
    void abandon(Effects&, std::string_view, std::string_view) override {}
    std::string next_token() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !tokens_.empty(); });
        std::string token = std::move(tokens_.front());
        tokens_.pop_front();
        return token;
    }

    flow::Activities* activities = nullptr;

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> tokens_;
};

class StepFunctionsTest : public ::testing::Test {
 protected:
    StepFunctionsTest() {
        tasks.activities = &activities;
        activities.report_started_to(
            [this](flow::TaskAddress address, std::string worker, flow::Completion<> done) {
                executions.activity_task_started(address, std::move(worker), std::move(done));
            });
        register_step_functions(table, {machines, activities, executions});
        EXPECT_TRUE(executions.start_running());
    }

    std::future<std::string> call_later(std::string_view operation, std::string body) {
        auto answer = std::make_shared<std::promise<std::string>>();
        auto future = answer->get_future();
        const Operation* found = table.find("states", operation);
        if (found == nullptr) {
            answer->set_value("no such operation");
            return future;
        }
        (*found)(Call{.body = std::move(body), .context = {}}, [answer](Result<Reply> reply) {
            answer->set_value(reply.has_value() ? reply->body
                                                : std::string(reply.error().code()) + ": " +
                                                      reply.error().message());
        });
        return future;
    }
    /// The answer's body, or "code: message" of the error.
    std::string call(std::string_view operation, std::string body) {
        return call_later(operation, std::move(body)).get();
    }

    static std::string machine(std::string_view definition, std::string_view more = "") {
        return R"({"name":"m","roleArn":"arn:aws:iam::000000000000:role/r","definition":)" +
               as_json(definition) + std::string(more) + "}";
    }
    std::string create(std::string_view definition, std::string_view more = "") {
        return member(call("CreateStateMachine", machine(definition, more)), "stateMachineArn");
    }
    std::string start(std::string_view arn, std::string_view more = "") {
        return call("StartExecution",
                    R"({"stateMachineArn":)" + as_json(arn) + std::string(more) + "}");
    }
    std::string describe(std::string_view execution_arn) {
        return call("DescribeExecution", R"({"executionArn":)" + as_json(execution_arn) + "}");
    }
    /// DescribeExecution of an execution that has ended.
    std::string ended(std::string_view execution_arn) {
        std::promise<void> end;
        executions.wait_until_ended(std::string(execution_arn), [&end](auto) { end.set_value(); });
        end.get_future().wait();
        return describe(execution_arn);
    }

    static constexpr std::string_view machine_arn =
        "arn:aws:states:us-east-1:000000000000:stateMachine:m";
    static constexpr std::string_view pass =
        R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";
    static constexpr std::string_view callback =
        R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",)"
        R"("Parameters":{"QueueUrl":"q","MessageBody":{"t.$":"$$.Task.Token"}},"End":true}}})";

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    Tasks tasks;
    flow::StateMachines machines{Identity{}, clock, *storage, tasks};
    flow::Activities activities{Identity{}, clock, *storage, timers};
    flow::Executions executions{{.shards = 2, .seed = 1}, clock, *storage, machines, tasks};
    OperationTable table;
};

}  // namespace stepwell::api::testing
