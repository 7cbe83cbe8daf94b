// An HTTP reply on its way out: how it is written down, and the bytes that wait for the socket.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "base/file_content.hpp"

namespace stepwell::wire {

/// The bytes that one connection still has to send, in order. Small pieces share one buffer, long
/// bodies are kept as they are, so that one gathering write sends many replies and no long body is
/// copied.
///
/// threads  one at a time
class OutputBuffer {
 public:
    void append(std::string_view bytes) { tail().append(bytes); }
    /// The buffer of small pieces, to append to; valid until the next call of another function.
    std::string& tail();
    /// Copies a short body, takes over a long one.
    void append_body(std::string body);
    /// Of a file only a portion is in memory at a time.
    void append_file(FileRange range);

    bool is_empty() const noexcept { return bytes_in_pieces() == 0; }
    std::size_t bytes() const noexcept { return bytes_in_pieces(); }

    /// Fills `views` with what comes first; returns how many were filled.
    std::size_t front(std::span<std::string_view> views) const noexcept;
    /// Forgets the first `bytes`, which were sent.
    void consume(std::size_t bytes);
    /// A file could not be read to its end: what is promised cannot be sent.
    bool is_broken() const noexcept { return is_broken_; }

 private:
    struct Piece {
        std::string bytes = {};
        FileRange rest = {};  ///< of a file: what comes behind the bytes
    };

    std::size_t bytes_in_pieces() const noexcept;
    void read_on(Piece& piece);

    // Invariant: only a piece that has no bytes left to be read from a file is followed by another
    // in what `front` gives.
    std::deque<Piece> pieces_;
    std::size_t consumed_ = 0;     ///< of the first piece
    bool is_tail_closed_ = false;  ///< the last piece is a body of its own
    bool is_broken_ = false;
};

/// What a reply has to know of the request it answers and of its connection.
struct ReplyFrame {
    bool is_head = false;        ///< to HEAD: lengths, but no body
    bool closes = false;         ///< the connection ends with this reply
    bool is_http_1_0 = false;    ///< to a client that has to be told when the connection stays
    std::string_view date = {};  ///< the Date header's value
};

/// Writes one reply: begin, header..., finish.
class ReplyWriter {
 public:
    ReplyWriter(OutputBuffer& out, ReplyFrame frame) noexcept : out_(out), frame_(frame) {}

    void begin(int status);
    /// Control characters in `value` are replaced by spaces: what a client sent cannot end a
    /// header.
    void header(std::string_view name, std::string_view value);
    /// Ends the head and appends the body. An empty `content_type` leaves that header out.
    void finish(std::string_view content_type, std::string body);
    void finish_with_content(Content body);
    /// To HEAD: tells the length of the body that GET would give.
    void finish_without_body(std::uint64_t content_length);

    bool has_begun() const noexcept { return status_ != 0; }
    bool is_finished() const noexcept { return is_finished_; }

 private:
    bool may_have_body() const noexcept { return status_ != 204 && status_ != 304; }
    void end_head(std::string_view content_type, std::uint64_t content_length);

    OutputBuffer& out_;
    const ReplyFrame frame_;
    std::string* head_ = nullptr;  ///< the output's tail, while the head is written
    int status_ = 0;
    bool is_finished_ = false;
};

/// The reason phrase of a status, "Not Found".
std::string_view reason_of(int status) noexcept;

}  // namespace stepwell::wire
