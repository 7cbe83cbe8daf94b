#include "cli/http_call.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <memory>

#include "base/errors.hpp"
#include "cli/endpoint.hpp"

namespace stepwell::cli {

namespace {

constexpr std::size_t answer_bytes_max = 16 << 20;
constexpr long answer_seconds_max = 30;

class Socket {
 public:
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    ~Socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int descriptor() const noexcept { return descriptor_; }

 private:
    const int descriptor_;
};

Error failure(std::string_view endpoint, std::string_view what) {
    return Error(errors::system_failure, std::string(endpoint) + ": " + std::string(what));
}

/// Connected to the first address that takes us; a negative descriptor when none does.
int connect_to(const Endpoint& endpoint) {
    std::string host(endpoint.host);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::string(endpoint.port).c_str(), &hints, &found) != 0)
        return -1;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
    const timeval limit{answer_seconds_max, 0};
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        const int descriptor =
            ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (descriptor < 0) continue;
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (::connect(descriptor, at->ai_addr, at->ai_addrlen) == 0) return descriptor;
        ::close(descriptor);
    }
    return -1;
}

bool send_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// All that comes until the server closes.
bool receive_all(int descriptor, std::string& text) {
    char bytes[16 * 1024];
    while (text.size() < answer_bytes_max) {
        const ssize_t received = ::recv(descriptor, bytes, sizeof bytes, 0);
        if (received == 0) return true;
        if (received < 0) return false;
        text.append(bytes, static_cast<std::size_t>(received));
    }
    return false;
}

}  // namespace

Result<HttpAnswer> http_call(std::string_view endpoint, std::string_view method,
                             std::string_view path, std::string_view body) {
    const Endpoint address = parse_endpoint(endpoint);
    if (address.host.empty())
        return failure(endpoint, "an endpoint has to be like http://127.0.0.1:4566");
    const Socket socket(connect_to(address));
    if (socket.descriptor() < 0)
        return failure(endpoint, "no server answers there; is 'stepwell serve' running?");
    std::string request;
    request.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: ");
    request.append(address.host).append(":").append(address.port);
    request.append("\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    std::string answer;
    if (!send_all(socket.descriptor(), request) || !receive_all(socket.descriptor(), answer))
        return failure(endpoint, "the server did not answer");
    const std::string_view text = answer;
    const std::size_t head = text.find("\r\n\r\n");
    int status = 0;
    if (head == std::string_view::npos || !text.starts_with("HTTP/1.1 ") ||
        std::from_chars(text.data() + 9, text.data() + 12, status).ec != std::errc{})
        return failure(endpoint, "what answers there is no HTTP server");
    return HttpAnswer{status, std::string(text.substr(head + 4))};
}

}  // namespace stepwell::cli
