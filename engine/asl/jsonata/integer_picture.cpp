#include "asl/jsonata/integer_picture.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "asl/jsonata/number_words.hpp"
#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

namespace {

using LetterCase = IntegerPicture::LetterCase;

// The zeros of Unicode's decimal digits.
constexpr char32_t zeros[] = {0x30,   0x660,  0x6F0,  0x7C0,  0x966,  0x9E6,  0xA66,  0xAE6,
                              0xB66,  0xBE6,  0xC66,  0xCE6,  0xD66,  0xDE6,  0xE50,  0xED0,
                              0xF20,  0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
                              0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900,
                              0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

std::optional<char32_t> zero_of(char32_t character) {
    for (const char32_t zero : zeros) {
        if (character >= zero && character <= zero + 9) return zero;
    }
    return std::nullopt;
}

struct RomanNumeral {
    double value;
    std::string_view letters;
};
constexpr RomanNumeral roman_numerals[] = {
    {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
    {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"}};

std::string roman(double value, std::size_t bytes_max) {
    std::string text;
    for (const RomanNumeral& numeral : roman_numerals) {
        for (; value >= numeral.value && text.size() < bytes_max; value -= numeral.value) {
            text += numeral.letters;
        }
    }
    return text;
}

double read_roman(std::string_view text) {
    double sum = 0;
    double largest = 1;  // of the letters behind
    for (std::size_t i = text.size(); i-- > 0;) {
        const char letter = static_cast<char>(text::to_lower(static_cast<unsigned char>(text[i])));
        double value = 0;
        for (const RomanNumeral& numeral : roman_numerals) {
            if (numeral.letters == std::string_view{&letter, 1}) value = numeral.value;
        }
        sum += value < largest ? -value : value;
        largest = std::max(largest, value);
    }
    return sum;
}

std::string letters(double value) {
    std::string text;
    for (; value >= 1; value = std::floor((value - 1) / 26)) {
        text.insert(text.begin(),
                    static_cast<char>('a' + static_cast<int>(std::fmod(value - 1, 26))));
    }
    return text;
}

std::string in_case(std::string_view text, LetterCase letter_case) {
    if (letter_case == LetterCase::upper) return text::upper(text);
    if (letter_case == LetterCase::lower) return text::lower(text);
    return std::string{text};
}

std::string_view ordinal_ending(std::string_view digits) {
    const bool is_teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
    if (is_teen) return "th";
    switch (digits.back()) {
        case '1':
            return "st";
        case '2':
            return "nd";
        case '3':
            return "rd";
        default:
            return "th";
    }
}

}  // namespace

// ---- the picture
// -----------------------------------------------------------------------------------

std::optional<IntegerPicture> IntegerPicture::parse(std::string_view picture,
                                                    ExpressionError& error) {
    IntegerPicture result;
    const std::size_t semicolon = picture.rfind(';');
    if (semicolon != std::string_view::npos) {
        result.is_ordinal_ = picture.substr(semicolon + 1).starts_with('o');
        picture = picture.substr(0, semicolon);
    }
    struct Named {
        std::string_view picture;
        Style style;
        LetterCase letter_case;
    };
    constexpr Named named[] = {
        {"A", Style::letters, LetterCase::upper}, {"a", Style::letters, LetterCase::lower},
        {"I", Style::roman, LetterCase::upper},   {"i", Style::roman, LetterCase::lower},
        {"W", Style::words, LetterCase::upper},   {"Ww", Style::words, LetterCase::title},
        {"w", Style::words, LetterCase::lower}};
    for (const Named& one : named) {
        if (picture != one.picture) continue;
        result.style_ = one.style;
        result.case_ = one.letter_case;
        return result;
    }
    if (!result.parse_digits(picture, error)) return std::nullopt;
    return result;
}

bool IntegerPicture::parse_digits(std::string_view picture, ExpressionError& error) {
    const std::u32string characters = text::characters(picture);
    bool has_zero = false;
    std::size_t position = 0;
    for (std::size_t i = characters.size(); i-- > 0 && position < digits_max;) {
        const auto zero = zero_of(characters[i]);
        if (zero) {
            if (has_zero && *zero != zero_) {
                error = make_error("D3131", {}, ExpressionError::nowhere);
                return false;
            }
            zero_ = *zero;
            has_zero = true;
            ++mandatory_digits_;
            ++position;
        } else if (characters[i] == U'#') {
            ++optional_digits_;
            ++position;
        } else {
            separators_.push_back({position, characters[i]});
        }
    }
    if (mandatory_digits_ == 0) {
        error = make_error("D3130", {.value = picture}, ExpressionError::nowhere);
        return false;
    }
    find_regular_groups();
    return true;
}

// Groups repeat when all separators are the same and stand at all multiples of the first one's
// place.
void IntegerPicture::find_regular_groups() {
    if (separators_.empty() || separators_.front().position == 0) return;
    const std::size_t size = separators_.front().position;
    for (std::size_t i = 0; i < separators_.size(); ++i) {
        const bool is_regular = separators_[i].position == size * (i + 1) &&
                                separators_[i].character == separators_.front().character;
        if (!is_regular) return;
    }
    group_size_ = size;
}

void IntegerPicture::require_digits(std::size_t digits) noexcept {
    mandatory_digits_ = std::max(mandatory_digits_, std::min(digits, digits_max));
}

// ---- writing
// ---------------------------------------------------------------------------------------

std::string IntegerPicture::format(double value, std::size_t bytes_max) const {
    value = std::floor(value);
    const bool is_negative = value < 0;
    value = std::abs(value);
    std::string text;
    switch (style_) {
        case Style::letters:
            text = in_case(letters(value), case_);
            break;
        case Style::roman:
            text = in_case(roman(value, bytes_max), case_);
            break;
        case Style::words:
            text = in_case(number_in_words(value, is_ordinal_), case_);
            break;
        case Style::decimal:
            text = decimal(value);
            break;
    }
    return is_negative ? "-" + text : text;
}

std::string IntegerPicture::decimal(double value) const {
    std::string digits(400, '\0');
    digits.resize(
        static_cast<std::size_t>(std::snprintf(digits.data(), digits.size(), "%.0f", value)));
    const std::string_view ending = is_ordinal_ ? ordinal_ending(digits) : "";
    if (digits.size() < mandatory_digits_) digits.insert(0, mandatory_digits_ - digits.size(), '0');
    return grouped(digits).append(ending);
}

std::string IntegerPicture::grouped(std::string_view digits) const {
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        text::append(text, zero_ + static_cast<char32_t>(digits[i] - '0'));
        const std::size_t behind = digits.size() - i - 1;
        if (behind == 0) break;
        if (group_size_ != 0) {
            if (behind % group_size_ == 0) text::append(text, separators_.front().character);
            continue;
        }
        for (const Separator& separator : separators_) {
            if (separator.position == behind) text::append(text, separator.character);
        }
    }
    return text;
}

// ---- reading
// ---------------------------------------------------------------------------------------

std::optional<double> IntegerPicture::read(std::string_view text) const {
    switch (style_) {
        case Style::letters: {
            double value = 0;
            for (const char c : text) {
                const char32_t letter = text::to_lower(static_cast<unsigned char>(c));
                if (letter < U'a' || letter > U'z') return std::nullopt;
                value = value * 26 + static_cast<double>(letter - U'a' + 1);
            }
            return value;
        }
        case Style::roman:
            return read_roman(text);
        case Style::words:
            return number_of_words(text);
        case Style::decimal:
            return read_decimal(text);
    }
    return std::nullopt;
}

std::optional<double> IntegerPicture::read_decimal(std::string_view text) const {
    if (is_ordinal_ && text.size() >= 2) text.remove_suffix(2);
    std::string digits;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t character = text::decode(text, at);
        const bool is_separator = std::any_of(
            separators_.begin(), separators_.end(),
            [&](const Separator& separator) { return separator.character == character; });
        if (character >= zero_ && character <= zero_ + 9) {
            digits.push_back(static_cast<char>('0' + (character - zero_)));
        } else if (character == U'-' && digits.empty()) {
            digits.push_back('-');
        } else if (!is_separator) {
            break;
        }
    }
    double value = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (wrong != std::errc{}) return std::nullopt;
    return value;
}

std::string IntegerPicture::pattern(std::optional<std::size_t> digits) const {
    switch (style_) {
        case Style::letters:
            return "[a-z]+";
        case Style::roman:
            return "[mdclxvi]+";
        case Style::words:
            return "[a-z]+(?:[\\s,-]+[a-z]+)*?";
        case Style::decimal:
            break;
    }
    std::string pattern = "[";
    text::append(pattern, zero_);
    pattern += "-";
    text::append(pattern, zero_ + 9);
    for (const Separator& separator : separators_) {
        pattern += "\\";
        text::append(pattern, separator.character);
    }
    pattern += digits ? "]{" + std::to_string(std::min<std::size_t>(*digits, 999)) + "}" : "]+";
    if (is_ordinal_) pattern += "(?:th|st|nd|rd)";
    return pattern;
}

}  // namespace stepwell::asl::jsonata
