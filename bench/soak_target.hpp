// Where a load over HTTP goes: what it creates in a server first.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace stepwell::bench {

struct SoakTarget {
    std::uint16_t port = 0;
    std::string machine_arn;
    std::string parked_machine_arn;
    std::string queue_url;
};

/// Creates topic, queues and state machines of the callback example; gives up when that fails.
SoakTarget create_target(std::uint16_t port, std::chrono::seconds visibility_timeout);

}  // namespace stepwell::bench
