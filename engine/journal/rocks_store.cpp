#include "journal/rocks_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"

namespace stepwell::journal {

namespace {

constexpr std::size_t batch_bytes_max = 1 << 20;
constexpr std::string_view position_key =
    "\xff"
    "position";

/// The position as it stands in the store.
struct StoredPosition {
    std::uint64_t sequence;
    std::uint64_t segment;
    std::uint64_t offset;
    Hash hash;
};
static_assert(sizeof(StoredPosition) == 40 &&
              std::has_unique_object_representations_v<StoredPosition>);

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

char table_byte(Table table) { return static_cast<char>(table); }

std::string stored_key(Table table, std::string_view key) {
    std::string stored;
    stored.reserve(1 + key.size());
    stored.push_back(table_byte(table));
    return stored.append(key);
}

Error store_error(const rocksdb::Status& status) {
    return Error(errors::system_failure, "store: " + status.ToString());
}

/// Small: an idle server must not notice that there is a store.
rocksdb::Options store_options() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = 16 << 20;
    options.arena_block_size = 64 << 10;
    options.memtable_whole_key_filtering = true;  // most keys that are erased were never stored
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.max_background_jobs = 2;
    options.max_open_files = 512;
    options.max_file_opening_threads = 1;  // 16 are made and ended at each open otherwise
    options.stats_dump_period_sec = 0;     // no periodic threads
    options.stats_persist_period_sec = 0;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.keep_log_file_num = 1;
    options.recycle_log_file_num = 0;
    options.skip_stats_update_on_db_open = true;
    options.avoid_flush_during_shutdown = true;  // its log is off; ours has what was not flushed
    // Histories, payloads and function code are written once, beside the tables of keys, and no
    // compaction touches them again; a file of them goes when the last of its executions is
    // deleted.
    options.enable_blob_files = true;
    options.min_blob_size = 256;
    options.blob_file_size = 64 << 20;
    options.enable_blob_garbage_collection = true;
    options.blob_garbage_collection_age_cutoff = 0.05;
    // Of keys alone: a flush of 16 MiB leaves a table of less than one.
    options.level0_file_num_compaction_trigger = 8;
    options.max_bytes_for_level_base = 64 << 20;
    options.target_file_size_base = 4 << 20;
    const auto compressions = rocksdb::GetSupportedCompressions();
    const bool has_lz4 = std::find(compressions.begin(), compressions.end(),
                                   rocksdb::kLZ4Compression) != compressions.end();
    options.compression = has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(8 << 20, 2);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.format_version = 5;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

}  // namespace

Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::filesystem::path& path,
                                                     std::function<void(Error)> on_failure) {
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(store_options(), path.string(), &opened);
    if (!status.ok()) {
        return Error(errors::system_failure,
                     "cannot open the store in " + path.string() + ": " + status.ToString());
    }
    std::unique_ptr<RocksStore> store(
        new RocksStore(std::unique_ptr<rocksdb::DB>(opened), std::move(on_failure)));
    if (auto read = store->read_position(); !read.has_value()) return read.error();
    return store;
}

RocksStore::RocksStore(std::unique_ptr<rocksdb::DB> db, std::function<void(Error)> on_failure)
    : db_(std::move(db)), on_failure_(std::move(on_failure)) {}

RocksStore::~RocksStore() = default;

Result<> RocksStore::read_position() {
    std::string value;
    const auto status = db_->Get(rocksdb::ReadOptions(), slice(position_key), &value);
    if (status.IsNotFound()) return {};
    if (!status.ok()) return store_error(status);
    StoredPosition stored;
    if (value.size() != sizeof(stored)) {
        return Error(errors::system_failure, "store: its position in the log cannot be read");
    }
    std::memcpy(&stored, value.data(), sizeof(stored));
    position_ = Position{.sequence = JournalSequence{stored.sequence},
                         .segment = stored.segment,
                         .offset = stored.offset,
                         .hash = stored.hash};
    return {};
}

