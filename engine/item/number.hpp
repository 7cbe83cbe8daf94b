// DynamoDB's numbers: decimal, exact, of 38 digits.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "base/bytes.hpp"

namespace stepwell::item {

/// A decimal number: 0.d1d2d3... times ten to the power of an exponent. Zero, or of a magnitude
/// from 1E-130 to 9.99...E+125. Each value has one form.
///
/// source  Amazon DynamoDB Developer Guide, "Supported data types and naming rules", Number
class Number {
 public:
    static constexpr std::size_t digits_max = 38;

    Number() = default;  ///< zero

    /// Reads "-12.30e-4": what JSON and Java write.
    ///
    /// errors   ValidationException, in AWS's words: no number, too large, too small, more than 38
    /// digits
    static Result<Number> parse(std::string_view text);

    /// Without an exponent and without zeros that say nothing: "-0.00123".
    std::string text() const;
    /// What the number counts for in an item's size.
    std::size_t bytes() const noexcept;
    bool is_zero() const noexcept { return digits_.empty(); }

    /// errors   as parse
    static Result<Number> sum(const Number& a, const Number& b);
    Number negated() const;

    std::strong_ordering operator<=>(const Number& other) const noexcept;
    bool operator==(const Number& other) const noexcept = default;

    /// Appends bytes that sort as the numbers do, and of which none begin others.
    void append_sortable(std::string& out) const;
    /// Reads them. Damaged bytes make the reader fail.
    static Number read_sortable(ByteReader& reader);

 private:
    static Result<Number> make(bool is_negative, std::int64_t exponent, std::string digits);

    // Invariants
    //  (1) digits_ neither begins nor ends with '0' and has at most 38 digits.
    //  (2) Zero has no digits, exponent 0, and is not negative.
    std::string digits_ = {};
    std::int16_t exponent_ = 0;
    bool is_negative_ = false;
};

}  // namespace stepwell::item
