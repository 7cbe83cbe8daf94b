// One request to a server of this machine.
#pragma once

#include <stepwell/result.hpp>
#include <string>
#include <string_view>

namespace stepwell::cli {

struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// Sends a request to "http://HOST:PORT" and waits for the answer, 30 seconds at most.
///
/// errors   SystemFailure, in one line: the endpoint is none, nobody answers
/// threads  any; blocks
Result<HttpAnswer> http_call(std::string_view endpoint, std::string_view method,
                             std::string_view path, std::string_view body);

}  // namespace stepwell::cli
