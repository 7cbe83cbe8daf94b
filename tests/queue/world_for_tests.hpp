// Queues on a memory storage and a clock that stands still, with calls that wait for their answers.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <stepwell/testing.hpp>

#include "journal/storage.hpp"
#include "queue/queues.hpp"
#include "sched/timers.hpp"

namespace stepwell::queue {

class TestWorld {
 public:
    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    std::optional<Queues> queues;

    TestWorld() { restart(); }
    ~TestWorld() { queues.reset(); }

    /// The queues are made again from what is stored, which is all that was committed.
    std::uint64_t restart() {
        commit({});
        queues.reset();
        queues.emplace(Identity{}, clock, *storage, timers);
        const auto messages = queues->recover();
        EXPECT_TRUE(messages.has_value());
        settle_timers();  // the first sweep looks at each message, which is not counted meanwhile
        return *messages;
    }

    QueuePtr create(std::string name, TextMap attributes = {}) {
        const Result<QueuePtr> made = try_create(std::move(name), std::move(attributes));
        EXPECT_TRUE(made.has_value());
        return *made;
    }
    Result<QueuePtr> try_create(std::string name, TextMap attributes = {}) {
        return wait<QueuePtr>([&](auto done) {
            queues->create(std::move(name), std::move(attributes), {}, std::move(done));
        });
    }

    SentMessage send(const QueuePtr& queue, const SendMessageInput& input) {
        Effects effects;
        const Result<SentMessage> sent = queue->send(effects, input);
        EXPECT_TRUE(sent.has_value());
        commit(std::move(effects));
        return *sent;
    }
    SentMessage send(const QueuePtr& queue, std::string_view body) {
        return send(queue, SendMessageInput{.body = body});
    }
    std::string error_of_send(const QueuePtr& queue, const SendMessageInput& input) {
        Effects effects;
        const auto sent = queue->send(effects, input);
        return sent.has_value() ? "" : std::string(sent.error().code());
    }

    std::future<Result<ReceivedMessages>> start_receive(const QueuePtr& queue,
                                                        ReceiveMessageInput input) {
        auto promise = std::make_shared<std::promise<Result<ReceivedMessages>>>();
        queue->receive(input, [promise](Result<ReceivedMessages> received) {
            promise->set_value(std::move(received));
        });
        return promise->get_future();
    }
    /// Waits in real time until a message comes; virtual time stands still meanwhile.
    ReceivedMessages receive(const QueuePtr& queue, ReceiveMessageInput input) {
        return *start_receive(queue, input).get();
    }
    ReceivedMessages receive(const QueuePtr& queue, std::chrono::seconds wait) {
        return receive(queue, {.wait_time_s = static_cast<std::uint32_t>(wait.count())});
    }
    ReceivedMessages receive_now(const QueuePtr& queue) {
        return receive(queue, {.wait_time_s = 0});
    }

    void remove(const QueuePtr& queue, const ReceivedMessage& message) {
        EXPECT_EQ(error_of_delete(queue, message.receipt_handle.text()), "");
    }
    std::string error_of_delete(const QueuePtr& queue, std::string_view handle) {
        Effects effects;
        const Result<> deleted = queue->delete_message(effects, handle);
        commit(std::move(effects));
        return deleted.has_value() ? "" : std::string(deleted.error().code());
    }
    std::string change_visibility(const QueuePtr& queue, const ReceivedMessage& message,
                                  std::int64_t seconds) {
        Effects effects;
        const Result<> changed =
            queue->change_message_visibility(effects, message.receipt_handle.text(), seconds);
        commit(std::move(effects));
        return changed.has_value() ? "" : std::string(changed.error().code());
    }

    std::string counts(const QueuePtr& queue) {
        const QueueCounts counts = queue->counts();
        return "ready " + std::to_string(counts.ready) + " in flight " +
               std::to_string(counts.in_flight) + " delayed " + std::to_string(counts.delayed);
    }

    /// Commits, and waits until it is durable and released.
    void commit(Effects effects) {
        std::promise<void> durable;
        effects.when_durable([&] { durable.set_value(); });
        storage->commit(std::move(effects));
        durable.get_future().wait();
    }
    /// Waits until the timers have done all that is due.
    void settle_timers() {
        for (int round = 0; round < 3;
             ++round) {  // an action may schedule another for the same time
            std::promise<void> done;
            timers.schedule(clock.now(), [&] { done.set_value(); });
            done.get_future().wait();
        }
        commit({});
    }

    std::size_t stored(Table table) {
        commit({});
        storage->wait_until_applied(storage->durable());
        std::size_t count = 0;
        storage->scan(table, {}, [&](std::string_view, std::string_view) { return ++count > 0; });
        return count;
    }
    std::size_t stored_messages() { return stored(Table::message); }

    template <class T, class Start>
    static Result<T> wait(Start start) {
        std::promise<Result<T>> promise;
        start([&](Result<T> result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    }
};

}  // namespace stepwell::queue
