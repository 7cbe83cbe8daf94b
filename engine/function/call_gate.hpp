// Lets call-backs of other threads in until it is closed, and knows when the last one has left.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

namespace stepwell::function {

/// For objects whose call-backs (of timers, queues, storage) may come at any time, also while they
/// are being destroyed.
///
/// threads  any
class CallGate {
 public:
    /// Being inside; false when the gate was closed.
    class Entry {
     public:
        explicit Entry(CallGate* gate) noexcept : gate_(gate) {}
        Entry(Entry&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        ~Entry() {
            if (gate_ != nullptr) gate_->leave();
        }
        explicit operator bool() const noexcept { return gate_ != nullptr; }

     private:
        CallGate* gate_;
    };

    [[nodiscard]] Entry enter() {
        const std::lock_guard lock(mutex_);
        if (is_closed_) return Entry(nullptr);
        ++inside_;
        return Entry(this);
    }

    /// Lets nobody in any more and waits until all have left. Not from inside.
    void close() {
        std::unique_lock lock(mutex_);
        is_closed_ = true;
        all_left_.wait(lock, [this] { return inside_ == 0; });
    }

 private:
    void leave() {
        const std::lock_guard lock(mutex_);
        if (--inside_ == 0) all_left_.notify_all();
    }

    std::mutex mutex_;  // guards what follows
    std::condition_variable all_left_;
    std::uint64_t inside_ = 0;
    bool is_closed_ = false;
};

}  // namespace stepwell::function
