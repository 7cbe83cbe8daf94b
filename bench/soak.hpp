// What stepwell_soak is asked for, and what it finds.
#pragma once

#include <cstdint>
#include <stepwell/journal.hpp>
#include <string>
#include <vector>

namespace stepwell::bench {

struct SoakOptions {
    std::uint64_t executions = 0;  ///< 0: as many as fit into `seconds`
    double seconds = 0;            ///< 0: until `executions` are done
    std::uint64_t waiting = 0;     ///< executions that wait all the while
    bool passivates = false;       ///< those leave memory before it is measured
    Durability durability = Durability::sync;
    std::uint32_t shards = 1;
    std::size_t payload_bytes = 300;
    std::uint64_t in_flight_max = 0;  ///< 0: what suits, until the command line is read
    double rate = 0;          ///< starts a second, however long each takes; 0: as many as it can
    std::string series_path;  ///< a CSV file with a line for each second; empty: none

    // Over HTTP only.
    bool is_http = false;
    std::uint32_t connections = 256;
    double kill_every_s = 0;  ///< mean time between kills of the server; 0: none
    std::uint64_t kills = 0;  ///< ends the load after so many; 0: kills do not end it
};

/// The ledger and the figures of one run. Times are of the load only, without set-up and checks.
struct SoakReport {
    std::uint64_t started = 0;  ///< acknowledged
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t waiting = 0;
    std::uint64_t lost = 0;        ///< acknowledged, and not there afterwards
    std::uint64_t duplicates = 0;  ///< done twice

    double seconds = 0;
    double fsync_us = 0;  ///< one write of 4 KiB and its fdatasync beside the data
    std::uint64_t latency_p50_us = 0;
    std::uint64_t latency_p99_us = 0;
    std::uint64_t latency_p999_us = 0;
    double cpu_us = 0;         ///< of everything, client and server
    double cpu_us_server = 0;  ///< over HTTP
    double journal_bytes = 0;  ///< in process: the log; over HTTP: all that the server wrote to
                               ///< the device
    std::uint64_t rss_bytes_start = 0;   ///< of the process with the engine: before the load,
    std::uint64_t rss_bytes_middle = 0;  ///< in its middle,
    std::uint64_t rss_bytes_end = 0;     ///< and after it
    double rss_bytes_per_waiting = 0;
    std::uint64_t passivated = 0;  ///< of those that wait, when that was measured
    double restart_seconds = 0;    ///< with all that is waiting; over HTTP after a kill
    double restart_cpu_seconds = 0;

    // Over HTTP only.
    std::uint64_t kills = 0;
    std::uint64_t redelivered = 0;  ///< messages received again after a kill; allowed
    std::uint64_t histories_checked = 0;

    std::vector<std::string> faults;  ///< what else was wrong, in words

    bool is_balanced() const noexcept {
        return started == succeeded + failed + waiting && lost == 0 && duplicates == 0 &&
               faults.empty();
    }
};

SoakReport soak_in_process(const SoakOptions& options);
SoakReport soak_http(const SoakOptions& options);

}  // namespace stepwell::bench
