#include "asl/jsonata/date_time_picture.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "asl/jsonata/calendar.hpp"
#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

namespace {

constexpr std::string_view months[] = {"January",   "February", "March",    "April",
                                       "May",       "June",     "July",     "August",
                                       "September", "October",  "November", "December"};
constexpr std::string_view weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday"};

/// How a component is presented when its marker does not say.
std::optional<std::string_view> default_presentation(char specifier) {
    switch (specifier) {
        case 'Y':
        case 'M':
        case 'D':
        case 'd':
        case 'W':
        case 'w':
        case 'X':
        case 'x':
        case 'H':
        case 'h':
        case 'f':
            return "1";
        case 'm':
        case 's':
            return "01";
        case 'F':
        case 'P':
        case 'C':
        case 'E':
            return "n";
        case 'Z':
        case 'z':
            return "01:01";
        default:
            return std::nullopt;
    }
}

double component_value(char specifier, const CalendarTime& time) {
    switch (specifier) {
        case 'Y':
            return static_cast<double>(time.date.year);
        case 'M':
            return time.date.month;
        case 'D':
            return time.date.day;
        case 'd':
            return time.day_of_year;
        case 'F':
            return time.weekday;
        case 'W':
            return time.week_of_year;
        case 'w':
            return time.week_of_month;
        case 'X':
            return static_cast<double>(time.week_year);
        case 'x':
            return time.week_month;
        case 'H':
            return time.hour;
        case 'h':
            return time.hour % 12 == 0 ? 12 : time.hour % 12;
        case 'm':
            return time.minute;
        case 's':
            return time.second;
        default:
            return time.millisecond;
    }
}

std::optional<std::size_t> width_of(std::string_view text) {
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return std::min(width, IntegerPicture::digits_max);
}

}  // namespace

std::string_view month_name(int month) noexcept { return months[month - 1]; }
std::string_view weekday_name(int weekday) noexcept { return weekdays[weekday - 1]; }

// ---- the picture
// -----------------------------------------------------------------------------------

std::optional<DateTimePicture> DateTimePicture::parse(std::string_view picture,
                                                      ExpressionError& error) {
    DateTimePicture result;
    std::string literal;
    const auto end_literal = [&] {
        if (!literal.empty()) result.parts_.emplace_back(std::exchange(literal, {}));
    };
    for (std::size_t i = 0; i < picture.size(); ++i) {
        const bool is_doubled = i + 1 < picture.size() && picture[i + 1] == picture[i];
        if ((picture[i] == '[' || picture[i] == ']') && is_doubled) {
            literal.push_back(picture[i++]);
            continue;
        }
        if (picture[i] != '[') {
            literal.push_back(picture[i]);
            continue;
        }
        const std::size_t end = picture.find(']', i);
        if (end == std::string_view::npos) {
            error = make_error("D3135", {}, ExpressionError::nowhere);
            return std::nullopt;
        }
        end_literal();
        auto next = component(picture.substr(i + 1, end - i - 1), error);
        if (!next) return std::nullopt;
        // Digits that follow digits are told apart by their number.
        auto* last =
            result.parts_.empty() ? nullptr : std::get_if<Component>(&result.parts_.back());
        if (last != nullptr && last->integer) last->read_digits = last->integer->digits();
        result.parts_.emplace_back(*std::move(next));
        i = end;
    }
    end_literal();
    return result;
}

std::optional<DateTimePicture::Component> DateTimePicture::component(std::string_view marker,
                                                                     ExpressionError& error) {
    std::string compact;
    std::copy_if(marker.begin(), marker.end(), std::back_inserter(compact),
                 [](char c) { return !text::is_space(static_cast<unsigned char>(c)); });
    Component result;
    result.specifier = compact.empty() ? '\0' : compact.front();
    const auto usual = default_presentation(result.specifier);
    if (!usual) {
        error = make_error("D3132", {.value = compact.substr(0, 1)}, ExpressionError::nowhere);
        return std::nullopt;
    }
    const std::size_t comma = compact.rfind(',');
    const std::size_t end = std::min(comma, compact.size());
    std::string_view presentation = std::string_view{compact}.substr(1, end - 1);
    char modifier = '\0';
    constexpr std::string_view modifiers = "atco";
    if (presentation.size() > 1 && modifiers.find(presentation.back()) != std::string_view::npos) {
        modifier = presentation.back();
        presentation.remove_suffix(1);
    }
    if (presentation.empty()) presentation = *usual;
    result.is_traditional = modifier == 't';
    if (presentation.front() == 'n') {
        result.names = Names::lower;
    } else if (presentation.front() == 'N') {
        result.names = presentation.substr(0, 2) == "Nn" ? Names::title : Names::upper;
    } else {
        result.integer = IntegerPicture::parse(presentation, error);
        if (!result.integer) return std::nullopt;
        if (modifier == 'o') result.integer->make_ordinal();
    }
    if (comma != std::string::npos) set_widths(result, std::string_view{compact}.substr(comma + 1));
    if (result.integer && result.specifier == 'Y') {
        if (result.width_max) {
            result.year_digits = result.width_max;
        } else if (result.integer->style() == IntegerPicture::Style::decimal &&
                   result.integer->digits() >= 2) {
            result.year_digits = result.integer->digits();
        }
    }
    return result;
}

