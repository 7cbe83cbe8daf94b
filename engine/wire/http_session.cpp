#include "wire/http_session.hpp"

#include <utility>

#include "base/assert.hpp"

namespace stepwell::wire {

namespace {

// Requests of one connection that wait for their replies; more stay in the buffers until some are
// answered.
constexpr std::size_t pipelined_max = 128;
// Replies that a client does not take: above this its next requests wait.
constexpr std::size_t output_bytes_max = 1024 * 1024;
constexpr std::size_t body_bytes_per_s_min = 16 * 1024;

constexpr std::string_view continue_reply = "HTTP/1.1 100 Continue\r\n\r\n";

void write_refusal(ReplyWriter& writer, const Refusal& refusal) {
    writer.begin(refusal.status);
    std::string body{"{\"message\":\""};
    body.append(refusal.reason).append("\"}");
    writer.finish("application/json", std::move(body));
}

}  // namespace

void HttpSession::received(std::size_t bytes) noexcept {
    parser_.received(bytes);
    is_incomplete_ = false;
}

void HttpSession::advance(const Handler& handler, std::string_view date) {
    bool has_progress = true;
    while (has_progress) {
        has_progress = parse_requests(handler);
        has_progress |= write_replies(date);
    }
}

bool HttpSession::parse_requests(const Handler& handler) {
    bool has_progress = false;
    while (!is_incomplete_ && !is_input_over_ && slots_.size() < pipelined_max &&
           out_.bytes() < output_bytes_max) {
        switch (parser_.next()) {
            case HttpParser::Step::incomplete:
                is_incomplete_ = true;
                wants_continue_ |= parser_.take_continue();
                break;
            case HttpParser::Step::request:
                take_request(parser_.request(), handler);
                break;
            case HttpParser::Step::refused:
                refuse(parser_.refusal());
                break;
        }
        has_progress = true;
    }
    return has_progress;
}

void HttpSession::take_request(const HttpRequest& request, const Handler& handler) {
    slots_.push_back({{}, request.method == "HEAD", !request.keep_alive, request.is_http_1_0});
    if (!request.keep_alive) is_input_over_ = true;
    wants_continue_ = false;
    handler(request, requests_++);
}

void HttpSession::refuse(const Refusal& refusal) {
    is_input_over_ = true;
    is_refused_ = true;
    ++requests_;
    slots_.push_back(
        {[refusal](ReplyWriter& writer) { write_refusal(writer, refusal); }, false, true, false});
}

bool HttpSession::write_replies(std::string_view date) {
    bool has_progress = false;
    while (!slots_.empty() && slots_.front().write && !closes_after_output_) {
        Slot slot = std::move(slots_.front());
        slots_.pop_front();
        ++first_sequence_;
        closes_after_output_ = slot.closes || (is_draining_ && slots_.empty());
        ReplyWriter writer{out_, {slot.is_head, closes_after_output_, slot.is_http_1_0, date}};
        slot.write(writer);
        SW_ASSERT(writer.is_finished());
        has_progress = true;
    }
    if (wants_continue_ && slots_.empty() && !is_input_over_) {
        out_.append(continue_reply);
        wants_continue_ = false;
    }
    return has_progress;
}

void HttpSession::place(std::uint64_t sequence, Write write) {
    if (sequence < first_sequence_) return;
    const std::uint64_t index = sequence - first_sequence_;
    if (index < slots_.size()) slots_[index].write = std::move(write);
}

void HttpSession::drain() noexcept { is_draining_ = is_input_over_ = true; }

bool HttpSession::time_out() {
    if (phase_ != Phase::head && phase_ != Phase::body) return false;
    refuse({408, "The request did not arrive in time."});
    return true;
}

HttpSession::Phase HttpSession::phase(Socket socket) const noexcept {
    if (socket == Socket::lingering) return Phase::lingering;
    if (socket == Socket::blocked) return Phase::writing;
    if (!slots_.empty()) return Phase::replying;
    switch (parser_.waiting()) {
        case HttpParser::Waiting::head:
            return Phase::head;
        case HttpParser::Waiting::body:
            return Phase::body;
        case HttpParser::Waiting::request:
            break;
    }
    return Phase::idle;
}

void HttpSession::update_deadline(Socket socket, bool has_sent, SteadyTime now) noexcept {
    const Phase current = phase(socket);
    const bool has_moved = current == Phase::writing ? has_sent : phase_requests_ != requests_;
    if (current != phase_ || has_moved) {
        phase_ = current;
        phase_began_ = now;
        phase_requests_ = requests_;
    }
    const std::chrono::seconds for_size{parser_.body_bytes_received() / body_bytes_per_s_min};
    switch (current) {
        case Phase::idle:
            deadline_ = phase_began_ + times_.idle_max;
            break;
        case Phase::head:
            deadline_ = phase_began_ + times_.head_max;
            break;
        case Phase::body:
            deadline_ = phase_began_ + times_.body_max + for_size;
            break;
        case Phase::replying:
            deadline_ = SteadyTime::max();
            break;  // it is for the operation to end
        case Phase::writing:
            deadline_ = phase_began_ + times_.write_max;
            break;
        case Phase::lingering:
            deadline_ = phase_began_ + times_.linger_max;
            break;
    }
}

}  // namespace stepwell::wire
