// An HTTP request as the parser gives it: views into the connection's buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/caller.hpp"

namespace stepwell::wire {

/// The headers that the server reads. All others are checked for form and then forgotten.
enum class Header : std::uint8_t {
    host,
    connection,
    content_length,
    content_type,
    content_encoding,
    transfer_encoding,
    expect,
    origin,
    sec_fetch_site,
    authorization,
    access_control_request_method,
    smithy_protocol,
    x_amz_target,
    x_amz_date,
    x_amz_invocation_type,
    x_amz_log_type,
    x_amz_client_context,
};
inline constexpr std::size_t header_count = 17;

/// The lower-case name of a header, "content-type".
std::string_view name_of(Header header) noexcept;

/// One complete request, body included. The views are valid while the handler that was given it
/// runs.
struct HttpRequest {
    std::string_view method;     ///< "POST", as it came: methods are case-sensitive
    std::string_view path;       ///< from the first '/' on, not decoded; "*" for OPTIONS *
    std::string_view query;      ///< what follows '?', not decoded
    std::string_view authority;  ///< "host:port" of an absolute-form target, else the Host header
    bool is_absolute_form = false;  ///< the client takes us for its proxy
    bool is_http_1_0 = false;
    bool keep_alive = true;          ///< false: the connection ends with this request's reply
    std::string_view body;           ///< transfer encoding and aws-chunked removed
    std::string_view local_address;  ///< of ours, that the client connected to; without the port
    Caller caller = {};              ///< who waits for the reply
    std::array<std::string_view, header_count> headers{};

    /// The value without outer white space; empty when the header is absent.
    std::string_view header(Header which) const noexcept {
        return headers[static_cast<std::size_t>(which)];
    }
};

/// True when both are equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace stepwell::wire
