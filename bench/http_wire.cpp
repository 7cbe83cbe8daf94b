#include "http_wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>

namespace stepwell::bench {

namespace {

constexpr std::string_view blank_line = "\r\n\r\n";
constexpr std::string_view status_label = "HTTP/1.1 ";
constexpr std::string_view length_label = "\r\nContent-Length: ";

int number_after(std::string_view head, std::string_view label) {
    const std::size_t at = head.find(label);
    int value = -1;
    if (at == std::string_view::npos) return value;
    std::from_chars(head.data() + at + label.size(), head.data() + head.size(), value);
    return value;
}

}  // namespace

std::string http_request(std::string_view target, std::string_view body) {
    std::string text = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    text.append("Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: ").append(target);
    text.append(length_label).append(std::to_string(body.size())).append(blank_line).append(body);
    return text;
}

HttpAnswer read_answer(std::string_view received) {
    HttpAnswer answer;
    const std::size_t end = received.find(blank_line);
    if (end == std::string_view::npos) return answer;
    const std::string_view head = received.substr(0, end);
    const int length = number_after(head, length_label);
    const std::size_t whole =
        end + blank_line.size() + static_cast<std::size_t>(length < 0 ? 0 : length);
    if (received.size() < whole) return answer;
    answer.status = number_after(head, status_label);
    answer.body = received.substr(end + blank_line.size(), whole - end - blank_line.size());
    answer.size = whole;
    return answer;
}

Descriptor connect_to(std::uint16_t port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return {};
    return socket;
}

}  // namespace stepwell::bench
