// Pictures of numbers: `#,##0.00`, `0.0e0`, `01%`.
//
// source  XPath and XQuery Functions and Operators 3.1, "fn:format-number"
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "asl/jsonata/error.hpp"

namespace stepwell::asl::jsonata {

/// The characters that mean something in a picture.
struct NumberSymbols {
    char32_t decimal_separator = U'.';
    char32_t grouping_separator = U',';
    char32_t exponent_separator = U'e';
    char32_t digit = U'#';
    char32_t zero = U'0';
    char32_t pattern_separator = U';';
    std::u32string minus_sign = U"-";
    std::u32string percent = U"%";
    std::u32string per_mille = U"\u2030";
    std::u32string infinity = U"Infinity";
    std::u32string not_a_number = U"NaN";
};

/// Writes `number` as the picture says. Nothing, and `error` holds code and details, when the
/// picture is none. Pictures have at most `picture_characters_max` characters.
std::optional<std::string> format_number(double number, std::string_view picture,
                                         const NumberSymbols& symbols, ExpressionError& error);
inline constexpr std::size_t picture_characters_max = 10'000;

/// The nearest number of so many decimal places (before the point when negative); of two the even
/// one.
double rounded_half_even(double number, double decimal_places);

}  // namespace stepwell::asl::jsonata
