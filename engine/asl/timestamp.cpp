#include "asl/timestamp.hpp"

#include <chrono>

namespace stepwell::asl {

namespace {

// Reads fixed-width decimal fields from the front of a text; once anything is wrong, it stays
// wrong.
class TimestampFields {
 public:
    explicit TimestampFields(std::string_view text) : rest_(text) {}

    int number(std::size_t width) {
        int value = 0;
        for (std::size_t i = 0; i < width; ++i) value = value * 10 + digit();
        return value;
    }
    void expect(char c) {
        if (!take(c)) is_good_ = false;
    }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // One to nine digits, as nanoseconds.
    std::int32_t fraction() {
        std::int32_t value = 0;
        std::int32_t unit = 100'000'000;
        std::size_t count = 0;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
             ++count, unit /= 10) {
            value += digit() * unit;
        }
        if (count == 0 || count > 9) is_good_ = false;
        return value;
    }
    bool is_good() const { return is_good_; }
    bool is_at_end() const { return rest_.empty(); }

 private:
    int digit() {
        if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
            is_good_ = false;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool is_good_ = true;
};

}  // namespace

TimePoint Timestamp::rounded_up() const noexcept {
    const std::int64_t up = (nanoseconds + 999'999) / 1'000'000;
    return TimePoint{milliseconds{seconds * 1000 + up}};
}

std::optional<Timestamp> Timestamp::parse(std::string_view text) noexcept {
    TimestampFields fields{text};
    const int year = fields.number(4);
    fields.expect('-');
    const int month = fields.number(2);
    fields.expect('-');
    const int day = fields.number(2);
    fields.expect('T');
    const int hour = fields.number(2);
    fields.expect(':');
    const int minute = fields.number(2);
    fields.expect(':');
    const int second = fields.number(2);
    const std::int32_t nanoseconds = fields.take('.') ? fields.fraction() : 0;
    std::int64_t offset_minutes = 0;
    if (!fields.take('Z')) {
        const bool is_west = fields.take('-');
        if (!is_west) fields.expect('+');
        const int hours = fields.number(2);
        fields.expect(':');
        const int minutes = fields.number(2);
        if (hours > 18 || minutes > 59) return std::nullopt;
        offset_minutes = (is_west ? -1 : 1) * (hours * 60 + minutes);
    }
    if (!fields.is_good() || !fields.is_at_end()) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    return Timestamp{days * 86'400 + hour * 3600 + minute * 60 + second - offset_minutes * 60,
                     nanoseconds};
}

}  // namespace stepwell::asl
