#include "http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

namespace stepwell::bench {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";

/// The number after `name` in the head; absent when there is none.
std::optional<std::size_t> field(std::string_view head, std::string_view name) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    std::size_t value = 0;
    const char* const begin = head.data() + at + name.size();
    const auto [end, error] = std::from_chars(begin, head.data() + head.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

}  // namespace

std::optional<HttpReply> HttpClient::call(std::string_view target, std::string_view body) {
    request_.assign("POST / HTTP/1.1\r\nHost: 127.0.0.1:").append(std::to_string(port_));
    request_.append("\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: ")
        .append(target);
    request_.append("\r\nContent-Length: ").append(std::to_string(body.size()));
    request_.append(head_end).append(body);
    return exchange();
}

std::optional<HttpReply> HttpClient::call_query(std::string_view form) {
    request_.assign("POST / HTTP/1.1\r\nHost: 127.0.0.1:").append(std::to_string(port_));
    request_.append("\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
    request_.append(std::to_string(form.size())).append(head_end).append(form);
    return exchange();
}

std::optional<HttpReply> HttpClient::exchange() {
    if (socket_ < 0 && !connect()) return std::nullopt;
    std::optional<HttpReply> reply;
    if (send_request()) reply = read_reply();
    if (!reply.has_value()) close();
    return reply;
}

bool HttpClient::connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return false;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{60, 0};  // three times the longest poll
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close();
        return false;
    }
    received_.clear();
    return true;
}

bool HttpClient::send_request() {
    std::string_view rest = request_;
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::optional<HttpReply> HttpClient::read_reply() {
    std::size_t end = std::string::npos;
    while ((end = received_.find(head_end)) == std::string::npos) {
        if (!receive_more()) return std::nullopt;
    }
    const std::string_view head = std::string_view(received_).substr(0, end);
    const auto status = field(head, "HTTP/1.1 ");
    const auto length = field(head, "\r\nContent-Length: ");
    if (!status.has_value() || !length.has_value()) return std::nullopt;
    const std::size_t body = end + head_end.size();
    while (received_.size() < body + *length) {
        if (!receive_more()) return std::nullopt;
    }
    HttpReply reply{static_cast<int>(*status), received_.substr(body, *length)};
    received_.erase(0, body + *length);
    return reply;
}

bool HttpClient::receive_more() {
    std::array<char, 32 * 1024> buffer;
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    received_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
}

void HttpClient::close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

}  // namespace stepwell::bench
