// Where two JSON values differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "json/value.hpp"

namespace stepwell::cli {

enum class Comparison : std::uint8_t {
    whole,  ///< both say the same
    part,   ///< what is expected is there; objects may have more members
};

struct Difference {
    std::string pointer;  ///< a JSON pointer (RFC 6901); empty: the whole value
    std::string what;     ///< "expected 3, got 4"
};

/// At most so many are told.
inline constexpr std::size_t differences_max = 10;

/// Every place at which `actual` is not as expected, in the order of what is expected. In a part, a
/// string that holds JSON text is compared as that JSON where no string is expected: so inputs and
/// outputs stand in a history's events.
std::vector<Difference> differences(json::Value expected, json::Value actual,
                                    Comparison comparison);

/// The value's text without white space, cut off where it is too long for a message.
std::string shown(json::Value value);

}  // namespace stepwell::cli
