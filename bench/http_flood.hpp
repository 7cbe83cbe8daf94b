// A client that costs little: one thread, many connections, requests that were written beforehand.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell::bench {

struct FloodOptions {
    std::uint16_t port = 0;  ///< on 127.0.0.1
    std::uint32_t connections = 64;
    std::uint32_t pipelined = 1;  ///< requests sent at once on each connection
};

struct FloodResult {
    std::uint64_t good = 0;  ///< answered with 200
    double seconds = 0;
    std::string fault;  ///< of the first answer that was something else, or why it ended early
};

/// Sends each of `requests` once, as fast as the answers come; `on_body` sees the body of each
/// answer. Ends at the first connection that breaks.
///
/// threads  the caller's; blocks
FloodResult flood(const FloodOptions& options, const std::vector<std::string>& requests,
                  const std::function<void(std::string_view body)>& on_body = {});

}  // namespace stepwell::bench
