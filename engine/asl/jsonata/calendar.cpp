#include "asl/jsonata/calendar.hpp"

namespace stepwell::asl::jsonata {

namespace {

std::int64_t floor_divided(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

// Years start in March, so that the leap day comes last; 400 years have 146,097 days.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
    year += floor_divided(month - 1, 12);
    month = month - 1 - 12 * floor_divided(month - 1, 12) + 1;
    if (month <= 2) --year;
    const std::int64_t era = floor_divided(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t month_from_march = month + (month > 2 ? -3 : 9);
    const std::int64_t day_of_year = (153 * month_from_march + 2) / 5;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468 + day - 1;
}

Date date_of(std::int64_t days) noexcept {
    days += 719'468;
    const std::int64_t era = floor_divided(days, 146'097);
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const auto day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    const auto month = static_cast<int>(month_from_march + (month_from_march < 10 ? 3 : -9));
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

int weekday_of(std::int64_t days) noexcept {
    const std::int64_t since_monday = days + 3;  // 1970-01-01 was a Thursday
    return static_cast<int>(since_monday - 7 * floor_divided(since_monday, 7)) + 1;
}

CalendarTime calendar_time_of(std::int64_t milliseconds) noexcept {
    const std::int64_t days = floor_divided(milliseconds, milliseconds_per_day);
    const auto of_day = static_cast<int>(milliseconds - days * milliseconds_per_day);
    CalendarTime time{};
    time.date = date_of(days);
    time.day_of_year = static_cast<int>(days - days_of(time.date.year, 1, 1)) + 1;
    time.weekday = weekday_of(days);
    const std::int64_t thursday_days = days - time.weekday + 4;
    const Date thursday = date_of(thursday_days);
    time.week_year = thursday.year;
    time.week_of_year = static_cast<int>(thursday_days - days_of(thursday.year, 1, 1)) / 7 + 1;
    time.week_month = thursday.month;
    time.week_of_month = (thursday.day - 1) / 7 + 1;
    time.hour = of_day / 3'600'000;
    time.minute = of_day / 60'000 % 60;
    time.second = of_day / 1000 % 60;
    time.millisecond = of_day % 1000;
    return time;
}

}  // namespace stepwell::asl::jsonata
