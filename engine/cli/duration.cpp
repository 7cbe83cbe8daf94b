#include "cli/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace stepwell::cli {

namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t duration_ms_max = 36'525 * day_ms;

// The longer name first: "ms" before "m".
constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", day_ms}}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
    std::int64_t sum = 0;
    while (!text.empty()) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc{} || count < 0 || count > duration_ms_max) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        std::int64_t unit_ms = 0;
        for (const auto& [name, ms] : units) {
            if (unit_ms != 0 || !text.starts_with(name)) continue;
            unit_ms = ms;
            text.remove_prefix(name.size());
        }
        if (unit_ms == 0 || count > (duration_ms_max - sum) / unit_ms) return std::nullopt;
        sum += count * unit_ms;
    }
    return sum == 0 ? std::nullopt : std::optional{std::chrono::milliseconds{sum}};
}

}  // namespace stepwell::cli
