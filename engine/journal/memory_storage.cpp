// The storage that keeps nothing: tables in memory, one thread that releases and applies.
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "journal/applied.hpp"
#include "journal/commit_queue.hpp"
#include "journal/scan.hpp"
#include "journal/storage.hpp"
#include "journal/tables.hpp"

namespace stepwell::journal {

namespace {

class MemoryStorage final : public Storage {
 public:
    MemoryStorage() : thread_([this] { run(); }) {}
    ~MemoryStorage() override {
        queue_.close();
        thread_.join();
    }

    JournalSequence commit(Effects effects) override { return queue_.push(std::move(effects)); }

    // acquire: who sees the sequence sees what its commit did before
    JournalSequence durable() const noexcept override {
        return JournalSequence{durable_.load(std::memory_order_acquire)};
    }

    void when_applied(JournalSequence sequence, UniqueFunction<void()> action) override {
        waiters_.when(sequence, std::move(action));
    }

    std::optional<std::string> get(Table table, std::string_view key) const override {
        const std::shared_lock lock(tables_mutex_);
        const MemoryTable::Entry* const entry = tables_.of(table).find(key);
        if (entry == nullptr || !entry->value()) return std::nullopt;
        return std::string(*entry->value());
    }

    void scan(Table table, ScanRange range,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
        const auto open_page = [&](const KeyBounds& bounds, std::size_t entries_max) {
            const std::unique_lock lock(tables_mutex_);
            tables_.order(table);
            std::vector<std::unique_ptr<Cursor>> sources;
            sources.push_back(make_cursor(tables_.of(table), bounds, range.reverse));
            return take_page(sources, range.reverse, entries_max);
        };
        scan_by_pages(range, open_page, visit);
    }

    Statistics statistics() const noexcept override {
        // relaxed: figures, each on its own
        return Statistics{.commits = commits_.load(std::memory_order_relaxed),
                          .groups = groups_.load(std::memory_order_relaxed),
                          .applied = waiters_.applied()};
    }

 private:
    void run() {
        std::vector<CommitQueue::Entry> group;
        while (queue_.take(group)) {
            release(group);
            apply(group);
            waiters_.advance(group.back().sequence);
            group.clear();
        }
    }

    // Released before applied, as with a disk: nobody may count on a read seeing what was just
    // acknowledged.
    void release(std::vector<CommitQueue::Entry>& group) {
        std::uint64_t commits = 0;
        for (auto& entry : group) {
            commits += entry.effects.batch.is_empty() ? 0 : 1;
            // release: pairs with durable()
            durable_.store(static_cast<std::uint64_t>(entry.sequence), std::memory_order_release);
            for (auto& action : entry.effects.released) action();
            entry.effects.released.clear();
        }
        commits_.fetch_add(commits, std::memory_order_relaxed);  // relaxed: a figure
        groups_.fetch_add(1, std::memory_order_relaxed);         // relaxed: a figure
    }

    // Readers get their turn between commits; one commit is seen whole or not at all.
    void apply(const std::vector<CommitQueue::Entry>& group) {
        for (const auto& entry : group) {
            if (entry.effects.batch.is_empty()) continue;
            const std::unique_lock lock(tables_mutex_);
            tables_.apply(entry.effects.batch.encoded());
        }
    }

    CommitQueue queue_{JournalSequence{0}};
    AppliedWaiters waiters_{JournalSequence{0}};
    std::atomic<std::uint64_t> durable_{0};
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> groups_{0};
    mutable std::shared_mutex tables_mutex_;      // guards tables_
    mutable Tables tables_{Tables::Kind::whole};  // scans put it in order
    std::thread thread_;                          // last: starts when all else is there
};

}  // namespace

std::unique_ptr<Storage> make_memory_storage() { return std::make_unique<MemoryStorage>(); }

}  // namespace stepwell::journal
