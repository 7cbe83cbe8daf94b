// Counts times, in little memory however many there are.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

namespace stepwell::bench {

/// How often each duration occurred, to within 0.8 %, from 1 µs to 71 minutes.
///
/// threads  record: any; percentile_us: any, exact once nobody records
class LatencyHistogram {
 public:
    void record(std::chrono::steady_clock::duration took) noexcept {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
        constexpr std::int64_t us_max = 0xffff'ffff;
        const auto value = static_cast<std::uint32_t>(us < 0 ? 0 : (us > us_max ? us_max : us));
        // relaxed: a count that orders nothing
        counts_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
    }

    /// The duration that `fraction` of all do not exceed; 0 when there are none.
    std::uint64_t percentile_us(double fraction) const noexcept {
        std::uint64_t total = 0;
        for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
        const auto wanted = static_cast<std::uint64_t>(static_cast<double>(total) * fraction);
        std::uint64_t seen = 0;
        for (std::uint32_t bucket = 0; bucket < counts_.size(); ++bucket) {
            seen += counts_[bucket].load(std::memory_order_relaxed);
            if (seen > 0 && seen >= wanted) return value_of(bucket);
        }
        return 0;
    }

 private:
    // Values below `steps` have a bucket each; above, each power of two is divided into `steps`.
    static constexpr std::uint32_t steps = 128;
    static constexpr std::uint32_t buckets = (32 - 7 + 1) * steps;

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
