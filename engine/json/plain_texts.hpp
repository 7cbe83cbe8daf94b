// The fast way to read an object whose members are texts: no document, no copies.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stepwell::json {

/// A member to read. Its text has `bytes_min` to `bytes_max` bytes; one that may be missing has
/// bytes_min 0.
struct PlainText {
    std::string_view name;
    std::size_t bytes_min;
    std::size_t bytes_max;
    std::string_view value = {};  ///< unescaped; valid until the thread reads its next object
    bool is_present = false;
};

/// Reads the members from the text of an object, which is grown by some bytes of padding in memory.
///
/// returns  false when anything is not plain: no object, or a member missing, too short or long,
///          null or of another type; a Document then tells what is wrong
/// cost     one pass of simdjson; strings are unescaped into the thread's parser
bool read_plain_texts(std::string& body, std::span<PlainText> members);

}  // namespace stepwell::json
