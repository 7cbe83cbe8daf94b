#include "base/time_text.hpp"

#include <cstdio>

namespace stepwell {

namespace {

struct Fields {
    int year;
    unsigned month, day, weekday;
    int hour, minute, second, millisecond;
};

Fields fields_of(TimePoint time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss<milliseconds> clock{time - day};
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            weekday{day}.c_encoding(),
            static_cast<int>(clock.hours().count()),
            static_cast<int>(clock.minutes().count()),
            static_cast<int>(clock.seconds().count()),
            static_cast<int>(clock.subseconds().count())};
}

}  // namespace

std::string iso8601(TimePoint time) {
    const Fields f = fields_of(time);
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", f.year,
                                   f.month, f.day, f.hour, f.minute, f.second, f.millisecond);
    return std::string(text, static_cast<std::size_t>(size));
}

std::string epoch_seconds(TimePoint time) {
    const std::int64_t ms = time.time_since_epoch().count();
    char text[40];
    const int size = std::snprintf(text, sizeof text, "%lld.%03d",
                                   static_cast<long long>(ms / 1000), static_cast<int>(ms % 1000));
    return std::string(text, static_cast<std::size_t>(size));
}

std::string http_date(TimePoint time) {
    static constexpr const char* day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const Fields f = fields_of(time);
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                                   day_names[f.weekday], f.day, month_names[f.month - 1], f.year,
                                   f.hour, f.minute, f.second);
    return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace stepwell
