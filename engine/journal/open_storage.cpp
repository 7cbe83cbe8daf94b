// Puts a data directory's parts together.
#include <utility>

#include "base/try.hpp"
#include "journal/data_directory.hpp"
#include "journal/durable_storage.hpp"
#include "journal/rocks_store.hpp"
#include "journal/segmented_log.hpp"
#include "journal/storage.hpp"

namespace stepwell::journal {

namespace {

/// A storage and the lock that it must not outlive.
class DirectoryStorage final : public Storage {
 public:
    DirectoryStorage(std::unique_ptr<DataDirectory> directory,
                     std::unique_ptr<DurableStorage> storage)
        : directory_(std::move(directory)), storage_(std::move(storage)) {}

    JournalSequence commit(Effects effects) override {
        return storage_->commit(std::move(effects));
    }
    JournalSequence durable() const noexcept override { return storage_->durable(); }
    void when_applied(JournalSequence sequence, UniqueFunction<void()> action) override {
        storage_->when_applied(sequence, std::move(action));
    }
    std::optional<std::string> get(Table table, std::string_view key) const override {
        return storage_->get(table, key);
    }
    void scan(Table table, ScanRange range,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
        storage_->scan(table, range, visit);
    }
    Result<> verify() const override { return storage_->verify(); }
    Statistics statistics() const noexcept override { return storage_->statistics(); }

 private:
    const std::unique_ptr<DataDirectory> directory_;  // unlocked last
    const std::unique_ptr<DurableStorage> storage_;
};

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& path,
                                          const StorageOptions& options) {
    if (options.open_store) return options.open_store(path);
    SW_TRY(auto rocks, RocksStore::open(path, options.on_failure));
    return std::unique_ptr<Store>(std::move(rocks));
}

/// Reports progress at the start, after each `report_bytes` of the log, and at the end.
class ProgressReport {
 public:
    ProgressReport(const StorageOptions& options, const SegmentedLog& log, const Position& from)
        : on_progress_(options.on_progress), log_(log), total_(log.bytes_behind(from)) {
        report();
    }
    void advance(const Position& at, std::uint64_t commits) {
        done_.commits = commits;
        const std::uint64_t left = log_.bytes_behind(at);
        done_.bytes_done = total_ - std::min(total_, left);
        if (done_.bytes_done - reported_ >= report_bytes) report();
    }
    void finish() {
        done_.bytes_done = total_;
        done_.commits_lost = log_.commits_lost();
        report();
    }

 private:
    static constexpr std::uint64_t report_bytes = 16 << 20;

    void report() {
        reported_ = done_.bytes_done;
        done_.bytes_total = total_;
        if (on_progress_) on_progress_(done_);
    }

    const std::function<void(const RecoveryProgress&)>& on_progress_;
    const SegmentedLog& log_;
    const std::uint64_t total_;
    RecoveryProgress done_;
    std::uint64_t reported_ = 0;
};

}  // namespace

bool is_data_directory(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path / "FORMAT", ignored);
}

Result<std::unique_ptr<Storage>> open_storage(StorageOptions options) {
    if (options.durability == Durability::none) return make_memory_storage();
    FileSystem& files = options.file_system != nullptr ? *options.file_system : posix_file_system();
    SW_TRY(auto directory, DataDirectory::open(files, options.directory));
    SegmentedLog::Options log_options{.directory = directory->path(),
                                      .id = directory->id(),
                                      .durability = options.durability,
                                      .segment_bytes_max = options.segment_bytes_max,
                                      .file_system = &files};
    if (directory->is_new()) {
        if (auto made = SegmentedLog::create(log_options); !made.has_value()) return made.error();
        if (auto made = directory->finish_making(files); !made.has_value()) return made.error();
    }
    SW_TRY(auto log, SegmentedLog::open(std::move(log_options)));
    SW_TRY(auto stored, open_store(directory->path() / "store", options));
    auto store = std::make_unique<LayeredStore>(std::move(stored), options.overlay_bytes_max);
    ProgressReport progress(options, *log, store->stored_position().value_or(log->origin()));
    auto storage = std::make_unique<DurableStorage>(
        std::move(log), std::move(store),
        DurableStorage::Options{.unapplied_bytes_max = options.unapplied_bytes_max,
                                .checkpoint_log_bytes = options.checkpoint_log_bytes,
                                .checkpoint_on_close = options.checkpoint_on_close,
                                .on_failure = options.on_failure});
    auto started = storage->start(
        [&progress](const Position& at, std::uint64_t commits) { progress.advance(at, commits); });
    if (!started.has_value()) return started.error();
    progress.finish();
    return std::unique_ptr<Storage>(
        std::make_unique<DirectoryStorage>(std::move(directory), std::move(storage)));
}

}  // namespace stepwell::journal
