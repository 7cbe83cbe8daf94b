// How many requests may be under way at once: what comes beyond is refused at once, and cheaply.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/metrics_text.hpp"

namespace stepwell::wire {

/// Counts the requests that wait for the services, and their bytes. A server that is asked for more
/// than it can do keeps doing what it can: a request that would have to wait for too many others is
/// told to come again, instead of taking memory and the time of those before it.
///
/// threads  any; outlives its places
class Admission {
 public:
    struct Limits {
        std::uint64_t requests_max = 16 * 1024;
        std::uint64_t bytes_max = std::uint64_t{256} << 20;  ///< of their bodies
    };

    /// A request's place among those under way, until it is destroyed.
    class Place {
     public:
        Place(Place&& other) noexcept
            : admission_(std::exchange(other.admission_, nullptr)), bytes_(other.bytes_) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (admission_ != nullptr) admission_->leave(bytes_);
        }

     private:
        friend class Admission;
        Place(Admission& admission, std::size_t bytes) noexcept
            : admission_(&admission), bytes_(bytes) {}

        Admission* admission_;
        std::size_t bytes_;
    };

    explicit Admission(Limits limits) noexcept : limits_(limits) {}

    /// A place for a request with a body of so many bytes; nothing when there is none. A lone
    /// request always gets one.
    std::optional<Place> admit(std::size_t bytes) noexcept;

    void write(MetricsText& out) const;

 private:
    void leave(std::size_t bytes) noexcept;

    // relaxed wherever used: figures, which order nothing
    const Limits limits_;
    alignas(64) std::atomic<std::uint64_t> requests_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint64_t> refused_{0};
};

}  // namespace stepwell::wire
