// The HTTP/1.1 server: sockets, time limits, and replies in the order of their requests.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "wire/http_parser.hpp"
#include "wire/http_reply.hpp"
#include "wire/http_request.hpp"
#include "wire/http_session.hpp"

namespace stepwell::wire {

class Connection;

/// The duty to answer one request. Given up unanswered, it answers 500.
///
/// threads  any; a client that has gone away meanwhile is no error
class PendingReply {
 public:
    /// Writes the reply; runs on the connection's I/O thread once all earlier requests are
    /// answered.
    using Write = UniqueFunction<void(ReplyWriter&)>;

    PendingReply(std::shared_ptr<Connection> connection, std::uint64_t sequence) noexcept;
    PendingReply(PendingReply&&) noexcept = default;
    PendingReply& operator=(PendingReply&&) = delete;
    ~PendingReply();

    /// Answers, once.
    void send(Write write);

 private:
    std::shared_ptr<Connection> connection_;  // null once answered
    std::uint64_t sequence_;
};

/// Accepts connections on one address and calls a handler for each request.
///
/// Starts with `listen`, which binds, and `serve`; ends with `stop`, which answers what was
/// received and then closes.
///
/// threads  `stop` from any thread but the handler's; everything else before `serve`
class HttpServer {
 public:
    struct Options {
        std::string listen = "127.0.0.1:4566";  ///< "HOST:PORT", "[::1]:PORT"; port 0: any free one
        std::size_t threads = 1;                ///< each serves the connections that it was given
        std::size_t connections_max = 16 * 1024;
        HttpParser::Limits limits = {};
        HttpTimeLimits times = {};
        std::chrono::milliseconds drain_max{
            10'000};  ///< in stop(): for open requests to be answered
    };
    /// Takes one request. The views end with the call. Runs on an I/O thread: must not block.
    using Handler = std::function<void(const HttpRequest& request, PendingReply reply)>;

    /// Binds the address and listens; clients that connect from now on wait for `serve`.
    ///
    /// errors   each in one line. InUse: another process listens there. SystemFailure: the address
    /// is malformed or not ours
    static Result<std::unique_ptr<HttpServer>> listen(Options options);
    ~HttpServer();  ///< stops

    /// The address that is listened on, with the real port: "127.0.0.1:4566".
    const std::string& address() const noexcept;

    /// Starts the I/O threads.
    void serve(Handler handler);

    /// Stops accepting, answers the requests that were received in full, closes everything, ends
    /// the threads.
    void stop();

 private:
    struct Parts;
    explicit HttpServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace stepwell::wire
