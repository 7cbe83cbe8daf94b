// What a load does over time: a line a second, said and written down.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "latency_histogram.hpp"

namespace stepwell::bench {

/// What is counted outside of the series; all of it since the load began.
struct SoakCounts {
    std::uint64_t ended = 0;
    std::uint64_t rss_bytes = 0;  ///< now
    std::uint64_t journal_bytes = 0;
    std::uint64_t syncs = 0;
    std::uint64_t kills = 0;
};

/// Samples rate and latency, each since the last sample, and writes a CSV file for `./dev soak
/// --plot`.
///
/// threads  one
class SoakSeries {
 public:
    /// An empty path: no file. Gives up when the file cannot be written.
    SoakSeries(const std::filesystem::path& path, const LatencyHistogram& latencies);

    /// Takes a sample; what there is to say of it: "p99 12.1 ms  83 MB  log 34 MB/s".
    std::string sample(double elapsed_s, const SoakCounts& counts);

 private:
    const LatencyHistogram& latencies_;
    std::ofstream file_;
    double last_elapsed_s_ = 0;
    SoakCounts last_;
    LatencyHistogram::Counts last_latencies_;
};

}  // namespace stepwell::bench
