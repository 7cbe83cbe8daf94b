#include "asl/jsonata/number_picture.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "asl/jsonata/serialization.hpp"
#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Text = std::u32string;
using TextView = std::u32string_view;

/// One of the two parts of a picture, taken apart.
struct SubPicture {
    Text prefix;
    Text suffix;
    TextView active;  // between the two
    TextView integer;
    TextView fraction;
    TextView exponent;
    bool has_exponent = false;
    bool has_decimal_separator = false;

    std::vector<std::size_t> integer_groups;   // digits to the right of each separator
    std::vector<std::size_t> fraction_groups;  // digits to the left
    std::size_t group_size = 0;                // of groups that repeat; else 0
    std::size_t integer_digits_min = 0;
    std::size_t scaling_digits = 0;
    std::size_t fraction_digits_min = 0;
    std::size_t fraction_digits_max = 0;
    std::size_t exponent_digits_min = 0;
};

std::size_t occurrences(TextView text, TextView part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != TextView::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

/// Reads sub-pictures, and checks them by the rules of the specification.
class PictureReader {
 public:
    explicit PictureReader(const NumberSymbols& symbols) : symbols_(symbols) {}

    // Gives the error's code; empty when all is well.
    std::string_view read(TextView text, SubPicture& picture) const {
        split(text, picture);
        const std::string_view error = check(text, picture);
        if (error.empty()) analyse(picture);
        return error;
    }

 private:
    bool is_digit(char32_t c) const { return c >= symbols_.zero && c <= symbols_.zero + 9; }
    bool is_digit_place(char32_t c) const { return is_digit(c) || c == symbols_.digit; }
    bool is_active(char32_t c) const {
        return is_digit_place(c) || c == symbols_.decimal_separator ||
               c == symbols_.exponent_separator || c == symbols_.grouping_separator ||
               c == symbols_.pattern_separator;
    }
    bool bounds_active_part(char32_t c) const {
        return is_active(c) && c != symbols_.exponent_separator;
    }
    std::size_t digits_in(TextView text) const {
        return static_cast<std::size_t>(
            std::count_if(text.begin(), text.end(), [this](char32_t c) { return is_digit(c); }));
    }
    std::size_t places_in(TextView text) const {
        return static_cast<std::size_t>(std::count_if(
            text.begin(), text.end(), [this](char32_t c) { return is_digit_place(c); }));
    }

    void split(TextView text, SubPicture& picture) const {
        const auto bounds = [this](char32_t c) { return bounds_active_part(c); };
        const auto first = std::find_if(text.begin(), text.end(), bounds);
        const auto last = std::find_if(text.rbegin(), text.rend(), bounds).base();
        if (first == text.end()) {  // nothing but passive characters
            picture.active = picture.integer = text;
            return;
        }
        picture.prefix = Text{text.begin(), first};
        picture.suffix = Text{last, text.end()};
        picture.active = text.substr(picture.prefix.size(), static_cast<std::size_t>(last - first));
        TextView mantissa = picture.active;
        const std::size_t exponent = mantissa.find(symbols_.exponent_separator);
        if (exponent != TextView::npos) {
            picture.has_exponent = true;
            picture.exponent = mantissa.substr(exponent + 1);
            mantissa = mantissa.substr(0, exponent);
        }
        const bool is_exponent_empty = picture.suffix.starts_with(symbols_.exponent_separator);
        picture.has_exponent = picture.has_exponent || is_exponent_empty;
        const std::size_t point = mantissa.find(symbols_.decimal_separator);
        picture.integer = mantissa.substr(0, point);
        picture.has_decimal_separator = point != TextView::npos;
        if (picture.has_decimal_separator) picture.fraction = mantissa.substr(point + 1);
    }

    // Of several rules that are broken, the last one is told.
    std::string_view check(TextView text, const SubPicture& picture) const {
        const Text grouping{symbols_.grouping_separator};
        const Text decimal{symbols_.decimal_separator};
        const std::size_t percents = occurrences(text, symbols_.percent);
        const std::size_t per_milles = occurrences(text, symbols_.per_mille);
        const bool has_passive = std::any_of(picture.active.begin(), picture.active.end(),
                                             [this](char32_t c) { return !is_active(c); });
        std::string_view code;
        if (occurrences(text, decimal) > 1) code = "D3081";
        if (percents > 1) code = "D3082";
        if (per_milles > 1) code = "D3083";
        if (percents > 0 && per_milles > 0) code = "D3084";
        if (places_in(picture.integer) + places_in(picture.fraction) == 0) code = "D3085";
        if (has_passive) code = "D3086";
        const bool is_adjacent =
            occurrences(text, grouping + decimal) > 0 || occurrences(text, decimal + grouping) > 0;
        if (is_adjacent) code = "D3087";
        if (!picture.has_decimal_separator && picture.integer.ends_with(grouping)) code = "D3088";
        if (occurrences(text, grouping + grouping) > 0) code = "D3089";
        const std::string_view of_digits = check_digits(picture, percents + per_milles > 0);
        return of_digits.empty() ? code : of_digits;
    }

    std::string_view check_digits(const SubPicture& picture, bool has_percent) const {
        std::string_view code;
        const std::size_t last_optional = picture.integer.rfind(symbols_.digit);
        if (last_optional != TextView::npos &&
            digits_in(picture.integer.substr(0, last_optional)) > 0) {
            code = "D3090";
        }
        const std::size_t first_optional = picture.fraction.find(symbols_.digit);
        if (first_optional != TextView::npos &&
            digits_in(picture.fraction.substr(first_optional)) > 0) {
            code = "D3091";
        }
        if (picture.has_exponent && !picture.exponent.empty() && has_percent) code = "D3092";
        const bool is_exponent_digits =
            !picture.exponent.empty() && digits_in(picture.exponent) == picture.exponent.size();
        if (picture.has_exponent && !is_exponent_digits) code = "D3093";
        return code;
    }

    void analyse(SubPicture& picture) const {
        for (std::size_t i = 0; i < picture.integer.size(); ++i) {
            if (picture.integer[i] != symbols_.grouping_separator) continue;
            picture.integer_groups.push_back(places_in(picture.integer.substr(i)));
        }
        for (std::size_t i = 0; i < picture.fraction.size(); ++i) {
            if (picture.fraction[i] != symbols_.grouping_separator) continue;
            picture.fraction_groups.push_back(places_in(picture.fraction.substr(0, i)));
        }
        picture.group_size = regular_group_size(picture.integer_groups);
        picture.integer_digits_min = picture.scaling_digits = digits_in(picture.integer);
        picture.fraction_digits_min = digits_in(picture.fraction);
        picture.fraction_digits_max = places_in(picture.fraction);
        picture.exponent_digits_min = digits_in(picture.exponent);
        if (picture.integer_digits_min == 0 && picture.fraction_digits_max == 0) {
            if (picture.has_exponent) {
                picture.fraction_digits_min = picture.fraction_digits_max = 1;
            } else {
                picture.integer_digits_min = 1;
            }
        }
        const bool has_optional = picture.integer.find(symbols_.digit) != TextView::npos;
        if (picture.has_exponent && picture.integer_digits_min == 0 && has_optional) {
            picture.integer_digits_min = 1;
        }
        if (picture.integer_digits_min == 0 && picture.fraction_digits_min == 0) {
            picture.fraction_digits_min = 1;
        }
    }

    // The positions are all multiples of one size without a gap, or there is none.
    static std::size_t regular_group_size(const std::vector<std::size_t>& positions) {
        std::size_t size = 0;
        for (const std::size_t position : positions) size = std::gcd(size, position);
        if (size == 0) return 0;
        for (std::size_t i = 1; i <= positions.size(); ++i) {
            if (std::find(positions.begin(), positions.end(), i * size) == positions.end())
                return 0;
        }
        return size;
    }

    const NumberSymbols& symbols_;
};

/// The decimal digits of a number on both sides of the point.
struct Digits {
    std::string integer;
    std::string fraction;
};

Digits digits_of(double number, std::size_t places_max, const SubPicture& picture) {
    constexpr std::size_t places_written_max = 340;
    const int places = static_cast<int>(std::min(places_max, places_written_max));
    std::string text(800, '\0');
    text.resize(
        static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.*f", places, number)));
    const std::size_t point = text.find('.');
    Digits digits{text.substr(0, point), point == text.npos ? "" : text.substr(point + 1)};
    digits.integer.erase(0, std::min(digits.integer.find_first_not_of('0'), digits.integer.size()));
    while (!digits.fraction.empty() && digits.fraction.back() == '0') digits.fraction.pop_back();
    if (digits.integer.size() < picture.integer_digits_min) {
        digits.integer.insert(0, picture.integer_digits_min - digits.integer.size(), '0');
    }
    if (digits.fraction.size() < picture.fraction_digits_min) {
        digits.fraction.append(picture.fraction_digits_min - digits.fraction.size(), '0');
    }
    return digits;
}

class NumberWriter {
 public:
    NumberWriter(const SubPicture& picture, const NumberSymbols& symbols)
        : picture_(picture), symbols_(symbols) {}

    Text write(double number, bool gets_minus) {
        Text out = gets_minus ? symbols_.minus_sign + picture_.prefix : picture_.prefix;
        if (std::isinf(number)) return out + symbols_.infinity + picture_.suffix;
        const TextView affixes[] = {picture_.prefix, picture_.suffix};
        for (const TextView affix : affixes) {
            if (affix.find(symbols_.percent) != TextView::npos) number *= 100;
            if (affix.find(symbols_.per_mille) != TextView::npos) number *= 1000;
        }
        const int exponent = picture_.has_exponent ? scale(number) : 0;
        const auto places = static_cast<double>(picture_.fraction_digits_max);
        const Digits digits =
            digits_of(rounded_half_even(number, places), picture_.fraction_digits_max, picture_);
        append_integer(out, digits.integer);
        append_fraction(out, digits.fraction);
        if (picture_.has_exponent) append_exponent(out, exponent);
        return out + picture_.suffix;
    }

 private:
    // Brings the number between the powers of ten that its integer digits ask for.
    int scale(double& number) const {
        if (number == 0) return 0;
        const double largest = std::pow(10, static_cast<double>(picture_.scaling_digits));
        const double smallest = std::pow(10, static_cast<double>(picture_.scaling_digits) - 1);
        int exponent = 0;
        for (; number < smallest; --exponent) number *= 10;
        for (; number > largest; ++exponent) number /= 10;
        return exponent;
    }

    void append_digit(Text& out, char digit) const {
        out.push_back(symbols_.zero + static_cast<char32_t>(digit - '0'));
    }

    void append_integer(Text& out, std::string_view digits) const {
        for (std::size_t i = 0; i < digits.size(); ++i) {
            append_digit(out, digits[i]);
            const std::size_t behind = digits.size() - i - 1;
            const auto& groups = picture_.integer_groups;
            const bool is_border =
                picture_.group_size != 0
                    ? behind % picture_.group_size == 0
                    : std::find(groups.begin(), groups.end(), behind) != groups.end();
            if (behind != 0 && is_border) out.push_back(symbols_.grouping_separator);
        }
    }

    void append_fraction(Text& out, std::string_view digits) const {
        if (digits.empty()) return;
        out.push_back(symbols_.decimal_separator);
        const auto& groups = picture_.fraction_groups;
        for (std::size_t i = 0; i < digits.size(); ++i) {
            const bool is_border = std::find(groups.begin(), groups.end(), i) != groups.end();
            if (i != 0 && is_border) out.push_back(symbols_.grouping_separator);
            append_digit(out, digits[i]);
        }
    }

    void append_exponent(Text& out, int exponent) const {
        std::string digits = std::to_string(std::abs(exponent));
        if (digits.size() < picture_.exponent_digits_min) {
            digits.insert(0, picture_.exponent_digits_min - digits.size(), '0');
        }
        out.push_back(symbols_.exponent_separator);
        if (exponent < 0) out += symbols_.minus_sign;
        for (const char digit : digits) append_digit(out, digit);
    }

    const SubPicture& picture_;
    const NumberSymbols& symbols_;
};

std::string utf8(TextView text) {
    std::string out;
    for (const char32_t character : text) text::append(out, character);
    return out;
}

// A number's digits with its decimal point moved to the right: exact, where a product is not.
double with_moved_point(double number, double places) {
    std::string text = number_text(number);
    const std::size_t e = text.find('e');
    double exponent = places;
    if (e != text.npos) {
        exponent += std::strtod(text.c_str() + e + 1, nullptr);
        text.resize(e);
    }
    text.append("e").append(std::to_string(static_cast<long>(std::clamp(exponent, -1e6, 1e6))));
    return std::strtod(text.c_str(), nullptr);
}

}  // namespace

double rounded_half_even(double number, double decimal_places) {
    if (!std::isfinite(number)) return number;
    const double moved = decimal_places == 0 ? number : with_moved_point(number, decimal_places);
    if (!std::isfinite(moved)) return number;
    double rounded = std::floor(moved + 0.5);
    const bool is_half = std::abs(rounded - moved) == 0.5;
    if (is_half && std::abs(std::fmod(rounded, 2)) == 1) rounded -= 1;
    const double result =
        decimal_places == 0 ? rounded : with_moved_point(rounded, -decimal_places);
    return result == 0 ? 0 : result;
}

std::optional<std::string> format_number(double number, std::string_view picture,
                                         const NumberSymbols& symbols, ExpressionError& error) {
    const Text all = text::characters(picture);
    const std::size_t border = all.find(symbols.pattern_separator);
    const TextView first = TextView{all}.substr(0, border);
    const TextView second = border == Text::npos ? TextView{} : TextView{all}.substr(border + 1);
    std::string_view code;
    if (all.size() > picture_characters_max) code = "U1001";
    if (second.find(symbols.pattern_separator) != TextView::npos) code = "D3080";
    SubPicture positive;
    SubPicture negative;
    const PictureReader reader{symbols};
    if (code.empty()) code = reader.read(first, positive);
    const bool has_negative = border != Text::npos;
    if (code.empty() && has_negative) code = reader.read(second, negative);
    if (!code.empty()) {
        error =
            make_error(code, {.value = "The picture string is too long"}, ExpressionError::nowhere);
        return std::nullopt;
    }
    if (std::isnan(number)) return utf8(symbols.not_a_number);
    const bool is_negative = number < 0;
    const SubPicture& chosen = is_negative && has_negative ? negative : positive;
    const bool gets_minus = is_negative && !has_negative;
    return utf8(NumberWriter{chosen, symbols}.write(std::abs(number), gets_minus));
}

}  // namespace stepwell::asl::jsonata
