// Reading dates and times by a picture.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "asl/jsonata/calendar.hpp"
#include "asl/jsonata/date_time_picture.hpp"
#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Components = std::map<char, double>;

std::string quoted(std::string_view literal) {
    std::string pattern;
    for (const char c : literal) {
        constexpr std::string_view special = "\\^$.*+?()[]{}|/";
        if (special.find(c) != std::string_view::npos) pattern.push_back('\\');
        pattern.push_back(c);
    }
    return pattern;
}

// The number of the name that `text` starts with, compared as far as `text` goes.
template <class NameOf>
std::optional<double> number_of_name(std::string_view text, int count, NameOf name_of) {
    const std::string searched = text::lower(text);
    for (int number = 1; number <= count; ++number) {
        if (text::lower(name_of(number)).starts_with(searched)) return number;
    }
    return std::nullopt;
}

// "+05:30", "GMT-5", "Z" in minutes.
double zone_minutes(std::string_view text) {
    if (text::lower(text.substr(0, 3)) == "gmt") text.remove_prefix(3);
    if (text.empty() || text.front() == 'Z' || text.front() == 'z') return 0;
    const bool is_negative = text.front() == '-';
    text.remove_prefix(1);
    const std::size_t colon = text.find(':');
    double hours = 0;
    double minutes = 0;
    std::string_view hour_digits = text;
    std::string_view minute_digits;
    if (colon != std::string_view::npos) {
        hour_digits = text.substr(0, colon);
        minute_digits = text.substr(colon + 1);
    } else if (text.size() > 2) {
        hour_digits = text.substr(0, text.size() - 2);
        minute_digits = text.substr(text.size() - 2);
    }
    std::from_chars(hour_digits.data(), hour_digits.data() + hour_digits.size(), hours);
    std::from_chars(minute_digits.data(), minute_digits.data() + minute_digits.size(), minutes);
    return (is_negative ? -1 : 1) * (hours * 60 + minutes);
}

/// Puts a point in time together from what a text said.
class Assembly {
 public:
    Assembly(Components components, std::int64_t now)
        : components_(std::move(components)), now_(calendar_time_of(now)) {}

    // False when the components leave a gap, or name a day in a way that is not supported.
    bool complete() {
        if (has('h') || has('P')) set_hour();
        const bool is_day_of_year = has('d') && !has('M') && !has('D');
        const bool is_week = !is_day_of_year && !has('M') && !has('D') && !has('Y') &&
                             (has('X') || has('x') || has('W') || has('w'));
        if (is_week) return false;
        const std::string_view order = is_day_of_year ? "YdHmsf" : "YMDHmsf";
        bool has_started = false;
        bool has_ended = false;
        for (const char specifier : order) {
            if (has(specifier)) {
                if (has_ended) return false;
                has_started = true;
                continue;
            }
            components_[specifier] = has_started ? first_of(specifier) : current(specifier);
            has_ended = has_started;
        }
        return true;
    }

    std::optional<std::int64_t> milliseconds() const {
        const auto number = [this](char specifier) { return components_.at(specifier); };
        const bool is_day_of_year = components_.count('D') == 0;
        for (const auto& [specifier, value] : components_) {
            if (!(std::abs(value) < 1e9)) return std::nullopt;
        }
        auto year = static_cast<std::int64_t>(number('Y'));
        if (year >= 0 && year <= 99) year += 1900;  // as ECMAScript's Date.UTC
        const std::int64_t days = is_day_of_year
                                      ? days_of(year, 1, static_cast<std::int64_t>(number('d')))
                                      : days_of(year, static_cast<std::int64_t>(number('M')),
                                                static_cast<std::int64_t>(number('D')));
        double result = static_cast<double>(days) * 86'400'000 + number('H') * 3'600'000 +
                        number('m') * 60'000 + number('s') * 1000 + number('f');
        for (const char zone : {'Z', 'z'}) {
            const auto found = components_.find(zone);
            if (found != components_.end()) result -= found->second * 60'000;
        }
        if (!(std::abs(result) <= milliseconds_max)) return std::nullopt;
        return static_cast<std::int64_t>(result);
    }

