// Files that a command reads.
#pragma once

#include <string>

#include <stepwell/result.hpp>

namespace stepwell::cli {

inline constexpr ErrorKind file_not_found{"FileNotFound", 404, {}};
inline constexpr ErrorKind file_unreadable{"FileUnreadable", 500, {}};

/// The whole file; "-" is standard input.
///
/// errors   FileNotFound, FileUnreadable, each in one line
Result<std::string> read_input_file(const std::string& path);

}  // namespace stepwell::cli
