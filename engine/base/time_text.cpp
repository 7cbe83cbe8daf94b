#include "base/time_text.hpp"

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

// printf is most of what a time's text would cost.
void append_digits(std::string& text, int value, int digits) {
    const std::size_t begin = text.size();
    text.append(static_cast<std::size_t>(digits), '0');
    for (std::size_t at = text.size(); at > begin && value > 0; value /= 10) {
        text[--at] = static_cast<char>('0' + value % 10);
    }
}

void append_year(std::string& text, int year) {
    if (year >= 0 && year <= 9999) return append_digits(text, year, 4);
    text += std::to_string(year);
}

void append_clock(std::string& text, const Fields& f) {
    append_digits(text, f.hour, 2);
    text += ':';
    append_digits(text, f.minute, 2);
    text += ':';
    append_digits(text, f.second, 2);
}

}  // namespace

std::string iso8601(TimePoint time) {
    const Fields f = fields_of(time);
    std::string text;
    text.reserve(32);
    append_year(text, f.year);
    text += '-';
    append_digits(text, static_cast<int>(f.month), 2);
    text += '-';
    append_digits(text, static_cast<int>(f.day), 2);
    text += 'T';
    append_clock(text, f);
    text += '.';
    append_digits(text, f.millisecond, 3);
    return text += 'Z';
}

std::string epoch_seconds(TimePoint time) {
    const std::int64_t ms = time.time_since_epoch().count();
    std::string text = std::to_string(ms / 1000);
    text += '.';
    append_digits(text, static_cast<int>(ms % 1000), 3);
    return text;
}

std::string http_date(TimePoint time) {
    static constexpr const char* day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const Fields f = fields_of(time);
    std::string text;
    text.reserve(32);
    text.append(day_names[f.weekday]).append(", ");
    append_digits(text, static_cast<int>(f.day), 2);
    text.append(" ").append(month_names[f.month - 1]).append(" ");
    append_year(text, f.year);
    text += ' ';
    append_clock(text, f);
    return text.append(" GMT");
}

std::string_view http_date_now(TimePoint now) {
    using std::chrono::seconds;
    thread_local std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
    thread_local std::string text;
    const auto asked = std::chrono::floor<seconds>(now);
    if (asked != second) {
        second = asked;
        text = http_date(now);
    }
    return text;
}

}  // namespace stepwell
