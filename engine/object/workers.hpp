// Threads for what may wait for the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/unique_function.hpp>

#include "base/in_flight.hpp"

namespace stepwell::object {

/// Runs jobs on a few threads, which start with the first job: who never has one pays nothing.
///
/// threads  any; a job may hand in another
class Workers {
 public:
    explicit Workers(Clock& clock) : in_flight_(clock) {}
    ~Workers() { stop(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Runs `job` soon. After `stop` it is dropped.
    void run(UniqueFunction<void()> job);
    /// Ends the threads after the jobs that they are in; what is queued is destroyed unrun.
    void stop();

 private:
    static constexpr std::size_t thread_count = 2;

    void work();

    InFlight in_flight_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable has_changed_;
    std::deque<UniqueFunction<void()>> jobs_;
    std::vector<std::thread> threads_;
    bool is_stopped_ = false;
};

}  // namespace stepwell::object
