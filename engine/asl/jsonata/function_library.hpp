// The function library by its parts. Known to this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "asl/jsonata/function.hpp"

namespace stepwell::asl::jsonata {

/// A function as its part of the library declares it.
struct LibraryEntry {
    enum class In : std::uint8_t { both, jsonata, step_functions };

    std::string_view name;
    std::string_view signature;
    /// How many arguments $map and its like give it.
    std::size_t arity;
    Builtin::Body body;
    In dialects = In::both;
};
using LibraryPart = std::span<const LibraryEntry>;

LibraryPart string_functions();
LibraryPart matching_functions();
LibraryPart encoding_functions();
LibraryPart number_functions();
LibraryPart array_functions();
LibraryPart object_functions();
LibraryPart higher_order_functions();
LibraryPart time_functions();
LibraryPart step_functions_functions();

}  // namespace stepwell::asl::jsonata
