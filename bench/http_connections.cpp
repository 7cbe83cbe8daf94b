#include "http_connections.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/assert.hpp"

namespace stepwell::bench {

HttpPoll::HttpPoll()
    : poll_(::epoll_create1(EPOLL_CLOEXEC)), woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    SW_ASSERT(poll_.is_open() && woken_.is_open());
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    SW_ASSERT(::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, woken_.get(), &event) == 0);
}

void HttpPoll::wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(woken_.get(), &one, sizeof one);
}

void HttpPoll::wait(std::chrono::nanoseconds at_most) {
    std::array<epoll_event, 64> events;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
    const timespec limit{seconds.count(), (at_most - seconds).count()};
    const int count = ::epoll_pwait2(poll_.get(), events.data(), static_cast<int>(events.size()),
                                     &limit, nullptr);
    for (int i = 0; i < count; ++i) {
        if (void* const connection = events[static_cast<std::size_t>(i)].data.ptr;
            connection != nullptr) {
            static_cast<HttpConnection*>(connection)->read();
            continue;
        }
        std::uint64_t wakes = 0;
        [[maybe_unused]] const ssize_t got = ::read(woken_.get(), &wakes, sizeof wakes);
    }
}

void HttpConnection::send(std::string request) {
    SW_ASSERT(!is_awaited_);
    request_ = std::move(request);
    is_awaited_ = true;
    if ((socket_.is_open() || connect()) && send_all()) return;
    close();
    broke();
}

void HttpConnection::repeat() {
    close();
    send(std::exchange(request_, {}));
}

void HttpConnection::close() noexcept {
    socket_ = Descriptor();
    received_.clear();
    is_awaited_ = false;
}

bool HttpConnection::connect() {
    socket_ = connect_to(port_);
    if (!socket_.is_open()) return false;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    return ::epoll_ctl(poll_.poll_.get(), EPOLL_CTL_ADD, socket_.get(), &event) == 0;
}

bool HttpConnection::send_all() {
    std::string_view rest = request_;
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void HttpConnection::read() {
    if (!socket_.is_open()) return;  // closed by an event before this one
    std::array<char, 32 * 1024> buffer;
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        const bool was_awaited = is_awaited_;
        close();
        if (was_awaited) broke();
        return;
    }
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    // Nearly always an answer comes whole.
    if (received_.empty()) {
        if (const HttpAnswer whole = read_answer(piece); whole.size == piece.size()) {
            is_awaited_ = false;
            return answered(whole.status, whole.body);
        }
    }
    received_.append(piece);
    const HttpAnswer answer = read_answer(received_);
    if (answer.size == 0) return;
    SW_ASSERT(answer.size == received_.size());  // nothing was asked beyond it
    const std::string text = std::exchange(received_, {});
    const HttpAnswer kept = read_answer(text);
    is_awaited_ = false;
    answered(kept.status, kept.body);
}

}  // namespace stepwell::bench
