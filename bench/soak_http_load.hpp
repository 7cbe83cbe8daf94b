// The main job's clients over HTTP: connections that start executions, and others that complete
// them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http_connections.hpp"
#include "latency_histogram.hpp"
#include "soak.hpp"
#include "soak_target.hpp"

namespace stepwell::bench {

/// The name of the execution number `index`: "n17".
std::string execution_name(std::uint64_t index);

/// Runs executions n0, n1, ... and remembers of each what the server has acknowledged.
///
/// Every call is repeated until the server has answered it, however often it is killed meanwhile.
/// All connections belong to one thread, so that the clients take little from the server.
///
/// threads  the counters and what was acknowledged: any; everything else: one
class HttpLoad {
 public:
    HttpLoad(SoakTarget target, const SoakOptions& options);
    ~HttpLoad();
    HttpLoad(const HttpLoad&) = delete;
    HttpLoad& operator=(const HttpLoad&) = delete;

    /// Starts `options.waiting` executions whose callback never comes.
    void park();
    void begin();
    void stop_starting();
    /// Ends the thread; what is under way is given up.
    void end();
    /// True once nothing more is to be started and all that was begun is completed, or the load was
    /// given up; false when that takes longer than `patience`.
    bool wait_until_done(std::chrono::milliseconds patience);
    /// Returns once a worker has deleted messages, or after `patience`.
    void wait_for_deletion(std::chrono::milliseconds patience);

    /// Around a kill: calls that break meanwhile are repeated, others are faults.
    void server_goes();
    void server_is_back();

    std::uint64_t started() const noexcept { return started_.load(); }
    std::uint64_t ended() const noexcept { return ended_.load(); }
    std::uint64_t duplicates() const noexcept { return duplicates_.load(); }
    std::uint64_t redelivered() const noexcept { return redelivered_.load(); }
    /// From StartExecution sent to SendTaskSuccess acknowledged: the execution ends in that same
    /// commit.
    const LatencyHistogram& latencies() const noexcept { return latencies_; }
    std::vector<std::string> faults() const;
    /// The load was ended, or given up because of a fault.
    bool is_over() const noexcept { return is_over_.load(); }

    /// How many indices were used; what was acknowledged of each.
    std::uint64_t indices() const noexcept { return next_index_.load(); }
    bool was_start_acknowledged(std::uint64_t index) const noexcept;
    bool was_completion_acknowledged(std::uint64_t index) const noexcept;

 private:
    struct Message;
    class Client;
    class Parker;
    class Starter;
    class Worker;
    using Clock = std::chrono::steady_clock;

    /// An execution to start, and since when it is due.
    struct Start {
        std::uint64_t index;
        std::uint64_t due_us;
    };
    void run();
    void start_what_is_due();
    std::optional<Start> take_start();
    void follow_server();
    void count_completion(const Message& message, bool is_acknowledged);
    void give_up(std::string what);
    void add_fault(std::string what);
    std::uint64_t now_us() const noexcept;

    // Immutable.
    const SoakTarget target_;
    const SoakOptions options_;
    const std::uint64_t index_max_;
    const Clock::time_point began_ = Clock::now();
    const std::string filler_;

    // One byte an execution: these bits, and a count of acknowledged completions below them.
    static constexpr std::uint8_t start_acknowledged = 0x80;
    static constexpr std::uint8_t counted_as_ended = 0x40;
    static constexpr std::uint8_t completions_mask = 0x3f;
    std::vector<std::atomic<std::uint8_t>> executions_;

    std::atomic<std::uint64_t> next_index_{0};
    std::atomic<std::uint64_t> started_{0};
    std::atomic<std::uint64_t> ended_{0};
    std::atomic<std::uint64_t> duplicates_{0};
    std::atomic<std::uint64_t> redelivered_{0};
    std::atomic<bool> is_over_{false};
    LatencyHistogram latencies_;

    // The thread's, or while there is none its owner's.
    HttpPoll poll_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<Starter*> idle_;    // have nothing to start
    std::vector<Client*> broken_;   // to be repeated once the server is up
    std::uint64_t parked_ = 0;      // executions that were begun by park()
    std::uint64_t generation_ = 0;  // how often the server was killed, as far as followed ...
    bool is_up_ = true;             // ... and whether it is there
    Clock::time_point next_due_ = Clock::time_point::max();  // of the next start
    std::thread thread_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    bool is_starting_ = false;
    Clock::time_point starting_since_{};
    std::uint64_t in_flight_ = 0;
    std::uint64_t deletions_ = 0;  // batches of messages
    bool is_server_up_ = true;
    std::uint64_t server_generation_ = 0;  // counts the kills
    std::vector<std::string> faults_;
};

}  // namespace stepwell::bench
