#include "sched/wake_up.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/assert.hpp"

namespace stepwell::sched {

WakeUp::WakeUp() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    SW_ASSERT(descriptor_ >= 0);
}

WakeUp::~WakeUp() { ::close(descriptor_); }

void WakeUp::signal() noexcept {
    const std::uint64_t one = 1;
    const ssize_t written = ::write(descriptor_, &one, sizeof one);
    SW_ASSERT(written == sizeof one ||
              errno == EAGAIN);  // EAGAIN: so many signals are pending that one more says nothing
}

void WakeUp::wait(std::chrono::nanoseconds at_most) noexcept {
    pollfd event{descriptor_, POLLIN, 0};
    timespec limit{};
    timespec* limit_or_none = nullptr;
    if (at_most.count() >= 0) {
        limit.tv_sec = static_cast<time_t>(at_most.count() / 1'000'000'000);
        limit.tv_nsec = static_cast<long>(at_most.count() % 1'000'000'000);
        limit_or_none = &limit;
    }
    if (::ppoll(&event, 1, limit_or_none, nullptr) <= 0)
        return;  // timed out, or a signal: the caller looks again
    std::uint64_t signals = 0;
    const ssize_t got = ::read(descriptor_, &signals, sizeof signals);
    SW_ASSERT(got == sizeof signals || errno == EAGAIN);
}

}  // namespace stepwell::sched
