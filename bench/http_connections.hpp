// Many connections of one thread, each with one request at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "http_wire.hpp"

namespace stepwell::bench {

/// Waits for the answers on all connections of a thread.
///
/// threads  wake: any; everything else, and the connections: one
class HttpPoll {
 public:
    HttpPoll();

    /// Hands out the answers that have come, and before that waits for one, for a wake-up, or for
    /// `at_most`.
    void wait(std::chrono::nanoseconds at_most);
    /// Makes the present or the next `wait` return.
    void wake() noexcept;

 private:
    friend class HttpConnection;
    Descriptor poll_;
    Descriptor woken_;
};

/// A connection to 127.0.0.1 that is made when it is needed. Who derives from it is told how each
/// request came out.
class HttpConnection {
 public:
    HttpConnection(HttpPoll& poll, std::uint16_t port) : poll_(poll), port_(port) {}
    virtual ~HttpConnection() = default;
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    /// Sends a whole request; either `answered` or `broke` follows, the latter perhaps within.
    void send(std::string request);
    /// Keeps a request for `repeat`.
    void hold(std::string request) { request_ = std::move(request); }
    /// Sends the last request, once more, on a new connection.
    void repeat();
    /// The next request makes a new connection.
    void close() noexcept;

 protected:
    virtual void answered(int status, std::string_view body) = 0;
    /// The connection could not be made or broke: whether the request was carried out is unknown.
    virtual void broke() = 0;

 private:
    friend class HttpPoll;
    bool connect();
    bool send_all();
    void read();

    HttpPoll& poll_;
    const std::uint16_t port_;
    Descriptor socket_;
    std::string request_;
    std::string received_;
    bool is_awaited_ = false;  // an answer
};

}  // namespace stepwell::bench
