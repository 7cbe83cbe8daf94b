// What the tests of the flow services share: a storage, a clock, a task port, and waiting for an
// answer.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <stepwell/testing.hpp>

#include "flow/ports.hpp"

namespace stepwell::flow::testing {

/// Calls `start` with a completion and gives what the completion got.
template <class Output, class Start>
Result<Output> answer_of(Start start) {
    auto promise = std::make_shared<std::promise<Result<Output>>>();
    auto future = promise->get_future();
    start([promise](Result<Output> result) { promise->set_value(std::move(result)); });
    return future.get();
}

/// Knows every resource but those of DynamoDB; is never asked to start anything.
class NoTasks final : public TaskPort {
 public:
    bool knows(const asl::Resource& resource) const override {
        return resource.service != "dynamodb";
    }
    std::optional<ServiceReply> start(Effects&, const TaskCall&) override { return std::nullopt; }
    void follow(Effects&, const BegunJob&) override {}
    void abandon(Effects&, std::string_view, std::string_view) override {}
};

/// A storage whose commits become durable when the test says so.
class HeldStorage final : public Storage {
 public:
    JournalSequence commit(Effects effects) override {
        held_.push_back(std::move(effects));
        return JournalSequence{held_.size()};
    }
    JournalSequence durable() const noexcept override { return JournalSequence{0}; }
    void when_applied(JournalSequence, UniqueFunction<void()>) override {}
    std::optional<std::string> get(Table, std::string_view) const override { return std::nullopt; }
    void scan(Table, ScanRange,
              const std::function<bool(std::string_view, std::string_view)>&) const override {}
    Statistics statistics() const noexcept override { return {}; }

    void make_durable() {
        for (Effects& effects : std::exchange(held_, {})) {
            for (auto& action : effects.released) action();
        }
    }

 private:
    std::vector<Effects> held_;
};

/// Waits until reads see all that was committed so far.
inline void settle(Storage& storage) { storage.wait_until_applied(storage.commit({})); }

}  // namespace stepwell::flow::testing
