// What functions wrote to stdout and stderr, with Lambda's own lines: bounded files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::function {

/// Two files a function: NAME.log takes what is written and becomes NAME.log.1 when it is full.
inline constexpr std::uint64_t log_file_bytes_max = 8 << 20;

/// The log of one function. The files are opened with the first line; a log that cannot be written
/// is lost, no more.
///
/// threads  one at a time for `append`; `read_log` any
class FunctionLog {
 public:
    FunctionLog(std::string directory, std::string function_name);
    ~FunctionLog();

    FunctionLog(const FunctionLog&) = delete;
    FunctionLog& operator=(const FunctionLog&) = delete;

    void append(std::string_view text);

 private:
    void open_file();

    const std::string path_;
    int file_ = -1;
    std::uint64_t file_bytes_ = 0;
    bool has_failed_ = false;
};

/// The last `bytes_max` bytes of a function's log, beginning with a whole line; empty when there is
/// none. threads  any; reads files
std::string read_log(const std::string& directory, std::string_view function_name,
                     std::uint64_t bytes_max);

}  // namespace stepwell::function