 private:
    bool has(char specifier) const { return components_.count(specifier) != 0; }

    void set_hour() {
        const double hour = has('h') ? std::fmod(components_['h'], 12) : 0;
        components_['H'] = hour + (has('P') && components_['P'] == 1 ? 12 : 0);
    }

    static double first_of(char specifier) {
        return specifier == 'M' || specifier == 'D' || specifier == 'd' ? 1 : 0;
    }

    double current(char specifier) const {
        switch (specifier) {
            case 'Y':
                return static_cast<double>(now_.date.year);
            case 'M':
                return now_.date.month;
            case 'D':
                return now_.date.day;
            case 'd':
                return now_.day_of_year;
            case 'H':
                return now_.hour;
            case 'm':
                return now_.minute;
            case 's':
                return now_.second;
            default:
                return now_.millisecond;
        }
    }

    Components components_;
    const CalendarTime now_;
};

}  // namespace

std::string DateTimePicture::pattern_of(const Component& component) {
    switch (component.specifier) {
        case 'Z':
        case 'z':
            return "(?:gmt)?(?:z|[-+][0-9]{1,2}:?(?:[0-9]{2})?)";
        case 'P':
            return "[ap]m";
        case 'C':
        case 'E':
            return "iso";
        default:
            break;
    }
    if (component.names != Names::none) return "[a-z]+";
    return component.integer->pattern(component.read_digits);
}

std::optional<double> DateTimePicture::value_of(const Component& component, std::string_view text) {
    switch (component.specifier) {
        case 'Z':
        case 'z':
            return zone_minutes(text);
        case 'P':
            return text.front() == 'p' || text.front() == 'P' ? 1 : 0;
        case 'C':
        case 'E':
            return 0;
        default:
            break;
    }
    if (component.specifier == 'f') {  // digits behind the point
        const std::string digits = "0." + std::string{text.substr(0, 300)};
        double fraction = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), fraction);
        return std::floor(fraction * 1000 + 1e-6);
    }
    if (component.names == Names::none) return component.integer->read(text);
    if (component.specifier == 'F') return number_of_name(text, 7, weekday_name);
    return number_of_name(text, 12, month_name);
}

std::string DateTimePicture::pattern() const {
    std::string all = "^";
    for (const Part& part : parts_) {
        if (const auto* literal = std::get_if<std::string>(&part)) {
            all += quoted(*literal);
        } else {
            all.append("(").append(pattern_of(std::get<Component>(part))).append(")");
        }
    }
    return all + "$";
}

DateTimePicture::Reading DateTimePicture::read(std::string_view text, std::int64_t now,
                                               std::size_t& steps_left) const {
    const auto failed = [](std::string_view code, std::string_view value) {
        return Reading{.error = make_error(code, {.value = value}, ExpressionError::nowhere)};
    };
    std::string why;
    const auto regex = Regex::compile(pattern(), {.ignores_case = true}, why);
    if (regex == nullptr) return failed("U1001", "The picture string is too large");
    Regex::Match match;
    const Regex::Found found = regex->search(text, 0, match, steps_left);
    if (found == Regex::Found::too_costly) {
        return failed("U1001", "Reading a date and time takes too many steps");
    }
    if (found == Regex::Found::no) return {};
    Components components;
    std::size_t group = 0;
    for (const Part& part : parts_) {
        const auto* component = std::get_if<Component>(&part);
        if (component == nullptr) continue;
        if (component->names != Names::none && component->specifier != 'M' &&
            component->specifier != 'x' && component->specifier != 'F' &&
            component->specifier != 'P' && component->specifier != 'C' &&
            component->specifier != 'E') {
            return failed("D3133", {&component->specifier, 1});
        }
        const Regex::Span span = match.groups[group++];
        const auto value = value_of(*component, text.substr(span.begin, span.end - span.begin));
        if (!value) return {};
        components[component->specifier] = *value;
    }
    if (components.empty()) return {};
    Assembly assembly{std::move(components), now};
    if (!assembly.complete()) return failed("D3136", "");
    return {.milliseconds = assembly.milliseconds()};
}

}  // namespace stepwell::asl::jsonata
