// The fast way to read a call whose members are texts: no document, no copies.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stepwell::api {

/// A member to read. Its text has `bytes_min` to `bytes_max` bytes; one that may be missing has
/// bytes_min 0.
struct PlainText {
    std::string_view name;
    std::size_t bytes_min;
    std::size_t bytes_max;
    std::string_view value = {};  ///< unescaped; valid until the thread reads its next call
    bool is_present = false;
};

/// Reads the members from a call's body, which is grown by some bytes of padding in memory.
///
/// returns  false when anything is not plain (no object, a member of another type, missing, too
/// long, repeated with
///          another type, null): the caller then reads the body with Parameters, which has the
///          words for what is wrong
/// cost     one pass of simdjson; strings are unescaped into the thread's parser
bool read_plain_texts(std::string& body, std::span<PlainText> members);

}  // namespace stepwell::api
