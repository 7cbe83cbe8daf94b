// Addresses to listen on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::wire {

/// "HOST:PORT" or "[V6]:PORT", taken apart; nothing else is accepted.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
    /// errors   SystemFailure, in one line
    static Result<ListenAddress> parse(std::string_view text);
};

/// True for addresses that only this machine can reach: 127.0.0.0/8, ::1, "localhost".
bool is_loopback(std::string_view host) noexcept;

}  // namespace stepwell::wire
