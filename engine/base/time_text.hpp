// Points in time as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <stepwell/clock.hpp>

namespace stepwell {

/// "2026-11-24T06:30:00.123Z".
std::string iso8601(TimePoint time);
/// Seconds since the epoch with three decimals, "1795501800.123": timestamps in AWS's JSON
/// protocols.
std::string epoch_seconds(TimePoint time);
/// "Tue, 24 Nov 2026 06:30:00 GMT" (RFC 9110): the Date header.
std::string http_date(TimePoint time);
/// The same for whoever needs it many times a second: valid until the thread asks for another.
std::string_view http_date_now(TimePoint now);

}  // namespace stepwell