// `min-max`, either of them `*`
void DateTimePicture::set_widths(Component& component, std::string_view widths) {
    const std::size_t dash = widths.find('-');
    component.width_min = width_of(widths.substr(0, dash)).value_or(0);
    if (dash != std::string_view::npos) component.width_max = width_of(widths.substr(dash + 1));
    if (component.integer) component.integer->require_digits(component.width_min);
}

// ---- writing
// ---------------------------------------------------------------------------------------

namespace {

/// Writes one component.
struct ComponentWriter {
    ExpressionError& error;

    std::optional<std::string> fail(std::string_view code, std::string_view value) {
        error = make_error(code, {.value = value}, ExpressionError::nowhere);
        return std::nullopt;
    }

    std::optional<std::string> name(char specifier, const CalendarTime& time) {
        switch (specifier) {
            case 'M':
                return std::string{month_name(time.date.month)};
            case 'x':
                return std::string{month_name(time.week_month)};
            case 'F':
                return std::string{weekday_name(time.weekday)};
            case 'P':
                return time.hour < 12 ? "Am" : "Pm";
            default:
                return fail("D3133", {&specifier, 1});
        }
    }

    std::optional<std::string> zone(const IntegerPicture& picture, int minutes,
                                    bool is_traditional) {
        if (minutes == 0 && is_traditional) return "Z";
        const int hours = std::abs(minutes) / 60;
        const int rest = std::abs(minutes) % 60;
        std::string text;
        if (picture.is_grouped() || picture.mandatory_digits() == 3 ||
            picture.mandatory_digits() == 4) {
            text = picture.format(hours * 100 + rest, 100);
        } else if (picture.mandatory_digits() <= 2) {
            text = picture.format(hours, 100);
            if (rest != 0) text += (rest < 10 ? ":0" : ":") + std::to_string(rest);
        } else {
            return fail("D3134", {});
        }
        return (minutes < 0 ? "-" : "+") + text;
    }
};

}  // namespace

std::optional<std::string> DateTimePicture::format(std::int64_t milliseconds, int zone_minutes,
                                                   ExpressionError& error) const {
    const CalendarTime time = calendar_time_of(milliseconds + std::int64_t{zone_minutes} * 60'000);
    ComponentWriter writer{error};
    std::string out;
    for (const Part& part : parts_) {
        if (const auto* literal = std::get_if<std::string>(&part)) {
            out += *literal;
            continue;
        }
        const auto& component = std::get<Component>(part);
        const char specifier = component.specifier;
        std::optional<std::string> text;
        if (specifier == 'C' || specifier == 'E') {
            text = "ISO";
        } else if (specifier == 'Z' || specifier == 'z') {
            if (!component.integer) return writer.fail("D3133", {&specifier, 1});
            text = writer.zone(*component.integer, zone_minutes, component.is_traditional);
            if (text && specifier == 'z') text = "GMT" + *text;
        } else if (component.names != Names::none || specifier == 'P') {
            text = writer.name(specifier, time);
            const bool is_lower = component.names == Names::lower ||
                                  (specifier == 'P' && component.names != Names::upper);
            if (text && is_lower) text = text::lower(*text);
            if (text && component.names == Names::upper) text = text::upper(*text);
            if (text && component.width_max && specifier != 'P')
                text = text->substr(0, *component.width_max);
        } else {
            double value = component_value(specifier, time);
            if (component.year_digits && *component.year_digits < 16) {
                value = std::fmod(value, std::pow(10, static_cast<double>(*component.year_digits)));
            }
            text = component.integer->format(value, 1000);
        }
        if (!text) return std::nullopt;
        out += *text;
    }
    return out;
}

}  // namespace stepwell::asl::jsonata
