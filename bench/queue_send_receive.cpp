// How many messages a second pass through one queue: sent, received and deleted?
//
// Each iteration sends a batch of ten, each message in a step of its own, receives ten and deletes
// them. The engine's queue runs on the memory storage, so records are encoded, committed and
// released as on a disk, but not written. The baseline is what one would write first: a deque, a
// map of what is in flight, and one mutex around both.
#include <benchmark/benchmark.h>

#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include <stepwell/testing.hpp>

#include "journal/storage.hpp"
#include "queue/queues.hpp"
#include "sched/timers.hpp"

namespace {

using namespace stepwell;

constexpr int messages_at_once = 10;
constexpr std::int64_t backlog_max = 10'000;
const std::string body(128, 'x');

/// One queue_world for all threads of a benchmark.
struct QueueWorld {
    RealClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    queue::Queues queues{Identity{}, clock, *storage, timers};
    queue::QueuePtr queue;

    QueueWorld() {
        if (!queues.recover().has_value()) std::abort();
        std::promise<queue::QueuePtr> made;
        queues.create("bench", {}, {},
                      [&](Result<queue::QueuePtr> done) { made.set_value(*done); });
        queue = made.get_future().get();
    }
};
std::unique_ptr<QueueWorld> queue_world;

void make_world(const benchmark::State&) { queue_world = std::make_unique<QueueWorld>(); }
void drop_world(const benchmark::State&) { queue_world.reset(); }

/// Receives what is there, up to ten.
queue::ReceivedMessages receive_some(queue::StandardQueue& queue) {
    queue::ReceivedMessages received;
    queue.receive({.max_number_of_messages = messages_at_once, .wait_time_s = 0},
                  [&](Result<queue::ReceivedMessages> done) { received = std::move(*done); });
    return received;
}

void send_some(benchmark::State& state, queue::StandardQueue& queue) {
    for (int i = 0; i < messages_at_once; ++i) {
        Effects effects;
        if (!queue.send(effects, {.body = body}).has_value()) state.SkipWithError("send failed");
        queue_world->storage->commit(std::move(effects));
    }
}

// Commits are released by the storage's thread: what an iteration receives was sent some iterations
// before. The senders wait when that thread is far behind, as a bounded server would.
void send_receive_delete(benchmark::State& state) {
    queue::StandardQueue& queue = *queue_world->queue;
    std::int64_t messages = 0;
    std::int64_t sent = 0;
    for (auto _ : state) {
        send_some(state, queue);
        sent += messages_at_once;
        do {
            for (const auto& each : receive_some(queue)) {
                if (each.message->body() != body) state.SkipWithError("a message has changed");
                Effects effects;
                if (!queue.delete_message(effects, each.receipt_handle.text()).has_value()) {
                    state.SkipWithError("delete failed");
                }
                queue_world->storage->commit(std::move(effects));
                ++messages;
            }
            if (sent - messages > backlog_max) std::this_thread::yield();
        } while (state.threads() == 1 && sent - messages > backlog_max);
    }
    state.SetItemsProcessed(messages);
}
BENCHMARK(send_receive_delete)
    ->Name("queue_send_receive/engine")
    ->Setup(make_world)
    ->Teardown(drop_world)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();

/// The queue alone: steps are filled but not committed, their actions run at once.
void send_receive_delete_uncommitted(benchmark::State& state) {
    queue::StandardQueue& queue = *queue_world->queue;
    std::int64_t messages = 0;
    for (auto _ : state) {
        for (int i = 0; i < messages_at_once; ++i) {
            Effects effects;
            if (!queue.send(effects, {.body = body}).has_value())
                state.SkipWithError("send failed");
            for (auto& action : effects.released) action();
        }
        const auto received = receive_some(queue);
        for (const auto& each : received) {
            Effects effects;
            if (!queue.delete_message(effects, each.receipt_handle.text()).has_value()) {
                state.SkipWithError("delete failed");
            }
        }
        messages += static_cast<std::int64_t>(received.size());
    }
    state.SetItemsProcessed(messages);
}
BENCHMARK(send_receive_delete_uncommitted)
    ->Name("queue_send_receive/queue_alone")
    ->Setup(make_world)
    ->Teardown(drop_world)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();

/// One mutex, a deque and a map.
struct Baseline {
    std::mutex mutex;
    std::deque<std::string> ready;
    std::unordered_map<std::uint64_t, std::string> in_flight;
    std::uint64_t next = 1;
};
std::unique_ptr<Baseline> baseline;

void baseline_send_receive_delete(benchmark::State& state) {
    std::int64_t messages = 0;
    for (auto _ : state) {
        for (int i = 0; i < messages_at_once; ++i) {
            const std::scoped_lock lock(baseline->mutex);
            baseline->ready.push_back(body);
        }
        for (int i = 0; i < messages_at_once; ++i) {
            std::uint64_t handle = 0;
            {
                const std::scoped_lock lock(baseline->mutex);
                if (baseline->ready.empty()) break;
                handle = baseline->next++;
                baseline->in_flight.emplace(handle, std::move(baseline->ready.front()));
                baseline->ready.pop_front();
            }
            const std::scoped_lock lock(baseline->mutex);
            messages += static_cast<std::int64_t>(baseline->in_flight.erase(handle));
        }
    }
    state.SetItemsProcessed(messages);
}
BENCHMARK(baseline_send_receive_delete)
    ->Name("queue_send_receive/mutex_and_deque")
    ->Setup([](const benchmark::State&) { baseline = std::make_unique<Baseline>(); })
    ->Teardown([](const benchmark::State&) { baseline.reset(); })
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();

}  // namespace
