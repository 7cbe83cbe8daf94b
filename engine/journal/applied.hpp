// Who waits until reads see a commit.
#pragma once

#include <map>
#include <mutex>
#include <stepwell/journal.hpp>
#include <stepwell/unique_function.hpp>
#include <vector>

namespace stepwell::journal {

/// Keeps the actions given to `Storage::when_applied` and runs them when their commit is applied.
///
/// threads  `when` from any; `advance` from the one that applies
class AppliedWaiters {
 public:
    explicit AppliedWaiters(JournalSequence applied) : applied_(applied) {}

    /// Runs the action at once when `sequence` is applied, else keeps it for `advance`.
    void when(JournalSequence sequence, UniqueFunction<void()> action);

    /// Reads now see everything up to `applied`: runs what waited for it, in order of sequence.
    void advance(JournalSequence applied);

    /// Up to which commit reads see all. Any thread.
    JournalSequence applied() const {
        const std::scoped_lock lock(mutex_);
        return applied_;
    }

    /// Drops what waits and what comes too early, unrun: after a failure.
    void discard();

 private:
    mutable std::mutex mutex_;  // guards what follows; never held while an action runs
    std::multimap<JournalSequence, UniqueFunction<void()>> waiting_;
    JournalSequence applied_;
    bool is_discarding_ = false;
};

}  // namespace stepwell::journal
