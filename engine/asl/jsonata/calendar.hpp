// Dates: milliseconds since 1970 and what a calendar says of them. Proleptic Gregorian, no leap
// seconds.
#pragma once

#include <cstdint>

namespace stepwell::asl::jsonata {

inline constexpr std::int64_t milliseconds_per_day = 86'400'000;
/// As far as ECMAScript's dates go, in both directions.
inline constexpr double milliseconds_max = 8.64e15;

struct Date {
    std::int64_t year;
    int month;  ///< 1 to 12
    int day;    ///< 1 to 31
};

/// Days since 1970-01-01. The month may be any number, the day, too: both carry over.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) noexcept;
Date date_of(std::int64_t days) noexcept;
/// 1 is Monday, 7 is Sunday.
int weekday_of(std::int64_t days) noexcept;

/// A point in time taken apart.
struct CalendarTime {
    Date date;
    int day_of_year;
    int weekday;
    std::int64_t week_year;  ///< ISO 8601's: that of the week's Thursday
    int week_of_year;
    int week_month;  ///< the month of the week's Thursday
    int week_of_month;
    int hour;
    int minute;
    int second;
    int millisecond;
};
CalendarTime calendar_time_of(std::int64_t milliseconds) noexcept;

}  // namespace stepwell::asl::jsonata
