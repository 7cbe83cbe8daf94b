#include "journal/applied.hpp"

#include <utility>

namespace stepwell::journal {

void AppliedWaiters::when(JournalSequence sequence, UniqueFunction<void()> action) {
    {
        const std::scoped_lock lock(mutex_);
        if (sequence > applied_) {
            if (!is_discarding_) waiting_.emplace(sequence, std::move(action));
            return;
        }
    }
    action();
}

void AppliedWaiters::advance(JournalSequence applied) {
    std::vector<UniqueFunction<void()>> due;
    {
        const std::scoped_lock lock(mutex_);
        applied_ = applied;
        const auto end = waiting_.upper_bound(applied);
        for (auto at = waiting_.begin(); at != end; ++at) due.push_back(std::move(at->second));
        waiting_.erase(waiting_.begin(), end);
    }
    for (auto& action : due) action();
}

void AppliedWaiters::discard() {
    std::multimap<JournalSequence, UniqueFunction<void()>> dropped;
    const std::scoped_lock lock(mutex_);
    is_discarding_ = true;
    dropped.swap(waiting_);
}

}  // namespace stepwell::journal
