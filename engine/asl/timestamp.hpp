// Timestamps of the Amazon States Language: RFC 3339 with an upper-case T and Z.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include <stepwell/clock.hpp>

namespace stepwell::asl {

/// A point in time, to the nanosecond.
struct Timestamp {
    std::int64_t seconds = 0;  ///< since the Unix epoch
    std::int32_t nanoseconds = 0;

    friend auto operator<=>(const Timestamp&, const Timestamp&) = default;

    /// The first millisecond that is not before it.
    TimePoint rounded_up() const noexcept;

    /// "2016-03-14T01:59:00Z", with an optional fraction of up to nine digits, with Z or +hh:mm.
    /// Nothing for anything else, dates and times that do not exist included.
    static std::optional<Timestamp> parse(std::string_view text) noexcept;
};

}  // namespace stepwell::asl
