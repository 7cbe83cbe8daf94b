// Answers that wait until what they tell is durable.
#pragma once

#include <mutex>
#include <utility>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

namespace stepwell::access {

/// Called once with the outcome, on any thread.
template <class T = void>
using Reply = UniqueFunction<void(Result<T>)>;

/// Commits the changes and answers once they, and everything before them, are durable. Answers at
/// once, on the caller's thread, when there is nothing to wait for.
///
/// lock     the one that orders the changes in memory, held; commits get the same order. It is
/// released before
///          an answer is given on the caller's thread
template <class T>
void commit_then_reply(std::unique_lock<std::mutex> lock, Storage& storage,
                       JournalSequence& last_commit, Effects effects, Reply<T> reply,
                       Result<T> result) {
    const bool has_changes = !effects.is_empty();
    if (!has_changes && last_commit <= storage.durable()) {
        lock.unlock();
        reply(std::move(result));
        return;
    }
    effects.when_durable([reply = std::move(reply), result = std::move(result)]() mutable {
        reply(std::move(result));
    });
    const JournalSequence sequence = storage.commit(std::move(effects));
    if (has_changes) last_commit = sequence;
}

}  // namespace stepwell::access
