// Whether somebody still waits for an answer.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace stepwell {

/// The client behind a call. A long poll whose client has gone must not take what it would lose.
///
/// threads  any
class Caller {
 public:
    /// One that never goes.
    Caller() = default;
    explicit Caller(std::shared_ptr<const std::atomic<bool>> gone) noexcept
        : gone_(std::move(gone)) {}

    // relaxed: a client may go at any moment anyhow, and nothing else is read because of it
    bool is_gone() const noexcept {
        return gone_ != nullptr && gone_->load(std::memory_order_relaxed);
    }

 private:
    std::shared_ptr<const std::atomic<bool>> gone_;
};

}  // namespace stepwell
