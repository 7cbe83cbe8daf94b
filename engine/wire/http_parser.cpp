#include "wire/http_parser.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace stepwell::wire {

namespace {

constexpr std::size_t buffer_bytes_first = 8 * 1024;
constexpr std::size_t buffer_bytes_kept = 64 * 1024;  // a larger one is given back between requests
constexpr std::size_t space_bytes_min = 2 * 1024;
constexpr std::size_t spool_bytes_at_once = 256 * 1024;
constexpr std::size_t chunk_line_bytes_max = 1024;  // size and extensions
constexpr std::size_t trailer_bytes_max = 8 * 1024;

constexpr std::array<std::string_view, header_count> header_names{
    "host",
    "connection",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "expect",
    "origin",
    "sec-fetch-site",
    "authorization",
    "access-control-request-method",
    "smithy-protocol",
    "x-amz-target",
    "x-amz-date",
    "x-amz-invocation-type",
    "x-amz-log-type",
    "x-amz-client-context",
};

enum : std::uint8_t { token_char = 1, value_char = 2, target_char = 4 };

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    for (std::size_t c = 0; c < 256; ++c) {
        if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes[c] |= value_char;
        if (c > 0x20 && c < 0x7f && c != '#') classes[c] |= target_char;
        const bool is_alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (is_alphanumeric) classes[c] |= token_char;
    }
    for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) {
        classes[static_cast<unsigned char>(c)] |= token_char;
    }
    return classes;
}
constexpr auto classes = make_classes();

