// What AWS says about a text that is not JSON.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::api {

/// Why `text` is not one JSON value, in the words of the parser that AWS uses (Jackson), without
/// the position: "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or
/// token 'null', 'true' or 'false')". Of a text that is fine, or wrong in a way unknown here,
/// `otherwise`.
///
/// cost  one pass; for texts that have been refused
std::string json_complaint(std::string_view text, std::string_view otherwise);

}  // namespace stepwell::api
