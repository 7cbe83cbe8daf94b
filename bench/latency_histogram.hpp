// Counts times, in little memory however many there are.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <vector>

namespace stepwell::bench {

/// How often each duration occurred, to within 0.8 %, from 1 µs to 71 minutes.
///
/// threads  record: any; the others: any, exact once nobody records
class LatencyHistogram {
    // Values below `steps` have a bucket each; above, each power of two is divided into `steps`.
    static constexpr std::uint32_t steps = 128;
    static constexpr std::uint32_t buckets = (32 - 7 + 1) * steps;

 public:
    using Counts = std::vector<std::uint64_t>;  ///< one a bucket

    void record(std::chrono::steady_clock::duration took) noexcept {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
        constexpr std::int64_t us_max = 0xffff'ffff;
        const auto value = static_cast<std::uint32_t>(us < 0 ? 0 : (us > us_max ? us_max : us));
        // relaxed: a count that orders nothing
        counts_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
    }

    /// The duration that `fraction` of all do not exceed; 0 when there are none.
    std::uint64_t percentile_us(double fraction) const {
        return percentile_us(counts(), Counts(buckets), fraction);
    }

    /// The same of what was recorded between two moments.
    static std::uint64_t percentile_us(const Counts& now, const Counts& before, double fraction) {
        std::uint64_t total = 0;
        for (std::uint32_t bucket = 0; bucket < buckets; ++bucket)
            total += now[bucket] - before[bucket];
        const auto wanted = static_cast<std::uint64_t>(static_cast<double>(total) * fraction);
        std::uint64_t seen = 0;
        for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
            seen += now[bucket] - before[bucket];
            if (seen > 0 && seen >= wanted) return value_of(bucket);
        }
        return 0;
    }

    Counts counts() const {
        Counts counts(buckets);
        for (std::uint32_t bucket = 0; bucket < buckets; ++bucket)
            counts[bucket] = counts_[bucket].load(std::memory_order_relaxed);
        return counts;
    }

 private:
    static std::uint32_t bucket_of(std::uint32_t value) noexcept {
        if (value < steps) return value;
        const auto shift = static_cast<std::uint32_t>(std::bit_width(value)) - 8;
        return steps * shift + (value >> shift);
    }
    static std::uint64_t value_of(std::uint32_t bucket) noexcept {
        if (bucket < 2 * steps) return bucket;
        const std::uint32_t shift = bucket / steps - 1;
        return std::uint64_t{bucket - steps * shift} << shift;
    }

    std::array<std::atomic<std::uint64_t>, buckets> counts_{};
};

}  // namespace stepwell::bench
