// What the queues of one data directory share. Known to this folder only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>

#include "base/identity.hpp"
#include "base/siphash.hpp"
#include "sched/timers.hpp"

namespace stepwell::queue {

class StandardQueue;

/// The services that queues use, the key of their receipt handles, and who can be found by name.
///
/// Shared by Queues, the queues, and what they left with the storage and the timers; `close` cuts
/// these off.
///
/// threads  any
class World {
 public:
    World(Identity identity_of_world, Clock& clock_of_world, Storage& storage_of_world,
          sched::Timers& timers)
        : identity(std::move(identity_of_world)),
          clock(clock_of_world),
          storage(storage_of_world),
          timers_(timers) {}

    // Immutable once recovery is over.
    const Identity identity;
    Clock& clock;
    Storage& storage;
    MacKey receipt_key{};
    std::uint64_t epoch =
        0;  ///< counts the starts of this data directory; keeps sequences and ids from coming again

    /// Does nothing once closed.
    void schedule(TimePoint due, UniqueFunction<void()> action,
                  sched::Timers::Kind kind = sched::Timers::Kind::awaited) {
        const std::shared_lock lock(open_);
        if (!is_closed_) timers_.schedule(due, std::move(action), kind);
    }

    bool is_closed() const {
        const std::shared_lock lock(open_);
        return is_closed_;
    }

    /// After this nothing of the queues touches timers, and no queue is found.
    void close() {
        const std::unique_lock lock(open_);
        is_closed_ = true;
    }

    std::shared_ptr<StandardQueue> find(std::string_view name) const {
        const std::shared_lock lock(names_);
        const auto found = queues.find(name);
        return found == queues.end() ? nullptr : found->second;
    }

    std::shared_ptr<StandardQueue> find_by_arn(std::string_view arn) const {
        const std::string prefix = identity.arn("sqs", "");
        return arn.starts_with(prefix) ? find(arn.substr(prefix.size())) : nullptr;
    }

    std::shared_mutex& names() const { return names_; }
    /// Guarded by names(). Changes hold it exclusively, and commit under it, so that a queue is in
    /// the journal before anything that needs it.
    std::map<std::string, std::shared_ptr<StandardQueue>, std::less<>> queues;

 private:
    sched::Timers& timers_;
    mutable std::shared_mutex open_;  // guards is_closed_, and timers_ while it is open
    bool is_closed_ = false;
    mutable std::shared_mutex names_;
};

}  // namespace stepwell::queue
