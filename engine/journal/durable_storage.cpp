#include "journal/durable_storage.hpp"

#include <pthread.h>

#include <future>
#include <utility>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"

namespace stepwell::journal {

namespace {

constexpr std::uint64_t group_bytes_max = 8 << 20;
constexpr std::size_t group_commits_max = 1 << 16;

void name_this_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

}  // namespace

DurableStorage::DurableStorage(std::unique_ptr<Journal> journal,
                               std::unique_ptr<LayeredStore> store, Options options)
    : options_(std::move(options)), journal_(std::move(journal)), store_(std::move(store)) {}

// ---- opening -----------------------------------------------------------------------------------

Result<> DurableStorage::start(
    const std::function<void(const Position&, std::uint64_t)>& on_replayed) {
    SW_ASSERT(!queue_);
    std::uint64_t commits = 0;
    const Journal::Visitor visitor{.commit =
                                       [&](const Journal::Replayed& commit) {
                                           store_->apply(commit.batch);
                                           ++commits;
                                       },
                                   .record = [&](const Position& end) -> Result<> {
                                       on_replayed(end, commits);
                                       if (!store_->is_full()) return {};
                                       store_->turn_over(end);
                                       return store_->drain();
                                   }};
    const Position from = store_->stored_position().value_or(journal_->origin());
    stored_ = from;
    SW_TRY(const Position end, journal_->replay(from, visitor));
    queue_.emplace(end.sequence);
    waiters_.emplace(end.sequence);
    durable_ = static_cast<std::uint64_t>(end.sequence);
    applied_ = end;
    writer_ = std::thread([this] { write_all_groups(); });
    releaser_ = std::thread([this] { release_all(); });
    applier_ = std::thread([this] { apply_all(); });
    drainer_ = std::thread([this] { drain_all(); });
    return {};
}

DurableStorage::~DurableStorage() {
    if (!queue_) return;
    settle();
    queue_->close();
    writer_.join();
    releases_.close();
    applicables_.close();
    releaser_.join();
    applier_.join();
    {
        const std::scoped_lock lock(mutex_);
        is_closing_ = true;
        changed_.notify_all();
    }
    drainer_.join();
}

// ---- writer and releaser -----------------------------------------------------------------------

void DurableStorage::write_all_groups() {
    name_this_thread("sw-journal");
    std::vector<CommitQueue::Entry> entries;
    while (queue_->take(entries)) {
        write_groups(entries);
        entries.clear();
    }
}

void DurableStorage::write_groups(std::span<CommitQueue::Entry> entries) {
    while (!entries.empty() && !has_failed_) {
        std::size_t count = 0;
        std::uint64_t bytes = 0;
        while (count < entries.size() && count < group_commits_max) {
            bytes += entries[count].effects.batch.encoded().size();
            if (count > 0 && bytes > group_bytes_max)
                break;  // a larger commit has a group to itself
            ++count;
        }
        write_group(entries.first(count));
        entries = entries.subspan(count);
    }
}

void DurableStorage::write_group(std::span<CommitQueue::Entry> group) {
    Applicable applicable;
    std::vector<Effects::Released> released;
    std::vector<std::string_view> encoded;
    for (CommitQueue::Entry& entry : group) {
        for (auto& action : entry.effects.released) released.push_back(std::move(action));
        if (entry.effects.batch.is_empty()) continue;
        applicable.batches.push_back(std::move(entry.effects.batch));
        applicable.bytes += applicable.batches.back().encoded().size();
    }
    if (!applicable.batches.empty()) {
        wait_for_applier();
        for (const Batch& batch : applicable.batches) encoded.push_back(batch.encoded());
        auto appended = journal_->append(encoded);
        if (!appended.has_value()) return fail(appended.error());
        applicable.end = *appended;
        SW_ASSERT(applicable.end.sequence == group.back().sequence);
        commits_.fetch_add(encoded.size(), std::memory_order_relaxed);  // relaxed: a figure
        // release: pairs with durable()
        durable_.store(static_cast<std::uint64_t>(applicable.end.sequence),
                       std::memory_order_release);
    }
    if (!released.empty()) releases_.push(std::move(released));
    if (applicable.batches.empty()) return;
    const std::uint64_t written = journal_->statistics().bytes;
    {
        const std::scoped_lock lock(mutex_);
        unapplied_bytes_ += applicable.bytes;
        log_bytes_ += written - std::exchange(written_bytes_, written);
    }
    applicables_.push(std::move(applicable));
}

void DurableStorage::wait_for_applier() {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [this] { return unapplied_bytes_ < options_.unapplied_bytes_max || has_failed_; });
}

