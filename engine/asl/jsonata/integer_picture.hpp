// Pictures of integers: `#,##0`, `I`, `a`, `w;o`.
//
// source  XPath and XQuery Functions and Operators 3.1, "fn:format-integer"
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/error.hpp"

namespace stepwell::asl::jsonata {

/// How an integer is written.
class IntegerPicture {
 public:
    enum class Style : std::uint8_t { decimal, letters, roman, words };
    enum class LetterCase : std::uint8_t { lower, upper, title };
    static constexpr std::size_t digits_max = 1000;

    /// Nothing, and `error` holds code and details, when the picture is none.
    static std::optional<IntegerPicture> parse(std::string_view picture, ExpressionError& error);

    /// The number without its fraction. `bytes_max` is more than enough for any style but roman
    /// numerals of huge numbers, which are cut off there.
    std::string format(double value, std::size_t bytes_max) const;
    /// The number that `text` writes; nothing when it writes none.
    std::optional<double> read(std::string_view text) const;

    /// A pattern for texts that read() understands, of so many digits where given.
    std::string pattern(std::optional<std::size_t> digits) const;

    Style style() const noexcept { return style_; }
    std::size_t mandatory_digits() const noexcept { return mandatory_digits_; }
    std::size_t digits() const noexcept { return mandatory_digits_ + optional_digits_; }
    bool is_grouped() const noexcept { return !separators_.empty(); }
    void require_digits(std::size_t digits) noexcept;
    void make_ordinal() noexcept { is_ordinal_ = true; }

 private:
    struct Separator {
        std::size_t position;  // digits to its right
        char32_t character;
    };

    bool parse_digits(std::string_view picture, ExpressionError& error);
    void find_regular_groups();
    std::string grouped(std::string_view digits) const;
    std::string decimal(double value) const;
    std::optional<double> read_decimal(std::string_view text) const;

    Style style_ = Style::decimal;
    LetterCase case_ = LetterCase::lower;
    bool is_ordinal_ = false;
    char32_t zero_ = U'0';
    std::size_t mandatory_digits_ = 0;
    std::size_t optional_digits_ = 0;
    std::vector<Separator> separators_;  // from the right
    std::size_t group_size_ = 0;         // of groups that repeat; 0 where they do not
};

}  // namespace stepwell::asl::jsonata
