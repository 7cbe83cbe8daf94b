// A blocking TCP client for tests: sends bytes as they are, reads replies.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace stepwell::wire {

class RawClient {
 public:
    /// Connects to "127.0.0.1:PORT".
    explicit RawClient(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        is_connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
        const timeval patience{30, 0};  // a test that hangs fails instead
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    ~RawClient() { close(); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool is_connected() const { return is_connected_; }

    /// False when the server has closed the connection.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void finish_sending() { shutdown(fd_, SHUT_WR); }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    /// Closes with a reset instead of a goodbye.
    void reset() {
        const linger hard{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }

    /// One reply: head and, by Content-Length, body. What was read when the connection ended early.
    std::string read_reply(bool has_body = true) {
        while (received_.find("\r\n\r\n") == std::string::npos && fill()) {
        }
        const auto head_end = received_.find("\r\n\r\n");
        if (head_end == std::string::npos) return take(received_.size());
        std::size_t length = 0;
        const auto field = received_.find("Content-Length: ");
        if (has_body && field < head_end) length = std::stoul(received_.substr(field + 16));
        while (received_.size() < head_end + 4 + length && fill()) {
        }
        return take(std::min(received_.size(), head_end + 4 + length));
    }
    /// Everything up to the end of the connection.
    std::string read_all() {
        while (fill()) {
        }
        return take(received_.size());
    }

 private:
    bool fill() {
        char buffer[16 * 1024];
        const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
        EXPECT_TRUE(got >= 0 || errno == ECONNRESET) << "the server neither answered nor closed";
        if (got <= 0) return false;
        received_.append(buffer, static_cast<std::size_t>(got));
        return true;
    }
    std::string take(std::size_t bytes) {
        std::string taken = received_.substr(0, bytes);
        received_.erase(0, bytes);
        return taken;
    }

    int fd_;
    bool is_connected_ = false;
    std::string received_;
};

inline std::string body_of(const std::string& reply) {
    const auto head_end = reply.find("\r\n\r\n");
    return head_end == std::string::npos ? "" : reply.substr(head_end + 4);
}
inline std::string status_of(const std::string& reply) {
    return reply.substr(0, reply.find("\r\n"));
}

}  // namespace stepwell::wire
