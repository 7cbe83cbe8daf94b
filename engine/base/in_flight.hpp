// Work that no scheduler of ours has in its hands: with the disk, a child process, the network.
#pragma once

#include <atomic>
#include <cstdint>
#include <stepwell/clock.hpp>

namespace stepwell {

/// Counts what is under way, so that a virtual clock does not pass over it.
///
/// threads  any; each `end` follows its `begin`
class InFlight final : public Scheduler {
 public:
    explicit InFlight(Clock& clock) : clock_(clock) { clock_.attach(*this); }
    ~InFlight() { clock_.detach(*this); }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

    void begin() noexcept { begun_.fetch_add(1); }
    void end() noexcept {
        if (ended_.fetch_add(1) + 1 == begun_.load()) clock_.rested();
    }

    std::uint64_t begun() const noexcept { return begun_.load(); }
    std::uint64_t under_way() const noexcept {
        const std::uint64_t ended = ended_.load();  // first: never more than have begun
        return begun_.load() - ended;
    }

    Rest rest() const noexcept override {
        const std::uint64_t ended = ended_.load();  // first: what has ended stays so
        const std::uint64_t begun = begun_.load();
        return {ended == begun, begun, never};
    }

 private:
    Clock& clock_;
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> ended_{0};
};

}  // namespace stepwell