Result<> RocksStore::write(const Tables& changes, const Position& position) {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    rocksdb::WriteBatch batch;
    // In parts: after a crash between two, replay starts before them and does each change again.
    for (std::uint8_t number = 0; number < table_count; ++number) {
        const char byte = table_byte(Table{number});
        for (const MemoryTable::Entry* const entry : changes.of(Table{number}).sorted()) {
            const auto value = entry->value();
            const std::array<rocksdb::Slice, 2> parts{rocksdb::Slice(&byte, 1),
                                                      slice(entry->key())};
            const rocksdb::SliceParts stored(parts.data(), static_cast<int>(parts.size()));
            rocksdb::Status status;
            if (value) {
                const rocksdb::Slice bytes = slice(*value);
                status = batch.Put(stored, rocksdb::SliceParts(&bytes, 1));
            } else {
                status = batch.Delete(stored);
            }
            if (status.ok() && batch.GetDataSize() > batch_bytes_max) {
                status = db_->Write(options, &batch);
                batch.Clear();
            }
            if (!status.ok()) return store_error(status);
        }
    }
    const StoredPosition stored{static_cast<std::uint64_t>(position.sequence), position.segment,
                                position.offset, position.hash};
    auto status = batch.Put(slice(position_key),
                            rocksdb::Slice(reinterpret_cast<const char*>(&stored), sizeof(stored)));
    if (status.ok()) status = db_->Write(options, &batch);
    if (!status.ok()) return store_error(status);
    position_ = position;
    return {};
}

Result<> RocksStore::flush() {
    const auto status = db_->Flush(rocksdb::FlushOptions());
    if (!status.ok()) return store_error(status);
    return {};
}

void RocksStore::fail(const std::string& what) const {
    if (on_failure_) on_failure_(Error(errors::system_failure, "store: cannot read: " + what));
    SW_PANIC("the store cannot be read");
}

bool RocksStore::may_hold(Table table, std::string_view key) const {
    std::string unused;
    return db_->KeyMayExist(rocksdb::ReadOptions(), stored_key(table, key), &unused);
}

std::optional<std::string> RocksStore::get(Table table, std::string_view key) const {
    std::string value;
    const auto status = db_->Get(rocksdb::ReadOptions(), stored_key(table, key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) fail(status.ToString());
    return value;
}

class RocksCursor final : public Cursor {
 public:
    RocksCursor(const RocksStore& store, Table table, const KeyBounds& bounds, bool reverse)
        : store_(store),
          low_(stored_key(table, bounds.low)),
          high_(bounds.high ? stored_key(table, *bounds.high)
                            : std::string(1, static_cast<char>(table_byte(table) + 1))),
          low_slice_(low_),
          high_slice_(high_),
          reverse_(reverse),
          is_empty_(high_ <= low_) {
        rocksdb::ReadOptions options;
        options.iterate_lower_bound = &low_slice_;
        options.iterate_upper_bound = &high_slice_;
        at_.reset(store.db_->NewIterator(options));
        if (is_empty_) return;
        if (reverse) {
            at_->SeekToLast();
        } else {
            at_->SeekToFirst();
        }
    }
    bool is_at_end() const override {
        if (is_empty_) return true;
        if (at_->Valid()) return false;
        if (!at_->status().ok()) store_.fail(at_->status().ToString());
        return true;
    }
    std::string_view key() const override { return view(at_->key()).substr(1); }
    std::optional<std::string_view> value() const override { return view(at_->value()); }
    void next() override {
        if (reverse_) {
            at_->Prev();
        } else {
            at_->Next();
        }
    }

 private:
    const RocksStore& store_;
    const std::string low_;
    const std::string high_;
    const rocksdb::Slice low_slice_;  // RocksDB keeps pointers to these two
    const rocksdb::Slice high_slice_;
    const bool reverse_;
    const bool is_empty_;
    std::unique_ptr<rocksdb::Iterator> at_;
};

std::unique_ptr<Cursor> RocksStore::cursor(Table table, const KeyBounds& bounds,
                                           bool reverse) const {
    return std::make_unique<RocksCursor>(*this, table, bounds, reverse);
}

}  // namespace stepwell::journal

// Debian's RocksDB is not built for ThreadSanitizer: its atomics and fences are invisible, and what
// it does between them with memcmp and delete looks like races of its own with itself. Reports that
// pass through its library are left out. Here, because a linker takes this file from the library
// for what is above, and would not take one for this alone: the sanitizer has a default of its own.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STEPWELL_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(STEPWELL_THREAD_SANITIZER)
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "race:librocksdb.so\nrace:rocksdb::\n";
}
#endif
