// Blocking until another thread signals: an eventfd.
#pragma once

#include <chrono>

namespace stepwell::sched {

/// threads  signal: any; wait: one
class WakeUp {
 public:
    WakeUp();
    ~WakeUp();
    WakeUp(const WakeUp&) = delete;
    WakeUp& operator=(const WakeUp&) = delete;

    /// Makes the present or the next `wait` return.
    void signal() noexcept;
    /// Blocks until signalled, or for `at_most`; negative: without limit.
    void wait(std::chrono::nanoseconds at_most) noexcept;

 private:
    int descriptor_;
};

}  // namespace stepwell::sched
