// $now, $millis, $fromMillis, $toMillis.
#include <charconv>
#include <cmath>

#include "asl/jsonata/calendar.hpp"
#include "asl/jsonata/date_time_picture.hpp"
#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "asl/jsonata/serialization.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

constexpr std::string_view iso8601_picture =
    "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

std::int64_t now_milliseconds(const Call& call) {
    using std::chrono::milliseconds;
    const auto since = call.evaluator.options().now.time_since_epoch();
    return std::chrono::floor<milliseconds>(since).count();
}

// "+0530" in minutes: hours and minutes as digits of one number.
int minutes_of_zone(std::string_view zone) {
    const bool is_negative = zone.starts_with('-');
    if (is_negative || zone.starts_with('+')) zone.remove_prefix(1);
    int number = 0;
    std::from_chars(zone.data(), zone.data() + std::min<std::size_t>(zone.size(), 4), number);
    const int minutes = number / 100 * 60 + number % 100;
    return is_negative ? -minutes : minutes;
}

Result format(const Call& call, std::int64_t milliseconds, Value picture, Value zone) {
    ExpressionError error;
    const std::string_view wanted = picture.is_undefined() ? iso8601_picture : picture.string();
    const auto parsed = DateTimePicture::parse(wanted, error);
    if (!parsed) return call.evaluator.fail(error);
    const int minutes = zone.is_undefined() ? 0 : minutes_of_zone(zone.string());
    const auto text = parsed->format(milliseconds, minutes, error);
    if (!text) return call.evaluator.fail(error);
    return call.evaluator.copy(*text);
}

Result now(const Call& call) { return format(call, now_milliseconds(call), call[0], call[1]); }

Result millis(const Call& call) { return Value::of(static_cast<double>(now_milliseconds(call))); }

Result from_millis(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const double milliseconds = std::trunc(call[0].number());
    if (!(std::abs(milliseconds) <= milliseconds_max)) {
        return call.evaluator.fail("D1001", {.value = short_text_of(call[0])});
    }
    return format(call, static_cast<std::int64_t>(milliseconds), call[1], call[2]);
}

// ---- ISO 8601
// --------------------------------------------------------------------------------------

/// Reads a text from its front.
class Iso8601Reader {
 public:
    explicit Iso8601Reader(std::string_view text) : rest_(text) {}

    std::optional<std::int64_t> read() {
        const auto year = digits(4);
        if (!year) return std::nullopt;
        int month = 1;
        int day = 1;
        if (take('-') && !two_digits(month, 1, 12)) return std::nullopt;
        if (take('-') && !two_digits(day, 1, 31)) return std::nullopt;
        std::int64_t result = days_of(*year, month, day) * milliseconds_per_day;
        if (take('T') && !time(result)) return std::nullopt;
        if (!zone(result) || !rest_.empty()) return std::nullopt;
        return result;
    }

 private:
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::optional<int> digits(std::size_t count) {
        int value = 0;
        if (rest_.size() < count) return std::nullopt;
        for (std::size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }

    bool two_digits(int& value, int least, int largest) {
        const auto found = digits(2);
        if (!found || *found < least || *found > largest) return false;
        value = *found;
        return true;
    }

    bool time(std::int64_t& result) {
        int hour = 0;
        int minute = 0;
        int second = 0;
        if (!two_digits(hour, 0, 24) || !take(':') || !two_digits(minute, 0, 59)) return false;
        if (!take(':') || !two_digits(second, 0, 59)) return false;
        result += ((hour * 60 + minute) * 60 + second) * std::int64_t{1000};
        if (!take('.')) return true;
        int weight = 100;  // of the next digit, in milliseconds
        bool has_digits = false;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; weight /= 10) {
            result += weight * (rest_.front() - '0');
            rest_.remove_prefix(1);
            has_digits = true;
        }
        return has_digits;
    }

    bool zone(std::int64_t& result) {
        if (take('Z') || rest_.empty()) return true;
        const bool is_negative = rest_.front() == '-';
        if (!take('+') && !take('-')) return false;
        int hours = 0;
        int minutes = 0;
        if (!two_digits(hours, 0, 23)) return false;
        take(':');
        if (!two_digits(minutes, 0, 59)) return false;
        const std::int64_t offset = (hours * 60 + minutes) * std::int64_t{60'000};
        result += is_negative ? offset : -offset;
        return true;
    }

    std::string_view rest_;
};

Result to_millis(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    if (call[1].is_undefined()) {
        const auto milliseconds = Iso8601Reader{text}.read();
        if (!milliseconds) return call.evaluator.fail("D3110", {.value = short_text_of(call[0])});
        return Value::of(static_cast<double>(*milliseconds));
    }
    ExpressionError error;
    const auto picture = DateTimePicture::parse(call[1].string(), error);
    if (!picture) return call.evaluator.fail(error);
    const DateTimePicture::Reading reading =
        picture->read(text, now_milliseconds(call), call.evaluator.steps_left());
    if (!reading.error.code.empty()) return call.evaluator.fail(reading.error);
    if (!reading.milliseconds) return Value{};
    return Value::of(static_cast<double>(*reading.milliseconds));
}

constexpr LibraryEntry time_entries[] = {
    {"now", "<s?s?:s>", 2, now},
    {"millis", "<:n>", 0, millis},
    {"fromMillis", "<n-s?s?:s>", 3, from_millis},
    {"toMillis", "<s-s?:n>", 2, to_millis},
};

}  // namespace

LibraryPart time_functions() { return time_entries; }

}  // namespace stepwell::asl::jsonata