void DurableStorage::release_all() {
    name_this_thread("sw-release");
    std::vector<std::vector<Effects::Released>> groups;
    while (releases_.take(groups)) {
        for (auto& group : groups) {
            for (auto& action : group) action();
        }
        groups.clear();
    }
}

// ---- applier and drainer -----------------------------------------------------------------------

void DurableStorage::apply_all() {
    name_this_thread("sw-apply");
    std::vector<Applicable> groups;
    while (applicables_.take(groups)) {
        for (const Applicable& group : groups) {
            if (has_failed_) break;
            for (const Batch& batch : group.batches) store_->apply(batch.encoded());
            applied_ = group.end;
            waiters_->advance(group.end.sequence);
            finish_applying(group.bytes);
        }
        groups.clear();
    }
}

void DurableStorage::finish_applying(std::uint64_t bytes) {
    std::unique_lock lock(mutex_);
    unapplied_bytes_ -= bytes;
    if (unapplied_bytes_ + bytes >= options_.unapplied_bytes_max) changed_.notify_all();
    const bool is_checkpoint_due = log_bytes_ > options_.checkpoint_log_bytes;
    if (!is_checkpoint_due && !store_->is_full()) return;
    changed_.wait(lock, [this] { return !wants_drain_ || !is_far_behind() || has_failed_; });
    if (wants_drain_ || has_failed_) return;
    const bool turned = store_->turn_over(applied_);
    SW_ASSERT(turned);
    wants_drain_ = true;
    log_bytes_ = 0;
    changed_.notify_all();
}

bool DurableStorage::is_far_behind() const {
    return store_->is_overfull() || log_bytes_ > 2 * options_.checkpoint_log_bytes;
}

void DurableStorage::drain_all() {
    name_this_thread("sw-drain");
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return wants_drain_ || is_closing_ || has_failed_; });
        if (has_failed_) return;
        const bool is_last = !wants_drain_;
        lock.unlock();
        if (is_last) return close_store();
        drain();
        lock.lock();
        wants_drain_ = false;
        changed_.notify_all();
    }
}

void DurableStorage::drain() {
    // The store must not know what the device's log does not: with Durability::os it could be lost
    // there.
    if (auto synced = journal_->sync(); !synced.has_value()) return fail(synced.error());
    if (auto drained = store_->drain(); !drained.has_value()) return fail(drained.error());
    stored_ = *store_->stored_position();
    auto truncated = journal_->truncate(stored_);
    if (!truncated.has_value()) return fail(truncated.error());
}

// The other threads have ended, so that applied_ may be read here.
void DurableStorage::close_store() {
    if (!options_.checkpoint_on_close || applied_ == stored_) {
        if (auto synced = journal_->sync(); !synced.has_value()) fail(synced.error());
        return;
    }
    store_->turn_over(applied_);
    drain();
}

// ---- closing and failing -----------------------------------------------------------------------

// Released actions may commit in their turn: waits until a round of waiting has brought nothing
// new.
void DurableStorage::settle() {
    for (std::uint64_t seen = queue_->pushed();;) {
        auto released = std::make_shared<std::promise<void>>();
        auto all_released = released->get_future();
        Effects
            nothing;  // keeps the only promise: it breaks when a failed storage drops the action
        nothing.when_durable([released = std::move(released)] { released->set_value(); });
        commit(std::move(nothing));
        all_released.wait();
        wait_until_applied(durable());
        if (queue_->pushed() == seen + 1) return;
        seen = queue_->pushed();
    }
}

Storage::Statistics DurableStorage::statistics() const noexcept {
    const Journal::Statistics journal = journal_->statistics();
    return {.commits = commits_.load(std::memory_order_relaxed),  // relaxed: a figure
            .groups = journal.groups,
            .syncs = journal.syncs,
            .journal_bytes = journal.bytes,
            .applied = waiters_->applied()};
}

void DurableStorage::fail(const Error& error) {
    {
        const std::scoped_lock lock(mutex_);
        if (has_failed_.exchange(true)) return;
        changed_.notify_all();
    }
    if (options_.on_failure) options_.on_failure(error);
    queue_->discard();
    waiters_->discard();
}

}  // namespace stepwell::journal
