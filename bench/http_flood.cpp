#include "http_flood.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <utility>

namespace stepwell::bench {

namespace {

constexpr std::string_view blank_line = "\r\n\r\n";
constexpr std::string_view status_label = "HTTP/1.1 ";
constexpr std::string_view length_label = "\r\nContent-Length: ";

struct Answer {
    int status = 0;
    std::string_view body;
    std::size_t size = 0;  // in all; 0: not all of it is here
};

int number_after(std::string_view head, std::string_view label) {
    const std::size_t at = head.find(label);
    int value = -1;
    if (at == std::string_view::npos) return value;
    std::from_chars(head.data() + at + label.size(), head.data() + head.size(), value);
    return value;
}

Answer read_answer(std::string_view received) {
    Answer answer;
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

class Socket {
 public:
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    ~Socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int get() const noexcept { return descriptor_; }

 private:
    int descriptor_;
};

bool connect_to(int socket, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class Flood {
 public:
    Flood(const FloodOptions& options, const std::vector<std::string>& requests,
          const std::function<void(std::string_view)>& on_body)
        : options_(options), requests_(requests), on_body_(on_body), poll_(::epoll_create1(0)) {}

    FloodResult run() {
        const auto began = std::chrono::steady_clock::now();
        for (std::uint32_t i = 0; i < options_.connections && is_good(); ++i) open_connection();
        while (is_good() && answered_ < requests_.size()) wait();
        const auto took = std::chrono::steady_clock::now() - began;
        result_.seconds = std::chrono::duration<double>(took).count();
        return std::move(result_);
    }

 private:
    struct Connection {
        explicit Connection(int descriptor) : socket(descriptor) {}
        Socket socket;
        std::string received;
        std::uint32_t awaited = 0;  // answers
    };

    bool is_good() const noexcept { return result_.fault.empty(); }

    void open_connection() {
        auto made = std::make_unique<Connection>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        Connection& connection = *made;
        if (!connect_to(connection.socket.get(), options_.port)) {
            result_.fault = "cannot connect";
            return;
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = made.get();
        ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, connection.socket.get(), &event);
        connections_.push_back(std::move(made));
        send(connection);
    }

    /// The next requests, as many as are to be under way.
    void send(Connection& connection) {
        outgoing_.clear();
        while (connection.awaited < options_.pipelined && next_ < requests_.size()) {
            outgoing_ += requests_[next_++];
            ++connection.awaited;
        }
        std::string_view rest = outgoing_;
        while (!rest.empty()) {
            const ssize_t sent =
                ::send(connection.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                result_.fault = "a connection broke";
                return;
            }
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    void wait() {
        std::array<epoll_event, 64> events;
        constexpr int patience_ms = 30'000;
        const int count =
            ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), patience_ms);
        if (count <= 0) result_.fault = "no answer";
        for (int i = 0; i < count && is_good(); ++i)
            read(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    }

    void read(Connection& connection) {
        std::array<char, 64 * 1024> buffer;
        const ssize_t got = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            result_.fault = "a connection broke";
            return;
        }
        connection.received.append(buffer.data(), static_cast<std::size_t>(got));
        std::string_view rest = connection.received;
        for (Answer answer = read_answer(rest); answer.size > 0; answer = read_answer(rest)) {
            take(answer);
            --connection.awaited;
            rest.remove_prefix(answer.size);
        }
        connection.received.erase(0, connection.received.size() - rest.size());
        if (connection.awaited == 0) send(connection);
    }

    void take(const Answer& answer) {
        ++answered_;
        if (answer.status == 200) {
            ++result_.good;
            if (on_body_) on_body_(answer.body);
        } else if (is_good()) {
            result_.fault = std::to_string(answer.status) + " " + std::string(answer.body);
        }
    }

    const FloodOptions options_;
    const std::vector<std::string>& requests_;
    const std::function<void(std::string_view)>& on_body_;
    const Socket poll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::string outgoing_;
    std::size_t next_ = 0;
    std::uint64_t answered_ = 0;
    FloodResult result_;
};

}  // namespace

std::string http_request(std::string_view target, std::string_view body) {
    std::string text = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    text.append("Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: ").append(target);
    text.append(length_label).append(std::to_string(body.size())).append(blank_line).append(body);
    return text;
}

FloodResult flood(const FloodOptions& options, const std::vector<std::string>& requests,
                  const std::function<void(std::string_view body)>& on_body) {
    return Flood(options, requests, on_body).run();
}

}  // namespace stepwell::bench
