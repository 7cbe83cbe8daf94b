// The HTTP/1.1 request parser: bytes in, requests out, no I/O.
//
// source  RFC 9112 (HTTP/1.1), RFC 9110 sections 5 and 10.1.1. Where the RFC lets a server be
// lenient about message
//         framing, this one is strict: what two servers could read differently is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/file_content.hpp"
#include "wire/aws_chunked.hpp"
#include "wire/http_request.hpp"

namespace stepwell::wire {

/// Why a request was refused: the status to answer before the connection is closed.
struct Refusal {
    int status = 400;
    std::string_view reason;  ///< a literal
};

inline constexpr std::size_t body_bytes_default = 16 * 1024 * 1024;

/// What the body of one request may be.
struct BodyRule {
    std::size_t bytes_max = body_bytes_default;  ///< more is 413
    /// Longer ones are written to a file as they come; never without a directory for it.
    std::size_t spooled_above = SIZE_MAX;
    bool takes_any_coding = false;  ///< Content-Encoding other than aws-chunked: else 415
};

/// Owns the input buffer of one connection and cuts it into requests.
///
/// Bytes may arrive in any portions and several requests in one. Each byte of a head is looked at a
/// bounded number of times, whatever the portions. After a refusal nothing more is parsed: where
/// the next request begins is not known.
///
/// threads  one at a time
class HttpParser {
 public:
    struct Limits {
        std::size_t head_bytes_max = 64 * 1024;  ///< request line and headers: more is 431
        std::size_t headers_max = 128;           ///< fields of one head: more is 431
        /// By the head of the request; nullptr: the default for all.
        BodyRule (*body_rule)(const HttpRequest& head) = nullptr;
        std::string spool_directory = {};  ///< for large bodies; empty: all stay in memory
    };

    explicit HttpParser(Limits limits) : limits_(std::move(limits)) {}

    /// Where the next bytes from the socket go; never empty. Ends the validity of the last request.
    std::span<char> space();
    /// Tells that the first `bytes` of space() were filled.
    void received(std::size_t bytes) noexcept { end_ += bytes; }

    enum class Step : std::uint8_t {
        incomplete,  ///< more bytes are needed
        request,     ///< request() is the next one
        refused,     ///< refusal() says why; the parser is at its end
    };
    /// Looks at what has been received. Ends the validity of the last request.
    Step next();

    const HttpRequest& request() const noexcept { return request_; }
    const Refusal& refusal() const noexcept { return refusal_; }

    /// True after `incomplete`, once, when the client waits for "100 Continue" before it sends the
    /// body.
    bool take_continue() noexcept;

    /// What the parser is waiting for: the connection's time limits depend on it.
    enum class Waiting : std::uint8_t { request, head, body };
    Waiting waiting() const noexcept;
    /// Bytes of the current request's body that have arrived.
    std::size_t body_bytes_received() const noexcept {
        return has_head_ ? spooled_ + (end_ - body_at_) : 0;
    }

 private:
    Step step();
    Step refuse(int status, std::string_view reason) noexcept;
    bool find_head_end() noexcept;
    bool read_head();
    bool read_request_line(std::string_view line);
    bool read_target(std::string_view target);
    bool read_header(std::string_view line);
    bool check_framing();
    bool check_length(std::string_view digits);
    Step read_sized_body();
    Step read_chunked_body();
    bool is_spooled(std::size_t bytes) const noexcept;
    bool spool(std::size_t bytes);
    Step complete_spooled(std::size_t request_end);
    Step check_coding();
    Step complete(std::size_t body_end, std::size_t request_end);
    enum class Chunk : std::uint8_t { incomplete, done, bad };
    Chunk decode_chunks() noexcept;
    void drop_request() noexcept;

    const Limits limits_;

    // The buffer: [begin_, end_) is received and not yet used up. Offsets, so that growing moves
    // nothing else. Invariants
    //  (1) begin_ <= head_end_ <= body_at_ <= end_ once has_head_.
    //  (2) The views in request_ point into buffer_ at head_base_; when the buffer moves, the head
    //  is read again.
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;

    // The current request
    HttpRequest request_;
    Refusal refusal_;
    std::size_t scanned_ = 0;   ///< no end of the head before this
    std::size_t head_end_ = 0;  ///< behind the empty line
    std::size_t body_at_ = 0;
    std::size_t body_bytes_ = 0;  ///< Content-Length
    BodyRule rule_;               ///< for this request
    bool is_aws_chunked_ = false;
    std::size_t request_end_ = 0;  ///< of the request that was given out; 0: none
    std::size_t header_fields_ = 0;
    const char* head_base_ = nullptr;
    bool has_head_ = false;
    bool is_chunked_ = false;
    bool wants_continue_ = false;
    bool is_refused_ = false;

    // A large body leaves the buffer for a file as it comes: of what is in the buffer, nothing is
    // in the file.
    std::shared_ptr<TemporaryFile> spool_file_;
    std::size_t spooled_ = 0;  ///< bytes that have left the buffer
    AwsChunkedDecoder spool_decoder_;
    std::string trailers_;  ///< of the request that was given out

    // Chunked bodies are decoded in place: [body_at_, decoded_) is body, [raw_, end_) is still to
    // be decoded.
    std::size_t raw_ = 0;
    std::size_t decoded_ = 0;
    std::size_t chunk_left_ = 0;  ///< data bytes of the current chunk
    enum class ChunkPart : std::uint8_t { size, data, data_end, trailer };
    ChunkPart chunk_part_ = ChunkPart::size;
    std::size_t trailer_bytes_ = 0;
};

/// Of a chunk's line "<hex>[;extensions]", without its end: how long the chunk is.
std::optional<std::size_t> chunk_size(std::string_view line) noexcept;

}  // namespace stepwell::wire
