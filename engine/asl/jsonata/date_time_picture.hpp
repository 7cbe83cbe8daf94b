// Pictures of dates and times: `[Y0001]-[M01]-[D01] at [h]:[m01] [P]`.
//
// source  XPath and XQuery Functions and Operators 3.1, "fn:format-dateTime"
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "asl/jsonata/error.hpp"
#include "asl/jsonata/integer_picture.hpp"
#include "asl/jsonata/regex.hpp"

namespace stepwell::asl::jsonata {

/// A picture taken apart.
class DateTimePicture {
 public:
    /// Nothing, and `error` holds code and details, when the picture is none.
    static std::optional<DateTimePicture> parse(std::string_view picture, ExpressionError& error);

    /// Writes a point in time in a time zone. An error as with parse.
    std::optional<std::string> format(std::int64_t milliseconds, int zone_minutes,
                                      ExpressionError& error) const;

    /// What reading a text came to.
    struct Reading {
        std::optional<std::int64_t> milliseconds = {};  ///< nothing when the text does not match
        ExpressionError error = {};
    };
    /// Reads a text. What the picture does not say is taken from `now` where it is larger than what
    /// it says, and is the first of its kind where it is smaller. Takes from `steps_left`.
    Reading read(std::string_view text, std::int64_t now, std::size_t& steps_left) const;

 private:
    enum class Names : std::uint8_t { none, lower, upper, title };
    struct Component {
        char specifier = 0;
        Names names = Names::none;
        std::optional<IntegerPicture> integer = {};
        bool is_traditional = false;  // [Zt]: Z for UTC
        std::size_t width_min = 0;
        std::optional<std::size_t> width_max = {};
        std::optional<std::size_t> year_digits = {};
        std::optional<std::size_t> read_digits = {};  // where no literal parts it from the next one
    };
    using Part = std::variant<std::string, Component>;

    static std::optional<Component> component(std::string_view marker, ExpressionError& error);
    static void set_widths(Component& component, std::string_view widths);
    static std::string pattern_of(const Component& component);
    static std::optional<double> value_of(const Component& component, std::string_view text);
    std::string pattern() const;

    std::vector<Part> parts_;
};

/// The names of months and weekdays; 1 is January, and Monday.
std::string_view month_name(int month) noexcept;
std::string_view weekday_name(int weekday) noexcept;

}  // namespace stepwell::asl::jsonata
