// Waking threads once for many messages to them.
#pragma once

#include <utility>
#include <vector>

namespace stepwell {

/// While one lives, the wake-ups that its thread owes other threads are put off to its end: a
/// thread that hands out many commands in a row pays for one wake-up of each thread that slept, and
/// that one finds all its commands at once.
///
/// Whoever puts a wake-up off must not wait, before the end, for what the woken thread does.
///
/// threads  the one that made it; at most one a thread
class WakeBatch {
 public:
    WakeBatch() noexcept { current_ = this; }
    ~WakeBatch() {
        current_ = nullptr;
        wake_all();
    }
    WakeBatch(const WakeBatch&) = delete;
    WakeBatch& operator=(const WakeBatch&) = delete;

    /// Does what was put off so far.
    void wake_all() {
        for (const auto& [what, wake] : owed_) wake(what);
        owed_.clear();
    }

    /// Calls `wake(what)`, now or at the end of this thread's batch; `what` outlives both.
    static void owe(void* what, void (*wake)(void* what)) {
        if (current_ == nullptr) return wake(what);
        current_->owed_.emplace_back(what, wake);
    }

 private:
    static inline thread_local WakeBatch* current_ = nullptr;
    std::vector<std::pair<void*, void (*)(void*)>> owed_;
};

}  // namespace stepwell
