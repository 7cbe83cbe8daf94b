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
        /// How long a connection may be without a request; above what clients keep theirs, so that
        /// they close first.
        std::chrono::milliseconds idle_max{180'000};
        std::chrono::milliseconds head_max{15'000};  ///< from a head's first byte to its last
        std::chrono::milliseconds body_max{
            30'000};  ///< for a body, and one second more per 16 KiB received
        std::chrono::milliseconds write_max{
            60'000};  ///< without a byte of a reply taken by the client
        std::chrono::milliseconds linger_max{
            2'000};  ///< after a reply that closes: for the client to read it
        std::chrono::milliseconds drain_max{
            10'000};  ///< in stop(): for open requests to be answered
    };
    /// Takes one request. The views end with the call. Runs on an I/O thread: must not block.
    using Handler = std::function<void(const HttpRequest& request, PendingReply reply)>;

    /// Binds the address and listens; clients that connect from now on wait for `serve`.
    ///
    /// errors   SystemFailure, in one line: the address is malformed, unknown or in use
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

/// "HOST:PORT" or "[V6]:PORT", taken apart; nothing else is accepted.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
    /// errors   SystemFailure, in one line
    static Result<ListenAddress> parse(std::string_view text);
};
/// True for addresses that only this machine can reach: 127.0.0.0/8, ::1, "localhost".
bool is_loopback(std::string_view host) noexcept;

}  // namespace stepwell::wire
