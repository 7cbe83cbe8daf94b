// Where in a file something stands.
#pragma once

#include <cstddef>
#include <string_view>

#include "json/value.hpp"

namespace stepwell::cli {

/// Both from 1. A column counts characters, not bytes.
struct TextPosition {
    std::size_t line = 1;
    std::size_t column = 1;
};

TextPosition position_at(std::string_view text, std::size_t offset) noexcept;

/// Where the value stands that a diagnostic's location names ("/States/Wait/Choices[0]/Next").
/// State names may hold slashes. Of a path that leads to nothing, the last value on it that is
/// there.
TextPosition position_of(const json::Document& document, std::string_view location) noexcept;

}  // namespace stepwell::cli
