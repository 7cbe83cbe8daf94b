#include "item/number.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "item/errors.hpp"

namespace stepwell::item {

namespace {

// Of 0.d1d2...: AWS counts the digit before the point, 1E-130 to 9.9E+125.
constexpr std::int64_t exponent_min = -129;
constexpr std::int64_t exponent_max = 126;
constexpr std::int64_t written_exponent_max = 1'000'000;  // beyond, all is overflow or underflow

// The first byte of the sortable form.
constexpr char negative_mark = 1;
constexpr char zero_mark = 2;
constexpr char positive_mark = 3;
constexpr std::size_t sortable_pairs_max = (Number::digits_max + 1) / 2;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

Error no_number(std::string_view text) {
    std::string message = "The parameter cannot be converted to a numeric value";
    if (!text.empty()) message.append(": ").append(text);
    return errors::invalid(std::move(message));
}

// What a text says before it is checked against the limits.
struct Written {
    bool is_negative = false;
    std::string digits = {};
    std::int64_t exponent = 0;  // of 0.digits
};

std::optional<std::int64_t> read_exponent(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const bool is_negative = text[0] == '-';
    if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) value = std::min(value * 10 + (c - '0'), written_exponent_max);
    return is_negative ? -value : value;
}

std::optional<Written> read(std::string_view text) {
    Written written;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        written.is_negative = text[0] == '-';
        text.remove_prefix(1);
    }
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        const auto exponent = read_exponent(text.substr(e + 1));
        if (!exponent.has_value()) return std::nullopt;
        written.exponent = *exponent;
        text = text.substr(0, e);
    }
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction =
        point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() && fraction.empty()) return std::nullopt;
    if (!std::all_of(whole.begin(), whole.end(), is_digit) ||
        !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
        return std::nullopt;
    }
    written.digits.append(whole).append(fraction);
    written.exponent += static_cast<std::int64_t>(whole.size());
    return written;
}

}  // namespace

