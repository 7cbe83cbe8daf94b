// Values as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "asl/jsonata/value.hpp"

namespace stepwell::asl::jsonata {

/// How a value is written.
struct TextFormat {
    bool is_pretty = false;   ///< over several lines, indented by two spaces
    bool is_rounded = false;  ///< numbers to 15 digits, as $string does
    std::size_t bytes_max = 64 << 20;
    /// What an evaluation came to: the caller's arrays, objects and numbers as they stand in its
    /// text, but for white space; functions left out of objects, and null elsewhere. Else a
    /// function is an empty string.
    bool is_result = false;
};

/// Why a value has no text.
enum class Unwritable : std::uint8_t {
    no,            ///< it has
    too_large,     ///< too long, or nested deeper than JSON may be
    out_of_range,  ///< an infinite number
};

/// Appends the JSON text of a value.
Unwritable append_json(std::string& out, Value value, const TextFormat& format);

/// Appends a number as ECMAScript writes it: "1e+21", "0.1", "-5".
void append_number(std::string& out, double number);
std::string number_text(double number);  ///< the same
/// The nearest number of 15 significant digits, for one that is no integer.
double rounded_to_15_digits(double number);

/// A value for an error's message, cut off where it gets long.
std::string short_text_of(Value value);

}  // namespace stepwell::asl::jsonata
