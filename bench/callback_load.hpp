// The main job, in process: start, message with token, suspend, a worker receives, SendTaskSuccess,
// publish, end.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/world.hpp"
#include "latency_histogram.hpp"

namespace stepwell::bench {

/// Keeps a number of executions of AWS's callback example going, with workers that complete them.
///
/// threads  the counters: any; everything else: one
class CallbackLoad {
 public:
    struct Options {
        std::size_t payload_bytes = 300;
        /// Chains of receive, complete, delete, of ten messages each. Each waits for two syncs:
        /// fewer would be what limits the rate.
        std::uint32_t workers = 64;
    };

    /// Makes queues, topic and state machines in `world`, which outlives this, and starts the
    /// workers.
    CallbackLoad(api::World& world, Options options);
    ~CallbackLoad();  ///< ends the workers; what is under way in them is finished first
    CallbackLoad(const CallbackLoad&) = delete;
    CallbackLoad& operator=(const CallbackLoad&) = delete;

    /// Begins to run `count` executions, at most `in_flight_max` at once. The last job has ended.
    void begin(std::uint64_t count, std::uint64_t in_flight_max);
    /// Begins to start `count` executions, `per_second` of them, however long each takes; the
    /// latency counts from when each was due. The last job has ended.
    void begin_at_rate(std::uint64_t count, double per_second);
    /// Starts no more of them.
    void stop_starting();
    /// True once the last of those started has ended; false when that takes longer than `patience`.
    bool wait_for(std::chrono::milliseconds patience);
    /// begin, and wait for the end.
    void run(std::uint64_t count, std::uint64_t in_flight_max);

    /// Starts `count` executions whose callback never comes, and waits until each waits and its
    /// message has been taken off the queue. Once.
    void park(std::uint64_t count);

    std::uint64_t started() const noexcept { return started_.load(); }
    std::uint64_t succeeded() const noexcept { return succeeded_.load(); }
    std::uint64_t failed() const noexcept { return failed_.load(); }
    /// Completions of tokens that were acknowledged beyond one an execution.
    std::uint64_t duplicates() const noexcept;
    /// From start to durable end.
    const LatencyHistogram& latencies() const noexcept { return latencies_; }

    const flow::StateMachinePtr& machine() const noexcept { return machine_; }
    const flow::StateMachinePtr& parked_machine() const noexcept { return parked_machine_; }

 private:
    struct Crew;
    struct Worker;
    void create(std::string_view service, std::string_view operation, std::string input);
    bool take_one() noexcept;
    void start_one(std::chrono::steady_clock::time_point due);
    void keep_rate(std::uint64_t count, double per_second);
    void ended(ExecutionStatus status, std::chrono::steady_clock::time_point began);

    api::World& world_;
    flow::StateMachinePtr machine_;
    flow::StateMachinePtr parked_machine_;
    Payload input_;
    const std::uint32_t workers_;
    queue::QueuePtr queue_;
    std::shared_ptr<Crew> crew_;

    std::atomic<std::uint64_t> started_{0};
    std::atomic<std::uint64_t> succeeded_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> to_start_{0};  // of the present job
    LatencyHistogram latencies_;

    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    std::uint64_t open_ = 0;  // chains of executions of the present job, and its pacer
    bool is_paced_ = false;   // the pacer is to go on
    std::thread pacer_;       // starts what is due
};

}  // namespace stepwell::bench
