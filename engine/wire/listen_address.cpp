#include "wire/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>

#include "base/errors.hpp"
#include "wire/http_request.hpp"

namespace stepwell::wire {

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    const auto bad = [text] {
        return Error{errors::system_failure,
                     "not an address to listen on: '" + std::string{text} +
                         "' (expected HOST:PORT, for example 127.0.0.1:4566)"};
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad();
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return bad();
    }
    ListenAddress address{std::string{host}, 0};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (host.empty() || port.empty() || error != std::errc{} || end != port.data() + port.size())
        return bad();
    return address;
}

bool is_loopback(std::string_view host) noexcept {
    if (equal_ignoring_case(host, "localhost") || host == "::1" || host == "[::1]") return true;
    in_addr address{};
    return inet_pton(AF_INET, std::string{host}.c_str(), &address) == 1 &&
           (ntohl(address.s_addr) >> 24) == IN_LOOPBACKNET;
}

}  // namespace stepwell::wire
