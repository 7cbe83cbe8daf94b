// The escapes of JSON's strings. Known to this folder only.
#pragma once

#include <string_view>

namespace stepwell::json {

/// Writes the bytes that `text` (a string's inside) stands for, never more than it has. Gives the
/// end of what it wrote, nullptr for an escape that JSON does not have.
char* unescape(std::string_view text, char* out);

}  // namespace stepwell::json
