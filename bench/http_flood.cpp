#include "http_flood.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "http_wire.hpp"

namespace stepwell::bench {

namespace {

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
        explicit Connection(Descriptor connected) : socket(std::move(connected)) {}
        Descriptor socket;
        std::string received;
        std::uint32_t awaited = 0;  // answers
    };

    bool is_good() const noexcept { return result_.fault.empty(); }

    void open_connection() {
        auto made = std::make_unique<Connection>(connect_to(options_.port));
        Connection& connection = *made;
        if (!connection.socket.is_open()) {
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
        for (HttpAnswer answer = read_answer(rest); answer.size > 0; answer = read_answer(rest)) {
            take(answer);
            --connection.awaited;
            rest.remove_prefix(answer.size);
        }
        connection.received.erase(0, connection.received.size() - rest.size());
        if (connection.awaited == 0) send(connection);
    }

    void take(const HttpAnswer& answer) {
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
    const Descriptor poll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::string outgoing_;
    std::size_t next_ = 0;
    std::uint64_t answered_ = 0;
    FloodResult result_;
};

}  // namespace

FloodResult flood(const FloodOptions& options, const std::vector<std::string>& requests,
                  const std::function<void(std::string_view body)>& on_body) {
    return Flood(options, requests, on_body).run();
}

}  // namespace stepwell::bench