bool all_of_class(std::string_view text, std::uint8_t wanted) noexcept {
    return std::all_of(text.begin(), text.end(), [wanted](char c) {
        return (classes[static_cast<unsigned char>(c)] & wanted) != 0;
    });
}

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// True when `token` is an element of a comma-separated header value.
bool lists_token(std::string_view value, std::string_view token) noexcept {
    while (!value.empty()) {
        const auto comma = value.find(',');
        if (equal_ignoring_case(without_outer_space(value.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) return false;
        value.remove_prefix(comma + 1);
    }
    return false;
}

/// A chunk size: hexadecimal digits only, as many as fit.
std::optional<std::size_t> hexadecimal(std::string_view digits) noexcept {
    if (digits.empty() || digits.size() > 15) return std::nullopt;
    std::size_t value = 0;
    for (const char c : digits) {
        const char l = lower(c);
        if (l >= '0' && l <= '9') {
            value = value * 16 + static_cast<std::size_t>(l - '0');
        } else if (l >= 'a' && l <= 'f') {
            value = value * 16 + static_cast<std::size_t>(l - 'a' + 10);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

}  // namespace

std::string_view name_of(Header header) noexcept {
    return header_names[static_cast<std::size_t>(header)];
}

std::optional<std::size_t> chunk_size(std::string_view line) noexcept {
    if (!all_of_class(line, value_char)) return std::nullopt;
    return hexadecimal(line.substr(0, line.find(';')));
}

std::string_view without_outer_space(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<std::string_view> HttpRequest::find_header(std::string_view name) const {
    std::optional<std::string_view> found;
    visit_headers([&](std::string_view header, std::string_view value) {
        if (!found.has_value() && equal_ignoring_case(header, name)) found = value;
    });
    return found;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

std::span<char> HttpParser::space() {
    drop_request();
    const std::size_t used = end_ - begin_;
    if (used == 0 && capacity_ > buffer_bytes_kept) {
        buffer_.reset();
        capacity_ = 0;
    }
    const bool has_file = spool_file_ != nullptr;
    const std::size_t wanted_space = has_file ? spool_bytes_at_once / 2 : space_bytes_min;
    if (capacity_ - end_ >= wanted_space) return {buffer_.get() + end_, capacity_ - end_};

    std::size_t wanted = std::max(buffer_bytes_first, used + space_bytes_min);
    if (has_file) {
        wanted = std::max(wanted, used + spool_bytes_at_once);
    } else if (has_head_ && !is_chunked_) {
        // Grow towards the announced length, but never far beyond what has really come.
        wanted = std::max(wanted, std::min(body_at_ - begin_ + body_bytes_, used * 2));
    } else if (used >= buffer_bytes_first / 2) {
        wanted = std::max(wanted, used * 2);
    }
    char* from = buffer_.get() + begin_;
    if (wanted > capacity_) {
        auto larger = std::make_unique_for_overwrite<char[]>(wanted);
        if (used > 0) std::memcpy(larger.get(), from, used);
        buffer_ = std::move(larger);
        capacity_ = wanted;
    } else if (begin_ > 0 && used > 0) {
        std::memmove(buffer_.get(), from, used);
    }
    for (std::size_t* at : {&scanned_, &head_end_, &body_at_, &raw_, &decoded_}) {
        *at -= std::min(*at, begin_);
    }
    begin_ = 0;
    end_ = used;
    return {buffer_.get() + end_, capacity_ - end_};
}

HttpParser::Step HttpParser::next() {
    drop_request();
    if (is_refused_) return Step::refused;
    const Step result = step();
    if (result == Step::refused) is_refused_ = true;
    return result;
}

HttpParser::Step HttpParser::step() {
    if (!has_head_) {
        if (!find_head_end()) {
            return end_ - begin_ > limits_.head_bytes_max
                       ? refuse(431, "The request's headers are too large.")
                       : Step::incomplete;
        }
        if (head_end_ - begin_ > limits_.head_bytes_max) {
            return refuse(431, "The request's headers are too large.");
        }
        if (!read_head() || !check_framing()) return Step::refused;
        has_head_ = true;
        body_at_ = raw_ = decoded_ = head_end_;
        chunk_part_ = ChunkPart::size;
        chunk_left_ = trailer_bytes_ = 0;
        spool_decoder_ = {};
        spooled_ = 0;
    }
    return is_chunked_ ? read_chunked_body() : read_sized_body();
}

HttpParser::Step HttpParser::refuse(int status, std::string_view reason) noexcept {
    refusal_ = {status, reason};
    return Step::refused;
}

bool HttpParser::find_head_end() noexcept {
    const char* const data = buffer_.get();
    // Empty lines before a request are ignored (RFC 9112 section 2.2).
    while (end_ - begin_ >= 2 && data[begin_] == '\r' && data[begin_ + 1] == '\n') begin_ += 2;
    scanned_ = std::max(scanned_, begin_);
    const void* found =
        end_ - scanned_ < 4 ? nullptr : memmem(data + scanned_, end_ - scanned_, "\r\n\r\n", 4);
    if (found == nullptr) {
        scanned_ = end_ - begin_ > 3 ? end_ - 3 : begin_;
        return false;
    }
    head_end_ = static_cast<std::size_t>(static_cast<const char*>(found) - data) + 4;
    return true;
}

bool HttpParser::read_head() {
    request_ = {};
    header_fields_ = 0;
    head_base_ = buffer_.get() + begin_;
    std::string_view rest{head_base_, head_end_ - begin_ - 2};  // each line with its end
    auto line_end = rest.find("\r\n");
    if (!read_request_line(rest.substr(0, line_end))) return false;
    rest.remove_prefix(line_end + 2);
    request_.header_lines = rest;
    while (!rest.empty()) {
        line_end = rest.find("\r\n");
        if (!read_header(rest.substr(0, line_end))) return false;
        rest.remove_prefix(line_end + 2);
    }
    if (!request_.is_absolute_form) request_.authority = request_.header(Header::host);
    return true;
}

bool HttpParser::read_request_line(std::string_view line) {
    const auto bad = [this](int status, std::string_view reason) {
        refusal_ = {status, reason};
        return false;
    };
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return bad(400, "The request line is malformed.");
    }
    const std::string_view version = line.substr(last + 1);
    if (version == "HTTP/1.0") {
        request_.is_http_1_0 = true;
    } else if (version != "HTTP/1.1") {
        return version.starts_with("HTTP/")
                   ? bad(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
                   : bad(400, "The request line is malformed.");
    }
    request_.method = line.substr(0, first);
    if (request_.method.empty() || !all_of_class(request_.method, token_char)) {
        return bad(400, "The request's method is malformed.");
    }
    if (!read_target(line.substr(first + 1, last - first - 1))) {
        return bad(400, "The request's target is malformed.");
    }
    return true;
}

bool HttpParser::read_target(std::string_view target) {
    if (target.empty() || !all_of_class(target, target_char)) return false;
    if (target == "*") {
        request_.path = target;
        return request_.method == "OPTIONS";
    }
    if (target.front() != '/') {
        const auto scheme_end = target.find("://");
        if (scheme_end == std::string_view::npos) return false;
        const std::string_view scheme = target.substr(0, scheme_end);
        if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) {
            return false;
        }
        target.remove_prefix(scheme_end + 3);
        const auto authority_end = std::min(target.find_first_of("/?"), target.size());
        request_.authority = target.substr(0, authority_end);
        request_.is_absolute_form = true;
        if (request_.authority.empty() || request_.authority.find('@') != std::string_view::npos) {
            return false;
        }
        target.remove_prefix(authority_end);
    }
    const auto question_mark = target.find('?');
    request_.path = target.substr(0, question_mark);
    if (request_.path.empty()) request_.path = "/";
    if (question_mark != std::string_view::npos) request_.query = target.substr(question_mark + 1);
    return true;
}

bool HttpParser::read_header(std::string_view line) {
    const auto bad = [this](int status, std::string_view reason) {
        refusal_ = {status, reason};
        return false;
    };
    if (++header_fields_ > limits_.headers_max)
        return bad(431, "The request has too many headers.");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return bad(400, "A header line has no colon.");
    const std::string_view name = line.substr(0, colon);
    // Also refuses white space before the colon and folded lines, which begin with white space.
    if (name.empty() || !all_of_class(name, token_char))
        return bad(400, "A header's name is malformed.");
    const std::string_view value = without_outer_space(line.substr(colon + 1));
    if (!all_of_class(value, value_char)) return bad(400, "A header's value is malformed.");

    for (std::size_t i = 0; i < header_count; ++i) {
        if (!equal_ignoring_case(name, header_names[i])) continue;
        std::string_view& slot = request_.headers[i];
        // Of a header that was there already, and be it the same: whoever forwards us may pick the
        // other one.
        if (slot.data() != nullptr) return bad(400, "A header that may come once came twice.");
        slot = value;
        break;
    }
    return true;
}

bool HttpParser::check_length(std::string_view digits) {
    body_bytes_ = 0;
    // 15 digits are far above any limit and cannot overflow
    if (digits.empty() || digits.size() > 15) return false;
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        body_bytes_ = body_bytes_ * 10 + static_cast<std::size_t>(c - '0');
    }
    return true;
}

bool HttpParser::check_framing() {
    const auto bad = [this](int status, std::string_view reason) {
        refusal_ = {status, reason};
        return false;
    };
    const bool has_host =
        request_.headers[static_cast<std::size_t>(Header::host)].data() != nullptr;
    if (!has_host && !request_.is_http_1_0) return bad(400, "The request has no Host header.");

    const std::string_view connection = request_.header(Header::connection);
    request_.keep_alive = request_.is_http_1_0 ? lists_token(connection, "keep-alive")
                                               : !lists_token(connection, "close");
    rule_ = limits_.body_rule == nullptr ? BodyRule{} : limits_.body_rule(request_);
    is_aws_chunked_ = lists_token(request_.header(Header::content_encoding), "aws-chunked");
    const std::string_view coding = request_.header(Header::transfer_encoding);
    const std::string_view length = request_.header(Header::content_length);
    is_chunked_ = coding.data() != nullptr;
    body_bytes_ = 0;
    if (is_chunked_) {
        if (length.data() != nullptr) {
            return bad(400, "The request has both Content-Length and Transfer-Encoding.");
        }
        if (request_.is_http_1_0) return bad(400, "HTTP/1.0 has no Transfer-Encoding.");
        if (!equal_ignoring_case(coding, "chunked")) {
            return bad(501, "Of the transfer encodings only chunked is supported.");
        }
    } else if (length.data() != nullptr && !check_length(length)) {
        return bad(400, "The Content-Length is malformed.");
    }
    if (body_bytes_ > rule_.bytes_max) return bad(413, "The request's body is too large.");

    const std::string_view expect = request_.header(Header::expect);
    if (expect.data() != nullptr && !equal_ignoring_case(expect, "100-continue")) {
        return bad(417, "The only expectation that can be met is 100-continue.");
    }
    wants_continue_ = !expect.empty() && !request_.is_http_1_0;
    return true;
}

HttpParser::Step HttpParser::read_sized_body() {
    if (is_spooled(body_bytes_)) {
        const std::size_t bytes = std::min(end_ - body_at_, body_bytes_ - spooled_);
        if (!spool(bytes)) return Step::refused;
        if (spooled_ < body_bytes_) return Step::incomplete;
        return complete_spooled(body_at_);
    }
    if (end_ - body_at_ < body_bytes_) return Step::incomplete;
    return complete(body_at_ + body_bytes_, body_at_ + body_bytes_);
}

HttpParser::Step HttpParser::read_chunked_body() {
    switch (decode_chunks()) {
        case Chunk::bad:
            return refuse(400, "The chunked body is malformed.");
        case Chunk::done: {
            if (spool_file_ == nullptr) return complete(decoded_, raw_);
            const std::size_t tail = end_ - raw_;
            std::memmove(buffer_.get() + decoded_, buffer_.get() + raw_, tail);
            end_ = decoded_ + tail;
            if (!spool(decoded_ - body_at_)) return Step::refused;
            return complete_spooled(body_at_);
        }
        case Chunk::incomplete:
            break;
    }
    if (spooled_ + (decoded_ - body_at_) + chunk_left_ > rule_.bytes_max) {
        return refuse(413, "The request's body is too large.");
    }
    // Close the gap that decoding left, so that framing takes no memory; the tail is a piece of one
    // line at most.
    const std::size_t tail = end_ - raw_;
    if (raw_ > decoded_) {
        std::memmove(buffer_.get() + decoded_, buffer_.get() + raw_, tail);
        raw_ = decoded_;
        end_ = raw_ + tail;
    }
    if (is_spooled(decoded_ - body_at_)) {
        if (!spool(decoded_ - body_at_)) return Step::refused;
        raw_ = decoded_ = body_at_;
    }
    return Step::incomplete;
}

HttpParser::Chunk HttpParser::decode_chunks() noexcept {
    char* const data = buffer_.get();
    while (true) {
        if (chunk_part_ == ChunkPart::data) {
            const std::size_t bytes = std::min(chunk_left_, end_ - raw_);
            if (raw_ != decoded_) std::memmove(data + decoded_, data + raw_, bytes);
            raw_ += bytes;
            decoded_ += bytes;
            chunk_left_ -= bytes;
            if (chunk_left_ > 0) return Chunk::incomplete;
            chunk_part_ = ChunkPart::data_end;
        }
        if (chunk_part_ == ChunkPart::data_end) {
            if (end_ - raw_ < 2) return Chunk::incomplete;
            if (data[raw_] != '\r' || data[raw_ + 1] != '\n') return Chunk::bad;
            raw_ += 2;
            chunk_part_ = ChunkPart::size;
        }
        const std::string_view rest{data + raw_, end_ - raw_};
        const auto line_end = rest.find('\n');
        if (line_end == std::string_view::npos) {
            return rest.size() > chunk_line_bytes_max ? Chunk::bad : Chunk::incomplete;
        }
        if (line_end == 0 || rest[line_end - 1] != '\r' || line_end > chunk_line_bytes_max) {
            return Chunk::bad;
        }
        const std::string_view line = rest.substr(0, line_end - 1);
        raw_ += line_end + 1;
        if (chunk_part_ == ChunkPart::trailer) {
            trailer_bytes_ += line_end + 1;
            if (line.empty()) return Chunk::done;
            if (trailer_bytes_ > trailer_bytes_max || !all_of_class(line, value_char))
                return Chunk::bad;
            continue;
        }
        const std::optional<std::size_t> size = chunk_size(line);
        if (!size.has_value()) return Chunk::bad;
        chunk_left_ = *size;
        chunk_part_ = *size == 0 ? ChunkPart::trailer : ChunkPart::data;
        if (spooled_ + (decoded_ - body_at_) + chunk_left_ > rule_.bytes_max)
            return Chunk::incomplete;
    }
}

HttpParser::Step HttpParser::complete(std::size_t body_end, std::size_t request_end) {
    // Invariant (2): while the body came in, the head may have moved.
    if (head_base_ != buffer_.get() + begin_) {
        const bool keep_alive = request_.keep_alive;
        if (!read_head()) return Step::refused;
        request_.keep_alive = keep_alive;
    }
    request_.body = {buffer_.get() + body_at_, body_end - body_at_};
    request_end_ = request_end;
    wants_continue_ = false;

    if (!is_aws_chunked_) return check_coding();
    AwsChunked decoded = decode_aws_chunked({buffer_.get() + body_at_, request_.body.size()});
    if (!decoded.is_valid) return refuse(400, "The aws-chunked body is malformed.");
    request_.body = request_.body.substr(0, decoded.bytes);
    trailers_ = std::move(decoded.trailers);
    request_.trailers = trailers_;
    return check_coding();
}

HttpParser::Step HttpParser::check_coding() {
    const std::string_view coding = request_.header(Header::content_encoding);
    const bool is_known = coding.empty() || equal_ignoring_case(coding, "identity") ||
                          equal_ignoring_case(coding, "aws-chunked");
    if (is_known || rule_.takes_any_coding) return Step::request;
    return refuse(415, "Of the content encodings only aws-chunked is supported.");
}

bool HttpParser::is_spooled(std::size_t bytes) const noexcept {
    if (spool_file_ != nullptr) return true;
    return bytes > rule_.spooled_above && !limits_.spool_directory.empty();
}

/// Moves the first `bytes` of the body from the buffer to the file. False: it is refused.
bool HttpParser::spool(std::size_t bytes) {
    const auto bad = [this](int status, std::string_view reason) {
        refusal_ = {status, reason};
        return false;
    };
    if (spool_file_ == nullptr) {
        Result<std::unique_ptr<TemporaryFile>> file =
            TemporaryFile::create(limits_.spool_directory);
        if (!file.has_value()) return bad(503, "The request's body cannot be stored.");
        spool_file_ = *std::move(file);
    }
    const std::string_view body{buffer_.get() + body_at_, bytes};
    bool is_written = true;
    const auto append = [&](std::string_view data) {
        is_written &= spool_file_->append(data).has_value();
    };
    if (!is_aws_chunked_) {
        append(body);
    } else if (!spool_decoder_.take(body, append)) {
        return bad(400, "The aws-chunked body is malformed.");
    }
    if (!is_written) return bad(503, "The request's body cannot be stored.");
    const std::size_t tail = end_ - body_at_ - bytes;
    std::memmove(buffer_.get() + body_at_, buffer_.get() + body_at_ + bytes, tail);
    end_ = body_at_ + tail;
    spooled_ += bytes;
    return true;
}

HttpParser::Step HttpParser::complete_spooled(std::size_t request_end) {
    if (is_aws_chunked_ && !spool_decoder_.is_complete())
        return refuse(400, "The aws-chunked body is malformed.");
    is_aws_chunked_ = false;  // it is decoded
    const Step step = complete(request_end, request_end);
    if (step != Step::request) return step;
    request_.body_file = std::move(spool_file_);
    trailers_ = spool_decoder_.trailers();
    request_.trailers = trailers_;
    return step;
}

void HttpParser::drop_request() noexcept {
    if (request_end_ == 0) return;
    request_.body_file.reset();
    begin_ = scanned_ = request_end_;
    request_end_ = 0;
    has_head_ = false;
    is_chunked_ = false;
    if (begin_ == end_) begin_ = end_ = scanned_ = 0;
}

bool HttpParser::take_continue() noexcept {
    const bool wanted = has_head_ && wants_continue_ && end_ == body_at_;
    wants_continue_ = false;
    return wanted;
}

HttpParser::Waiting HttpParser::waiting() const noexcept {
    if (request_end_ != 0) return end_ > request_end_ ? Waiting::head : Waiting::request;
    if (has_head_) return Waiting::body;
    return end_ > begin_ ? Waiting::head : Waiting::request;
}

}  // namespace stepwell::wire