Result<Number> Number::make(bool is_negative, std::int64_t exponent, std::string digits) {
    const std::size_t first = digits.find_first_not_of('0');
    if (first == std::string::npos) return Number{};
    digits.erase(digits.find_last_not_of('0') + 1);
    digits.erase(0, first);
    exponent -= static_cast<std::int64_t>(first);
    if (exponent > exponent_max) {
        return errors::invalid(
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range");
    }
    if (exponent < exponent_min) {
        return errors::invalid(
            "Number underflow. Attempting to store a number with magnitude smaller than supported "
            "range");
    }
    if (digits.size() > digits_max) {
        return errors::invalid("Attempting to store more than 38 significant digits in a Number");
    }
    Number number;
    number.is_negative_ = is_negative;
    number.exponent_ = static_cast<std::int16_t>(exponent);
    number.digits_ = std::move(digits);
    return number;
}

Result<Number> Number::parse(std::string_view text) {
    auto written = read(text);
    if (!written.has_value()) return no_number(text);
    return make(written->is_negative, written->exponent, std::move(written->digits));
}

std::string Number::text() const {
    if (is_zero()) return "0";
    std::string text(is_negative_ ? "-" : "");
    const auto size = static_cast<std::int64_t>(digits_.size());
    if (exponent_ <= 0) {
        text.append("0.").append(static_cast<std::size_t>(-exponent_), '0').append(digits_);
    } else if (exponent_ >= size) {
        text.append(digits_).append(static_cast<std::size_t>(exponent_ - size), '0');
    } else {
        const auto whole = static_cast<std::size_t>(exponent_);
        text.append(digits_, 0, whole).append(".").append(digits_, whole);
    }
    return text;
}

std::size_t Number::bytes() const noexcept {
    return is_zero() ? 1 : (digits_.size() + 1) / 2 + 1 + (is_negative_ ? 1 : 0);
}

Number Number::negated() const {
    Number number = *this;
    if (!is_zero()) number.is_negative_ = !is_negative_;
    return number;
}

std::strong_ordering Number::operator<=>(const Number& other) const noexcept {
    const auto sign = [](const Number& n) { return n.is_zero() ? 0 : n.is_negative_ ? -1 : 1; };
    if (const auto order = sign(*this) <=> sign(other); order != 0) return order;
    auto order = exponent_ <=> other.exponent_;
    if (order == 0) order = digits_.compare(other.digits_) <=> 0;
    return is_negative_ ? 0 <=> order : order;
}

Result<Number> Number::sum(const Number& a, const Number& b) {
    if (a.is_zero()) return b;
    if (b.is_zero()) return a;
    // Both as digits below one another, from the highest place of either to the lowest.
    const std::int64_t top = std::max(a.exponent_, b.exponent_);
    const auto end = [](const Number& n) {
        return n.exponent_ - static_cast<std::int64_t>(n.digits_.size());
    };
    const std::int64_t bottom = std::min(end(a), end(b));
    const auto aligned = [&](const Number& n) {
        std::string digits(static_cast<std::size_t>(top - n.exponent_) + 1, '0');
        digits += n.digits_;
        return digits.append(static_cast<std::size_t>(end(n) - bottom), '0');
    };
    std::string larger = aligned(a);
    std::string smaller = aligned(b);
    bool is_negative = a.is_negative_;
    if (larger < smaller) {
        larger.swap(smaller);
        is_negative = b.is_negative_;
    }
    const int factor = a.is_negative_ == b.is_negative_ ? 1 : -1;
    int carry = 0;
    for (std::size_t i = larger.size(); i-- > 0;) {
        int digit = (larger[i] - '0') + factor * (smaller[i] - '0') + carry;
        carry = digit > 9 ? 1 : digit < 0 ? -1 : 0;
        digit -= 10 * carry;
        larger[i] = static_cast<char>('0' + digit);
    }
    return make(is_negative, top + 1, std::move(larger));
}

void Number::append_sortable(std::string& out) const {
    if (is_zero()) return out.push_back(zero_mark);
    out.push_back(is_negative_ ? negative_mark : positive_mark);
    // Of negative numbers all bits are turned over: the larger the magnitude, the earlier.
    const unsigned flip = is_negative_ ? 0xffU : 0U;
    const auto put = [&](std::int64_t byte) {
        out.push_back(static_cast<char>(static_cast<unsigned>(byte) ^ flip));
    };
    put(exponent_ - exponent_min);
    for (std::size_t i = 0; i < digits_.size(); i += 2) {
        const int low = i + 1 < digits_.size() ? digits_[i + 1] - '0' : 0;
        put((digits_[i] - '0') * 10 + low + 1);
    }
    put(0);
}

Number Number::read_sortable(ByteReader& reader) {
    Number number;
    const char mark = reader.big_endian<char>();
    if (mark == zero_mark) return number;
    const auto fail = [&] {
        reader.take(~std::uint64_t{0});  // more than there is
        return Number{};
    };
    if (mark != negative_mark && mark != positive_mark) return fail();
    const bool is_negative = mark == negative_mark;
    const unsigned flip = is_negative ? 0xffU : 0U;
    const auto next = [&] { return reader.big_endian<unsigned char>() ^ flip; };
    const std::int64_t exponent = static_cast<std::int64_t>(next()) + exponent_min;
    std::string digits;
    for (std::size_t pairs = 0; pairs <= sortable_pairs_max && reader.is_good(); ++pairs) {
        const unsigned pair = next();
        if (pair == 0) {
            const Result<Number> made = make(is_negative, exponent, std::move(digits));
            return made.has_value() ? *made : fail();
        }
        if (pair > 100) break;
        digits.push_back(static_cast<char>('0' + (pair - 1) / 10));
        digits.push_back(static_cast<char>('0' + (pair - 1) % 10));
    }
    return fail();
}

}  // namespace stepwell::item
