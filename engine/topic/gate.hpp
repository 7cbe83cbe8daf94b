// Who is inside, and when the last one has left.
#pragma once

#include <atomic>
#include <cstdint>

namespace stepwell::topic {

/// Keeps what its owner was given usable while somebody is inside, without a lock: who is inside
/// may enter again.
///
/// threads  any
class Gate {
 public:
    /// Inside while this lives, if it `is_open`.
    class Entered {
     public:
        explicit Entered(Gate& gate) : gate_(gate.enter() ? &gate : nullptr) {}
        ~Entered() {
            if (gate_ != nullptr) gate_->leave();
        }
        Entered(const Entered&) = delete;
        Entered& operator=(const Entered&) = delete;
        bool is_open() const noexcept { return gate_ != nullptr; }

     private:
        Gate* const gate_;
    };

    /// Lets nobody in any more and waits until all have left. Not to be called from inside.
    void close() {
        std::uint64_t state = state_.fetch_or(closed) | closed;
        while (state != closed) {
            state_.wait(state);
            state = state_.load();
        }
    }

 private:
    static constexpr std::uint64_t closed = std::uint64_t{1} << 63;

    bool enter() noexcept {
        std::uint64_t state = state_.load();
        do {
            if ((state & closed) != 0) return false;
        } while (!state_.compare_exchange_weak(state, state + 1));
        return true;
    }
    void leave() noexcept {
        if (state_.fetch_sub(1) == closed + 1) state_.notify_all();
    }

    std::atomic<std::uint64_t> state_{0};  // how many are inside, and whether it is closed
};

}  // namespace stepwell::topic
