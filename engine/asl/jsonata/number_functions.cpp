// Numbers: conversions, sums, rounding, pictures.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "asl/jsonata/integer_picture.hpp"
#include "asl/jsonata/number_picture.hpp"
#include "asl/jsonata/serialization.hpp"
#include "asl/jsonata/text.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// [-] digits [. digits] [e [+-] digits]
bool is_decimal(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view exponent = text.substr(e + 1);
        if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
        if (!is_digits(exponent)) return false;
        text = text.substr(0, e);
    }
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return is_digits(text);
    return is_digits(text.substr(0, point)) && is_digits(text.substr(point + 1));
}

// 0x1F, 0o17, 0b101
std::optional<double> number_with_radix(std::string_view text) {
    if (text.size() < 3 || text[0] != '0') return std::nullopt;
    const char letter = static_cast<char>(text[1] | 0x20);
    const int radix = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (radix == 0) return std::nullopt;
    double value = 0;
    for (const char c : text.substr(2)) {
        int digit = 0;
        const auto end = std::from_chars(&c, &c + 1, digit, radix).ptr;
        if (end == &c) return std::nullopt;
        value = value * radix + digit;
    }
    return value;
}

Result number(const Call& call) {
    if (call[0].is_undefined() || call[0].is_number()) return call[0];
    if (call[0].is_boolean()) return Value::of(call[0].boolean() ? 1.0 : 0.0);
    const std::string_view text = call[0].string();
    if (is_decimal(text)) {
        double value = 0;
        const auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
        const bool is_tiny = text.find("e-") != text.npos || text.find("E-") != text.npos;
        if (error == std::errc{}) return Value::of(value);
        if (is_tiny) return Value::of(0.0);
    } else if (const auto value = number_with_radix(text)) {
        return Value::of(*value);
    }
    return call.evaluator.fail("D3030", {.value = short_text_of(call[0])});
}

Result absolute(const Call& call) {
    return call[0].is_undefined() ? call[0] : Value::of(std::abs(call[0].number()));
}
Result floor(const Call& call) {
    return call[0].is_undefined() ? call[0] : Value::of(std::floor(call[0].number()));
}
Result ceil(const Call& call) {
    return call[0].is_undefined() ? call[0] : Value::of(std::ceil(call[0].number()));
}
Result round(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const double places = call[1].is_undefined() ? 0 : std::trunc(call[1].number());
    return Value::of(rounded_half_even(call[0].number(), places));
}

Result square_root(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    if (call[0].number() < 0)
        return call.evaluator.fail("D3060", {.value = short_text_of(call[0])});
    return Value::of(std::sqrt(call[0].number()));
}

Result power(const Call& call) {
    if (call[0].is_undefined() || call[1].is_undefined()) return Value{};
    const double result = std::pow(call[0].number(), call[1].number());
    if (!std::isfinite(result)) return call.evaluator.fail("D3061");
    return Value::of(result);
}

Result random(const Call& call) { return Value::of(call.evaluator.random().next_fraction()); }

// ---- of several numbers
// ----------------------------------------------------------------------------

Outcome<double> sum_of(const Call& call) {
    const Array items = elements_of(call[0]);
    if (!call.evaluator.spend(items.size)) return Failed{};
    double total = 0;
    for (std::size_t i = 0; i < items.size; ++i) total += items[i].number();
    return total;
}

Result sum(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    SW_TRY(const double total, sum_of(call));
    return Value::of(total);
}

Result average(const Call& call) {
    if (call[0].is_undefined() || elements_of(call[0]).size == 0) return Value{};
    SW_TRY(const double total, sum_of(call));
    return Value::of(total / static_cast<double>(elements_of(call[0]).size));
}

template <class Better>
Result best(const Call& call, Better is_better) {
    const Array items = elements_of(call[0]);
    if (call[0].is_undefined() || items.size == 0) return Value{};
    if (!call.evaluator.spend(items.size)) return Failed{};
    Value found = items[0];
    for (std::size_t i = 1; i < items.size; ++i) {
        if (is_better(items[i].number(), found.number())) found = items[i];
    }
    return found;
}

Result maximum(const Call& call) {
    return best(call, [](double a, double b) { return a > b; });
}
Result minimum(const Call& call) {
    return best(call, [](double a, double b) { return a < b; });
}

