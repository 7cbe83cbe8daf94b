// One HTTP connection without its socket: bytes in, requests to a handler, replies out in the
// requests' order.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <stepwell/unique_function.hpp>

#include "wire/http_parser.hpp"
#include "wire/http_reply.hpp"
#include "wire/http_request.hpp"

namespace stepwell::wire {

using SteadyTime = std::chrono::steady_clock::time_point;

/// How long the client may let us wait.
struct HttpTimeLimits {
    /// Without a request; above what clients keep connections for, so that they close first.
    std::chrono::milliseconds idle_max{180'000};
    std::chrono::milliseconds head_max{15'000};  ///< from a head's first byte to its last
    std::chrono::milliseconds body_max{
        30'000};  ///< for a body, and one second more per 16 KiB received
    std::chrono::milliseconds write_max{60'000};  ///< without a byte of a reply taken by the client
    std::chrono::milliseconds linger_max{
        2'000};  ///< after a reply that closes: for the client to read it
};

/// What happens on one connection, whatever carries its bytes.
///
/// The owner gives it what it reads (`space`, `received`, `end_input`), calls `advance`, sends
/// `output()`, and looks what it `wants`.
///
/// threads  one at a time
class HttpSession {
 public:
    using Write = UniqueFunction<void(ReplyWriter&)>;
    /// Takes request number `sequence` (0, 1, 2, ...), whose reply is then due through `place`. May
    /// call `place`.
    using Handler = std::function<void(const HttpRequest& request, std::uint64_t sequence)>;

    HttpSession(const HttpParser::Limits& limits, const HttpTimeLimits& times)
        : times_(times), parser_(limits) {}

    std::span<char> space() { return parser_.space(); }
    void received(std::size_t bytes) noexcept;
    /// The client has closed its side: what it sent is still answered.
    void end_input() noexcept { is_input_over_ = is_client_done_ = true; }

    /// Hands requests to `handler` and writes the replies that are due, until there is nothing more
    /// to be done.
    void advance(const Handler& handler, std::string_view date);
    /// The reply of request `sequence`; written by the next `advance`. Ignored when the connection
    /// has ended before it.
    void place(std::uint64_t sequence, Write write);
    /// No further request is taken; the connection ends with the last reply that is due.
    void drain() noexcept;
    /// The client was too slow: says so where a request had begun. False: there is nobody to say it
    /// to.
    bool time_out();

    OutputBuffer& output() noexcept { return out_; }
    /// More bytes can be used.
    bool wants_input() const noexcept { return is_incomplete_ && !is_input_over_; }
    /// Once the output is sent, the connection is to be closed.
    bool is_over() const noexcept {
        return closes_after_output_ || (slots_.empty() && (is_client_done_ || is_draining_));
    }
    /// The client may still be sending what nobody reads.
    bool was_refused() const noexcept { return is_refused_; }
    bool is_client_done() const noexcept { return is_client_done_; }

    /// What the owner's socket is doing; with it, the session knows what it waits for.
    enum class Socket : std::uint8_t { open, blocked, lingering };
    /// Notes the time; the client has made progress when bytes of the output were taken.
    void update_deadline(Socket socket, bool has_sent, SteadyTime now) noexcept;
    /// When to call time_out, or to close where that gives false.
    SteadyTime deadline() const noexcept { return deadline_; }

 private:
    struct Slot {
        Write write;  // empty: not answered yet
        bool is_head = false;
        bool closes = false;
        bool is_http_1_0 = false;
    };
    enum class Phase : std::uint8_t { idle, head, body, replying, writing, lingering };

    bool parse_requests(const Handler& handler);
    void take_request(const HttpRequest& request, const Handler& handler);
    void refuse(const Refusal& refusal);
    bool write_replies(std::string_view date);
    Phase phase(Socket socket) const noexcept;

    const HttpTimeLimits& times_;
    HttpParser parser_;
    OutputBuffer out_;

    // Invariants
    //  (1) slots_[i] belongs to request number first_sequence_ + i; replies leave from the front
    //  only. (2) After is_input_over_ no request is taken; after closes_after_output_ no reply is
    //  written.
    std::deque<Slot> slots_;
    std::uint64_t first_sequence_ = 0;
    std::uint64_t requests_ = 0;

    bool is_incomplete_ = true;  ///< the parser needs more bytes
    bool wants_continue_ = false;
    bool is_input_over_ = false;
    bool is_client_done_ = false;
    bool is_draining_ = false;
    bool is_refused_ = false;
    bool closes_after_output_ = false;

    std::optional<Phase> phase_;        ///< nothing before the first update_deadline
    std::uint64_t phase_requests_ = 0;  ///< requests_ when it began: the next head is a new phase
    SteadyTime phase_began_{};
    SteadyTime deadline_ = SteadyTime::max();
};

}  // namespace stepwell::wire
