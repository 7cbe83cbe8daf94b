#include "wire/http_reply.hpp"

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"

namespace stepwell::wire {

namespace {

constexpr std::size_t body_bytes_copied_max = 16 * 1024;
constexpr std::size_t reply_bytes_kept = 64 * 1024;

constexpr std::size_t file_portion_bytes = 256 * 1024;

void append_number(std::string& out, std::size_t number) {
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(digits, end);
}

}  // namespace

std::string& OutputBuffer::tail() {
    if (pieces_.empty() || is_tail_closed_) {
        pieces_.emplace_back();
        is_tail_closed_ = false;
    }
    return pieces_.back().bytes;
}

void OutputBuffer::append_body(std::string body) {
    if (body.size() <= body_bytes_copied_max) {
        tail().append(body);
        return;
    }
    if (!pieces_.empty() && !is_tail_closed_ && pieces_.back().bytes.empty()) pieces_.pop_back();
    pieces_.push_back({std::move(body)});
    is_tail_closed_ = true;
}

void OutputBuffer::append_file(FileRange range) {
    if (range.size == 0) return;
    pieces_.push_back({{}, std::move(range)});
    is_tail_closed_ = true;
    read_on(pieces_.back());
}

void OutputBuffer::read_on(Piece& piece) {
    piece.bytes.resize(std::min<std::uint64_t>(file_portion_bytes, piece.rest.size));
    is_broken_ |= !piece.rest.file->read(piece.rest.offset, piece.bytes);
    piece.rest.offset += piece.bytes.size();
    piece.rest.size -= piece.bytes.size();
}

std::size_t OutputBuffer::bytes_in_pieces() const noexcept {
    std::size_t sum = 0;
    for (const Piece& piece : pieces_) sum += piece.bytes.size();
    return sum - consumed_;
}

std::size_t OutputBuffer::front(std::span<std::string_view> views) const noexcept {
    std::size_t filled = 0;
    std::size_t skip = consumed_;
    for (const Piece& piece : pieces_) {
        if (filled == views.size()) break;
        if (piece.bytes.size() > skip) views[filled++] = std::string_view{piece.bytes}.substr(skip);
        skip = 0;
        if (piece.rest.size > 0) break;
    }
    return filled;
}

void OutputBuffer::consume(std::size_t bytes) {
    consumed_ += bytes;
    while (!pieces_.empty() && consumed_ >= pieces_.front().bytes.size()) {
        consumed_ -= pieces_.front().bytes.size();
        if (pieces_.front().rest.size > 0) {
            read_on(pieces_.front());
            break;
        }
        if (pieces_.size() == 1 && !is_tail_closed_ &&
            pieces_.front().bytes.capacity() <= reply_bytes_kept) {
            pieces_.front().bytes.clear();  // keeps the buffer for the next reply
            break;
        }
        pieces_.pop_front();
    }
    if (pieces_.empty()) is_tail_closed_ = false;
}

void ReplyWriter::begin(int status) {
    SW_ASSERT(!has_begun());
    status_ = status;
    head_ = &out_.tail();
    head_->append("HTTP/1.1 ");
    append_number(*head_, static_cast<std::size_t>(status));
    head_->append(" ").append(reason_of(status)).append("\r\n");
}

void ReplyWriter::header(std::string_view name, std::string_view value) {
    head_->append(name).append(": ");
    const std::size_t from = head_->size();
    head_->append(value);
    std::replace_if(
        head_->begin() + static_cast<std::ptrdiff_t>(from), head_->end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    head_->append("\r\n");
}

void ReplyWriter::end_head(std::string_view content_type, std::uint64_t content_length) {
    SW_ASSERT(has_begun());
    SW_ASSERT(!is_finished_);
    if (!content_type.empty() && may_have_body()) header("Content-Type", content_type);
    if (!frame_.date.empty()) header("Date", frame_.date);
    if (frame_.closes) {
        header("Connection", "close");
    } else if (frame_.is_http_1_0) {
        header("Connection", "keep-alive");
    }
    if (may_have_body()) {
        head_->append("Content-Length: ");
        append_number(*head_, content_length);
        head_->append("\r\n");
    }
    head_->append("\r\n");
    is_finished_ = true;
}

void ReplyWriter::finish(std::string_view content_type, std::string body) {
    end_head(content_type, body.size());
    if (may_have_body() && !frame_.is_head) out_.append_body(std::move(body));
}

void ReplyWriter::finish_with_content(Content body) {
    end_head({}, body.size());
    if (!may_have_body() || frame_.is_head) return;
    for (FileRange& range : body.files) out_.append_file(std::move(range));
    out_.append_body(std::move(body.bytes));
}

void ReplyWriter::finish_without_body(std::uint64_t content_length) {
    SW_ASSERT(frame_.is_head);
    end_head({}, content_length);
}

std::string_view reason_of(int status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Status";
    }
}

}  // namespace stepwell::wire
