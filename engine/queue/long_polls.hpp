// Receives that wait for a message.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

namespace stepwell::queue {

/// The parked requests of one queue, in the order in which they came. `Request` is movable.
///
/// Pairs with the queue's count of ready messages so that none lies unseen while a request waits:
/// who makes a message ready counts it and then looks at `is_empty`; who parks a request parks it
/// and then looks at the count. All four are seq_cst, so at least one of the two sees the other.
///
/// threads  any; `is_empty` without a lock, the others lock for a few moves
template <class Request>
class LongPolls {
 public:
    using Id = std::uint64_t;
    struct Claimed {
        Id id;
        Request request;
    };

    bool is_empty() const noexcept { return waiting_.load() == 0; }

    Id park(Request request) {
        const std::scoped_lock lock(mutex_);
        const Id id = next_++;
        requests_.emplace(id, std::move(request));
        waiting_.store(requests_.size());
        return id;
    }

    /// Takes the one that has waited longest.
    std::optional<Claimed> claim_first() {
        const std::scoped_lock lock(mutex_);
        return requests_.empty() ? std::nullopt : take(requests_.begin());
    }

    /// Takes one by its id; nothing when it has been claimed.
    std::optional<Claimed> claim(Id id) {
        const std::scoped_lock lock(mutex_);
        const auto found = requests_.find(id);
        return found == requests_.end() ? std::nullopt : take(found);
    }

    /// Puts one that got nothing back to its place.
    void put_back(Claimed claimed) {
        const std::scoped_lock lock(mutex_);
        requests_.emplace(claimed.id, std::move(claimed.request));
        waiting_.store(requests_.size());
    }

 private:
    using Requests = std::map<Id, Request>;

    std::optional<Claimed> take(typename Requests::iterator at) {
        Claimed claimed{at->first, std::move(at->second)};
        requests_.erase(at);
        waiting_.store(requests_.size());
        return claimed;
    }

    std::mutex mutex_;  // guards requests_ and next_
    Requests requests_;
    Id next_ = 1;
    std::atomic<std::size_t> waiting_{0};  // requests_.size()
};

}  // namespace stepwell::queue
