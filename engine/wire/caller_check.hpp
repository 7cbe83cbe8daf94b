// Who may call: what keeps web pages of strangers away from a server on the loopback interface.
//
// A page in the user's browser can send requests to 127.0.0.1, directly or by DNS rebinding. It
// cannot choose the Host, Origin and Sec-Fetch-Site headers: so every request, whatever its method
// or path, has to name us in Host, and a browser's request has to come from an origin that is ours
// or was allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http_request.hpp"

namespace stepwell::wire {

/// The rules for one server. Immutable once serving.
///
/// threads  any
class CallerCheck {
 public:
    struct Options {
        std::string listen_host = {};  ///< as given to --listen
        std::vector<std::string> allowed_hosts =
            {};  ///< names without ports; "*.example.test" takes in subdomains
        std::vector<std::string> allowed_origins = {};  ///< "http://localhost:3000"
    };
    explicit CallerCheck(Options options);

    struct Verdict {
        std::optional<std::string> refused_because;  ///< to be answered with 403
        std::string_view allow_origin;  ///< of an allowed foreign origin: it needs CORS headers
    };
    Verdict check(const HttpRequest& request) const;

 private:
    bool is_host_allowed(std::string_view host, const HttpRequest& request) const;
    bool is_origin_allowed(std::string_view origin) const;

    const Options options_;
};

/// "name:port" without the port; "[::1]:80" gives "[::1]".
std::string_view host_of(std::string_view authority) noexcept;

}  // namespace stepwell::wire
