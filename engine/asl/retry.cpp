// Which errors Retry and Catch match, and how long a retry waits.
#include <algorithm>
#include <cmath>

#include "asl/evaluate.hpp"

namespace stepwell::asl {

bool matches(const std::vector<std::string>& error_equals, std::string_view error) noexcept {
    const bool is_timeout = error == "States.Timeout" || error == "States.HeartbeatTimeout";
    const bool is_final = error == "States.Runtime" || error == "States.DataLimitExceeded";
    return std::any_of(error_equals.begin(), error_equals.end(), [&](const std::string& name) {
        if (name == error) return true;
        if (name == "States.ALL") return !is_final;
        if (name == "States.TaskFailed") return !is_final && !is_timeout;
        return name == "States.Timeout" && error == "States.HeartbeatTimeout";
    });
}

milliseconds retry_delay(const Retrier& retrier, std::uint32_t attempt, double random) noexcept {
    constexpr double seconds_max = 31'622'400;  // the longest MaxDelaySeconds that AWS takes
    double seconds =
        retrier.interval_seconds * std::pow(retrier.backoff_rate, static_cast<double>(attempt) - 1);
    seconds = std::min(seconds, retrier.delay_seconds_max.value_or(seconds_max));
    if (retrier.has_full_jitter) seconds *= random;
    return milliseconds{static_cast<std::int64_t>(std::llround(seconds * 1000))};
}

}  // namespace stepwell::asl
