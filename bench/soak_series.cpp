#include "soak_series.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "soak_measures.hpp"

namespace stepwell::bench {

SoakSeries::SoakSeries(const std::filesystem::path& path, const LatencyHistogram& latencies)
    : latencies_(latencies), last_latencies_(latencies.counts()) {
    if (path.empty()) return;
    file_.open(path);
    file_ << "seconds,executions_per_s,p50_us,p99_us,rss_bytes,journal_bytes_per_s,syncs_per_s,"
             "kills\n"
          << std::flush;
    if (!file_) give_up("cannot write " + path.string());
}

std::string SoakSeries::sample(double elapsed_s, const SoakCounts& counts) {
    const double took_s = std::max(1e-3, elapsed_s - last_elapsed_s_);
    const auto each_second = [&](std::uint64_t now, std::uint64_t before) {
        return static_cast<double>(now - std::min(now, before)) / took_s;
    };
    const LatencyHistogram::Counts latencies = latencies_.counts();
    const auto percentile = [&](double fraction) {
        return LatencyHistogram::percentile_us(latencies, last_latencies_, fraction);
    };
    const std::uint64_t p99_us = percentile(0.99);
    const double journal_bytes = each_second(counts.journal_bytes, last_.journal_bytes);
    const double syncs = each_second(counts.syncs, last_.syncs);
    if (file_.is_open()) {
        file_ << elapsed_s << ',' << each_second(counts.ended, last_.ended) << ','
              << percentile(0.5) << ',' << p99_us << ',' << counts.rss_bytes << ',' << journal_bytes
              << ',' << syncs << ',' << counts.kills << '\n'
              << std::flush;
    }
    std::array<char, 128> note{};
    std::snprintf(note.data(), note.size(), "  p99 %.1f ms  %.0f MB  log %.1f MB/s  %.0f syncs/s",
                  static_cast<double>(p99_us) / 1e3, static_cast<double>(counts.rss_bytes) / 1e6,
                  journal_bytes / 1e6, syncs);
    last_elapsed_s_ = elapsed_s;
    last_ = counts;
    last_latencies_ = latencies;
    return note.data();
}

}  // namespace stepwell::bench
