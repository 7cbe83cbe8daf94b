// Lengths of time as people write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace stepwell::cli {

/// "365d", "1h30m", "90s", "250ms": whole numbers, each with its unit (d, h, m, s, ms). Nothing for
/// what is not one, is 0, or is more than 100 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

}  // namespace stepwell::cli