// ---- as text
// ---------------------------------------------------------------------------------------

// Takes over what `options` says of the symbols.
NumberSymbols symbols_of(Value options) {
    NumberSymbols symbols;
    const auto character = [&](std::string_view name, char32_t& symbol) {
        const Value value = member_of(options, name);
        std::size_t at = 0;
        if (value.is_string() && !value.string().empty()) symbol = text::decode(value.string(), at);
    };
    const auto text = [&](std::string_view name, std::u32string& symbol) {
        const Value value = member_of(options, name);
        if (value.is_string() && !value.string().empty()) symbol = text::characters(value.string());
    };
    character("decimal-separator", symbols.decimal_separator);
    character("grouping-separator", symbols.grouping_separator);
    character("exponent-separator", symbols.exponent_separator);
    character("digit", symbols.digit);
    character("zero-digit", symbols.zero);
    character("pattern-separator", symbols.pattern_separator);
    text("minus-sign", symbols.minus_sign);
    text("percent", symbols.percent);
    text("per-mille", symbols.per_mille);
    text("infinity", symbols.infinity);
    text("NaN", symbols.not_a_number);
    return symbols;
}

Result format_number_text(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view picture = call[1].is_undefined() ? "" : call[1].string();
    ExpressionError error;
    const auto text = format_number(call[0].number(), picture, symbols_of(call[2]), error);
    if (!text) return call.evaluator.fail(error);
    return call.evaluator.copy(*text);
}

Result format_base(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    double value = rounded_half_even(call[0].number(), 0);
    const double radix = call[1].is_undefined() ? 10 : rounded_half_even(call[1].number(), 0);
    if (radix < 2 || radix > 36) {
        return call.evaluator.fail("D3100", {.value = short_text_of(call[1])});
    }
    if (!std::isfinite(value)) return call.evaluator.fail("D1001", {.value = number_text(value)});
    const bool is_negative = value < 0;
    value = std::abs(value);
    std::string text;
    do {
        constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
        text.push_back(digits[static_cast<std::size_t>(std::fmod(value, radix))]);
        value = std::floor(value / radix);
    } while (value >= 1);
    if (is_negative) text.push_back('-');
    std::reverse(text.begin(), text.end());
    return call.evaluator.copy(text);
}

Result format_integer(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    ExpressionError error;
    const auto picture =
        IntegerPicture::parse(call[1].is_undefined() ? "" : call[1].string(), error);
    if (!picture) return call.evaluator.fail(error);
    const double value = call[0].number();
    if (!std::isfinite(value)) return call.evaluator.fail("D1001", {.value = number_text(value)});
    const std::size_t bytes_max = call.evaluator.options().text_bytes_max;
    const std::string text = picture->format(value, bytes_max);
    if (!call.evaluator.spend(text.size() / 16)) return Failed{};
    return call.evaluator.copy(text);
}

Result parse_integer(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    ExpressionError error;
    const auto picture =
        IntegerPicture::parse(call[1].is_undefined() ? "" : call[1].string(), error);
    if (!picture) return call.evaluator.fail(error);
    const auto value = picture->read(call[0].string());
    return value ? Value::of(*value) : Value{};
}

constexpr LibraryEntry number_entries[] = {
    {"number", "<(nsb)-:n>", 1, number},
    {"abs", "<n-:n>", 1, absolute},
    {"floor", "<n-:n>", 1, floor},
    {"ceil", "<n-:n>", 1, ceil},
    {"round", "<n-n?:n>", 2, round},
    {"sqrt", "<n-:n>", 1, square_root},
    {"power", "<n-n:n>", 2, power},
    {"random", "<:n>", 0, random, LibraryEntry::In::jsonata},
    {"sum", "<a<n>:n>", 1, sum},
    {"average", "<a<n>:n>", 1, average},
    {"max", "<a<n>:n>", 1, maximum},
    {"min", "<a<n>:n>", 1, minimum},
    {"formatNumber", "<n-so?:s>", 3, format_number_text},
    {"formatBase", "<n-n?:s>", 2, format_base},
    {"formatInteger", "<n-s:s>", 2, format_integer},
    {"parseInteger", "<s-s:n>", 2, parse_integer},
};

}  // namespace

LibraryPart number_functions() { return number_entries; }

}  // namespace stepwell::asl::jsonata
