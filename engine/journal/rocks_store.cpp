#include "journal/rocks_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"

namespace stepwell::journal {

namespace {

// What ascends but is less than this goes where compaction makes larger files of it.
constexpr std::size_t lane_bytes_min = 512 << 10;
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
rocksdb::DBOptions database_options() {
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.max_background_jobs = 2;
    options.max_open_files = 512;
    options.max_file_opening_threads = 1;  // 16 are made and ended at each open otherwise
    options.stats_dump_period_sec = 0;     // no periodic threads
    options.stats_persist_period_sec = 0;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.keep_log_file_num = 1;
    options.recycle_log_file_num = 0;
    options.skip_stats_update_on_db_open = true;
    options.bytes_per_sync = 1 << 20;  // so that a file's sync does not hold up the log's
    return options;
}

std::shared_ptr<rocksdb::TableFactory> table_factory(const std::shared_ptr<rocksdb::Cache>& cache,
                                                     std::size_t block_bytes) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = block_bytes;
    table.checksum = rocksdb::kXXH3;  // Debian's CRC32C is not the processor's
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.format_version = 5;
    return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

rocksdb::ColumnFamilyOptions family_options() {
    rocksdb::ColumnFamilyOptions options;
    options.write_buffer_size = 64 << 10;  // never used
    options.level0_file_num_compaction_trigger = 8;
    options.max_bytes_for_level_base = 64 << 20;
    options.target_file_size_base = 8 << 20;
    options.level_compaction_dynamic_level_bytes = true;
    return options;
}

rocksdb::ColumnFamilyOptions common_options(const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions options = family_options();
    options.compaction_style = rocksdb::kCompactionStyleUniversal;
    const auto compressions = rocksdb::GetSupportedCompressions();
    const bool has_lz4 = std::find(compressions.begin(), compressions.end(),
                                   rocksdb::kLZ4Compression) != compressions.end();
    options.compression = has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
    options.table_factory = table_factory(cache, 4 << 10);
    return options;
}

// Histories, what has ended, and function code: no compression, which would take longer than all
// else.
rocksdb::ColumnFamilyOptions archive_options(const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions options = family_options();
    options.compression = rocksdb::kNoCompression;
    options.target_file_size_base = 64 << 20;
    options.table_factory = table_factory(cache, 16 << 10);
    return options;
}

/// Writes one of RocksDB's sorted files, in the order of the keys.
class SortedFile {
 public:
    SortedFile(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, std::string path)
        : path_(std::move(path)),
          writer_(rocksdb::EnvOptions(db.GetDBOptions()), db.GetOptions(family), family) {
        status_ = writer_.Open(path_);
    }

    void add(Table table, const MemoryTable::Entry& entry) {
        key_.assign(1, table_byte(table)).append(entry.key());
        const auto value = entry.value();
        put(key_, value);
    }
    void put(std::string_view key, std::optional<std::string_view> value) {
        if (!status_.ok()) return;
        status_ = value ? writer_.Put(slice(key), slice(*value)) : writer_.Delete(slice(key));
    }
    /// Ends the file and makes it durable.
    Result<std::string> finish() {
        if (status_.ok()) status_ = writer_.Finish();
        if (!status_.ok()) return store_error(status_);
        return std::move(path_);
    }

 private:
    std::string path_;
    rocksdb::SstFileWriter writer_;
    rocksdb::Status status_;
    std::string key_;
};

}  // namespace

/// The files of one `write`.
struct RocksStore::Made {
    std::array<std::vector<std::string>, 2> paths;  // by Family
    std::vector<std::pair<Lane, std::string>> last_keys;

    void add(Family family, std::string path) {
        paths[static_cast<std::size_t>(family)].push_back(std::move(path));
    }
};

Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::filesystem::path& path,
                                                     std::function<void(Error)> on_failure) {
    const auto cache = rocksdb::NewLRUCache(8 << 20, 2);
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, common_options(cache)},
        {"archive", archive_options(cache)}};
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    const auto status =
        rocksdb::DB::Open(database_options(), path.string(), families, &handles, &opened);
    if (!status.ok()) {
        return Error(errors::system_failure,
                     "cannot open the store in " + path.string() + ": " + status.ToString());
    }
    std::filesystem::path incoming = path / "incoming";
    std::unique_ptr<RocksStore> store(new RocksStore(std::unique_ptr<rocksdb::DB>(opened),
                                                     {handles[0], handles[1]}, std::move(incoming),
                                                     std::move(on_failure)));
    // What a crash left there was not taken in.
    std::error_code failed;
    std::filesystem::remove_all(store->incoming_, failed);
    if (!failed) std::filesystem::create_directory(store->incoming_, failed);
    if (failed) {
        return Error(errors::system_failure,
                     "cannot make " + store->incoming_.string() + ": " + failed.message());
    }
    if (auto read = store->read_position(); !read.has_value()) return read.error();
    return store;
}

RocksStore::RocksStore(std::unique_ptr<rocksdb::DB> db,
                       std::array<rocksdb::ColumnFamilyHandle*, 2> families,
                       std::filesystem::path incoming, std::function<void(Error)> on_failure)
    : db_(std::move(db)),
      families_(families),
      incoming_(std::move(incoming)),
      on_failure_(std::move(on_failure)) {}

RocksStore::~RocksStore() {
    for (rocksdb::ColumnFamilyHandle* const family : families_)
        db_->DestroyColumnFamilyHandle(family);
}

