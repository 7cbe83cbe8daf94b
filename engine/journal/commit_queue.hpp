// Where commits of all threads line up for the one thread that makes them durable.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stepwell/journal.hpp>
#include <vector>

namespace stepwell::journal {

/// Puts commits in one order and numbers them.
///
/// The order is that of the calls: a mutex around "number it, append it" keeps what happened before
/// in front, whoever calls. A lock-free queue such as moodycamel's keeps order per producer only,
/// and would let a reply overtake the commit that it depends on. The section under the lock is a
/// few moves; the consumer takes all there is by a swap.
///
/// threads  push from any; take from one
class CommitQueue {
 public:
    struct Entry {
        JournalSequence
            sequence{};  ///< of an Effects without changes: that of the last commit before it
        Effects effects;
    };

    explicit CommitQueue(JournalSequence last) : last_(last) {}

    /// Numbers and queues the step. One without changes gets no number of its own.
    JournalSequence push(Effects effects);

    /// How many steps were ever pushed, those without changes included.
    std::uint64_t pushed() const;

    /// Waits for entries and swaps them into `entries`, which is empty. False: closed, and nothing
    /// is left.
    bool take(std::vector<Entry>& entries);

    /// Lets `take` return false once all is taken. Pushes are still allowed until it has.
    void close();

    /// Drops what is queued and what comes: after a failure. The dropped actions are destroyed, not
    /// run.
    void discard();

 private:
    // Invariants
    //  (1) Sequences in entries_ never decrease, and last_ is the highest ever given out.
    //  (2) is_waiting_ is set only while the consumer waits; a pusher that finds it set resets it
    //  and notifies, so
    //      that a sleeping consumer is woken once, not once a commit.
    mutable std::mutex mutex_;  // guards all that follows
    std::condition_variable not_empty_;
    std::vector<Entry> entries_;
    JournalSequence last_;
    std::uint64_t pushed_ = 0;
    bool is_waiting_ = false;
    bool is_closed_ = false;
    bool is_discarding_ = false;
};

}  // namespace stepwell::journal
