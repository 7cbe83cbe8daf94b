// The storage of a data directory: commits go to a journal, from there into a store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "journal/applied.hpp"
#include "journal/commit_queue.hpp"
#include "journal/hand_over.hpp"
#include "journal/journal.hpp"
#include "journal/layered_store.hpp"
#include "journal/storage.hpp"

namespace stepwell::journal {

/// Four threads, each asleep while it has nothing to do:
///
///     committers ─▶ writer ─▶ releaser               the journal has it: what waited for that
///     happens
///                         └─▶ applier ─▶ drainer     into the overlay, where reads see it; later
///                         into RocksDB
///
/// The applier may lag; then the writer waits, so that memory stays bounded. Releases never wait
/// for applying.
class DurableStorage final : public Storage {
 public:
    struct Options {
        std::uint64_t unapplied_bytes_max = 64 << 20;
        std::uint64_t checkpoint_log_bytes = 256 << 20;
        bool checkpoint_on_close = true;
        std::function<void(Error)> on_failure;
    };

    /// A journal that is not yet replayed, and the store behind it.
    DurableStorage(std::unique_ptr<Journal> journal, std::unique_ptr<LayeredStore> store,
                   Options options);
    ~DurableStorage() override;

    /// Replays the journal into the store, then starts the threads. Once, before all else.
    ///
    /// on_replayed  after each record: where it ends, how many commits were replayed so far
    Result<> start(const std::function<void(const Position&, std::uint64_t)>& on_replayed);

    JournalSequence commit(Effects effects) override { return queue_->push(std::move(effects)); }
    // acquire: who sees the sequence sees what its commit did before
    JournalSequence durable() const noexcept override {
        return JournalSequence{durable_.load(std::memory_order_acquire)};
    }
    void when_applied(JournalSequence sequence, UniqueFunction<void()> action) override {
        waiters_->when(sequence, std::move(action));
    }
    std::optional<std::string> get(Table table, std::string_view key) const override {
        return store_->get(table, key);
    }
    void scan(Table table, ScanRange range,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
        store_->scan(table, range, visit);
    }
    Result<> verify() const override { return store_->verify(); }
    Statistics statistics() const noexcept override;

 private:
    /// Commits that are in the journal, on their way into the store.
    struct Applicable {
        std::vector<Batch> batches;
        Position end;
        std::uint64_t bytes = 0;
    };

    void write_all_groups();
    void write_groups(std::span<CommitQueue::Entry> entries);
    void write_group(std::span<CommitQueue::Entry> group);
    void wait_for_applier();
    void release_all();
    void apply_all();
    void finish_applying(std::uint64_t bytes);
    bool is_far_behind() const;
    void drain_all();
    void drain();
    void close_store();
    void settle();
    void fail(const Error& error);

    // Immutable after start.
    const Options options_;
    const std::unique_ptr<Journal> journal_;
    const std::unique_ptr<LayeredStore> store_;
    std::optional<CommitQueue> queue_;
    std::optional<AppliedWaiters> waiters_;

    HandOver<std::vector<Effects::Released>> releases_;
    HandOver<Applicable> applicables_;
    std::atomic<std::uint64_t> durable_{0};
    std::atomic<std::uint64_t> commits_{0};  // relaxed: a figure
    std::atomic<bool> has_failed_{false};

    std::uint64_t written_bytes_ = 0;  // the writer's: what the journal had written before
    Position applied_;                 // the applier's
    Position stored_;                  // the drainer's: up to where the store is

    // Invariants
    //  (1) unapplied_bytes_ counts what was handed to the applier and is not applied; the writer
    //  adds to it only while it
    //      is below the maximum.
    //  (2) Waits on changed_ end when has_failed_ is set: it is set under the mutex.
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::uint64_t unapplied_bytes_ = 0;
    std::uint64_t log_bytes_ = 0;  // since the last drain
    bool wants_drain_ = false;     // the store has a layer to drain
    bool is_closing_ = false;

    std::thread writer_;
    std::thread releaser_;
    std::thread applier_;
    std::thread drainer_;
};

}  // namespace stepwell::journal