RocksStore::Family RocksStore::family_of(Table table) noexcept {
    const bool is_archived = table == Table::history || table == Table::execution ||
                             table == Table::execution_listing || table == Table::blob;
    return is_archived ? Family::archive : Family::common;
}

rocksdb::ColumnFamilyHandle* RocksStore::handle_of(Table table) const noexcept {
    return families_[static_cast<std::size_t>(family_of(table))];
}

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

// ---- writing -----------------------------------------------------------------------------------

Result<> RocksStore::write(const Tables& changes, const Position& position) {
    Made made;
    if (auto written = write_common(changes, position, made); !written.has_value()) return written;
    if (auto written = write_archive(changes, made); !written.has_value()) return written;
    std::vector<rocksdb::IngestExternalFileArg> args;
    for (std::size_t family = 0; family < families_.size(); ++family) {
        if (made.paths[family].empty()) continue;
        rocksdb::IngestExternalFileArg& arg = args.emplace_back();
        arg.column_family = families_[family];
        arg.external_files = std::move(made.paths[family]);
        arg.options.move_files = true;
        arg.options.write_global_seqno = false;
        // Nobody holds a snapshot, and its memtables are empty.
        arg.options.snapshot_consistency = false;
        arg.options.allow_blocking_flush = false;
    }
    const auto status = db_->IngestExternalFiles(args);
    if (!status.ok()) return store_error(status);
    for (auto& [lane, key] : made.last_keys) last_keys_[lane] = std::move(key);
    position_ = position;
    return {};
}

Result<> RocksStore::write_common(const Tables& changes, const Position& position, Made& made) {
    SortedFile file(*db_, families_[static_cast<std::size_t>(Family::common)], next_file_name());
    for (std::uint8_t number = 0; number < table_count; ++number) {
        const Table table{number};
        if (family_of(table) != Family::common) continue;
        for (const MemoryTable::Entry* const entry : changes.of(table).sorted())
            file.add(table, *entry);
    }
    const StoredPosition stored{static_cast<std::uint64_t>(position.sequence), position.segment,
                                position.offset, position.hash};
    file.put(position_key,
             std::string_view(reinterpret_cast<const char*>(&stored), sizeof(stored)));
    SW_TRY(std::string path, file.finish());
    made.add(Family::common, std::move(path));
    return {};
}

Result<> RocksStore::write_archive(const Tables& changes, Made& made) {
    for (std::uint8_t number = 0; number < table_count; ++number) {
        const Table table{number};
        if (family_of(table) != Family::archive) continue;
        const Entries sorted = changes.of(table).sorted();
        const std::span<const MemoryTable::Entry* const> entries(sorted);
        const auto lane_byte = [&](std::size_t at) {
            return entries[at]->key().empty() ? '\0' : entries[at]->key().front();
        };
        for (std::size_t from = 0, to = 0; from < entries.size(); from = to) {
            while (to < entries.size() && lane_byte(to) == lane_byte(from)) ++to;
            auto written =
                write_lane({table, lane_byte(from)}, entries.subspan(from, to - from), made);
            if (!written.has_value()) return written;
        }
    }
    return {};
}

Result<> RocksStore::write_lane(Lane lane, std::span<const MemoryTable::Entry* const> entries,
                                Made& made) {
    const auto write = [&](std::span<const MemoryTable::Entry* const> part) -> Result<> {
        if (part.empty()) return {};
        SortedFile file(*db_, handle_of(lane.first), next_file_name());
        for (const MemoryTable::Entry* const entry : part) file.add(lane.first, *entry);
        SW_TRY(std::string path, file.finish());
        made.add(Family::archive, std::move(path));
        return {};
    };
    const std::string& last = last_key_of(lane);
    std::size_t ascending = entries.size();
    std::size_t bytes = 0;
    while (ascending > 0 && entries[ascending - 1]->key() > last) {
        --ascending;
        bytes += entries[ascending]->key().size() +
                 entries[ascending]->value().value_or(std::string_view{}).size();
    }
    if (bytes < lane_bytes_min) ascending = entries.size();
    if (entries.back()->key() > last) made.last_keys.emplace_back(lane, entries.back()->key());
    if (auto written = write(entries.first(ascending)); !written.has_value()) return written;
    return write(entries.subspan(ascending));
}

const std::string& RocksStore::last_key_of(Lane lane) {
    const auto [found, is_unknown] = last_keys_.try_emplace(lane);
    if (is_unknown) {
        const std::string first(1, lane.second);
        const auto at = cursor(lane.first, bounds_of({.prefix = first}), true);
        if (!at->is_at_end()) found->second = at->key();
    }
    return found->second;
}

std::string RocksStore::next_file_name() {
    return (incoming_ / (std::to_string(++files_made_) + ".sst")).string();
}

// ---- reading -----------------------------------------------------------------------------------

void RocksStore::fail(const std::string& what) const {
    if (on_failure_) on_failure_(Error(errors::system_failure, "store: cannot read: " + what));
    SW_PANIC("the store cannot be read");
}

Result<> RocksStore::verify() const {
    const auto status = db_->VerifyChecksum();
    if (!status.ok()) return store_error(status);
    return {};
}

std::optional<std::string> RocksStore::get(Table table, std::string_view key) const {
    std::string value;
    const auto status =
        db_->Get(rocksdb::ReadOptions(), handle_of(table), stored_key(table, key), &value);
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
        at_.reset(store.db_->NewIterator(options, store.handle_of(table)));
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
