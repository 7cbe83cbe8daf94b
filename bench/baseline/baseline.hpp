// What the engine is compared with in the same run, and the figures of one such run.
#pragma once

#include <cstdint>
#include <stepwell/journal.hpp>

namespace stepwell::bench {

struct BaselineOptions {
    double seconds = 5;
    std::uint64_t waiting = 0;  ///< executions that wait all the while
    Durability durability = Durability::sync;
    std::size_t payload_bytes = 300;
    std::uint64_t in_flight_max = 16'384;
};

struct BaselineReport {
    std::uint64_t started = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    double seconds = 0;
    double cpu_us = 0;
    double journal_bytes = 0;
    double rss_bytes_per_waiting = 0;
    double fsync_us = 0;
    std::uint64_t latency_p50_us = 0;
    std::uint64_t latency_p99_us = 0;
    std::uint64_t latency_p999_us = 0;
};

/// Nothing but the bare steps of a callback execution: what the machine allows.
BaselineReport run_sketch(const BaselineOptions& options);
/// What one would write first: a mutex, a hash map, and a transaction of SQLite for each step.
BaselineReport run_plain(const BaselineOptions& options);

}  // namespace stepwell::bench
