#include "journal/commit_queue.hpp"

#include <utility>

#include "base/assert.hpp"

namespace stepwell::journal {

JournalSequence CommitQueue::push(Effects effects) {
    std::unique_lock lock(mutex_);
    ++pushed_;
    if (!effects.batch.is_empty()) {
        last_ = JournalSequence{static_cast<std::uint64_t>(last_) + 1};
    }
    const JournalSequence sequence = last_;
    if (is_discarding_) {
        lock.unlock();  // the actions of `effects` are destroyed without the lock: they may hold
                        // anything
        return sequence;
    }
    entries_.push_back(Entry{sequence, std::move(effects)});
    const bool wakes = std::exchange(is_waiting_, false);
    lock.unlock();
    if (wakes) not_empty_.notify_one();
    return sequence;
}

std::uint64_t CommitQueue::pushed() const {
    const std::scoped_lock lock(mutex_);
    return pushed_;
}

bool CommitQueue::take(std::vector<Entry>& entries) {
    SW_ASSERT(entries.empty());
    std::unique_lock lock(mutex_);
    while (entries_.empty()) {
        if (is_closed_) return false;
        is_waiting_ = true;
        not_empty_.wait(lock);
    }
    is_waiting_ = false;
    entries.swap(entries_);
    return true;
}

void CommitQueue::close() {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
    not_empty_.notify_one();
}

void CommitQueue::discard() {
    std::vector<Entry> dropped;
    const std::scoped_lock lock(mutex_);
    is_discarding_ = true;
    dropped.swap(entries_);
}

}  // namespace stepwell::journal
