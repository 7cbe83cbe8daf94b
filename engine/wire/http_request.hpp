// An HTTP request as the parser gives it: views into the connection's buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/caller.hpp"
#include "base/file_content.hpp"

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

/// Without the spaces and tabs at both ends.
std::string_view without_outer_space(std::string_view text) noexcept;
/// True when both are equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// One complete request, body included. The views are valid while the handler that was given it
/// runs.
struct HttpRequest {
    std::string_view method;     ///< "POST", as it came: methods are case-sensitive
    std::string_view path;       ///< from the first '/' on, not decoded; "*" for OPTIONS *
    std::string_view query;      ///< what follows '?', not decoded
    std::string_view authority;  ///< "host:port" of an absolute-form target, else the Host header
    bool is_absolute_form = false;  ///< the client takes us for its proxy
    bool is_http_1_0 = false;
    bool keep_alive = true;  ///< false: the connection ends with this request's reply
    std::string_view body;   ///< transfer encoding and aws-chunked removed
    std::shared_ptr<TemporaryFile> body_file = {};  ///< instead, of a large one
    std::string_view trailers = {};  ///< behind an aws-chunked body: "name:value\n" each
    std::string_view local_address;  ///< of ours, that the client connected to; without the port
    Caller caller = {};              ///< who waits for the reply
    std::array<std::string_view, header_count> headers{};
    std::string_view header_lines;  ///< all of them, as they came, each with its line's end

    /// The value without outer white space; empty when the header is absent.
    std::string_view header(Header which) const noexcept {
        return headers[static_cast<std::size_t>(which)];
    }

    /// Calls `visit(name, value)` for each header, also those that are not in `headers`.
    template <class Visit>
    void visit_headers(const Visit& visit) const {
        for (std::string_view rest = header_lines; !rest.empty();) {
            const std::string_view line = rest.substr(0, rest.find("\r\n"));
            rest.remove_prefix(line.size() + 2);
            const std::size_t colon = line.find(':');
            visit(line.substr(0, colon), without_outer_space(line.substr(colon + 1)));
        }
    }
    /// The value of the first header of that name.
    std::optional<std::string_view> find_header(std::string_view name) const;
};

}  // namespace stepwell::wire
