// What is wrong with an expression, in JSONata's codes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stepwell::asl::jsonata {

/// Why an expression was refused (S..., when it is compiled) or had no result (T..., D..., U...).
struct ExpressionError {
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    std::string_view code = {};  ///< "T2001"; of static lifetime
    std::string message = {};  ///< "The left side of the \"+\" operator must evaluate to a number"
    std::size_t position = nowhere;  ///< of the part that is wrong: bytes from the text's start
};

/// What a message speaks about.
struct ErrorDetails {
    std::string_view token = {};  ///< an operator, a name, a function
    std::string_view value = {};  ///< what was found
    std::size_t index = 0;        ///< number of an argument
};

/// `code` is one of JSONata's, of static lifetime.
ExpressionError make_error(std::string_view code, const ErrorDetails& details,
                           std::size_t position);

}  // namespace stepwell::asl::jsonata
