// The store behind the log: RocksDB, in the folder `store`.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/store.hpp"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace stepwell::journal {

/// Keys are a byte for the table, then the key. Changes come in order and by the ten thousand, so
/// they are written as RocksDB's own sorted files and taken in all at once, past its log and its
/// memtables; with them the position of the log up to which they are in.
///
/// Two families of tables. In `archive` are those whose values are large and whose keys mostly
/// ascend: what continues a lane of ascending keys makes a file of its own, behind all others,
/// where no compaction will touch it again.
///
/// threads  `write` from one; reads from any, also meanwhile
class RocksStore final : public Store {
 public:
    /// on_failure  called when a read fails; the process then ends, because a read has no other
    /// answer than the truth
    static Result<std::unique_ptr<RocksStore>> open(const std::filesystem::path& path,
                                                    std::function<void(Error)> on_failure);
    ~RocksStore() override;

    std::optional<Position> position() const noexcept override { return position_; }
    Result<> write(const Tables& changes, const Position& position) override;
    Result<> verify() const override;
    std::optional<std::string> get(Table table, std::string_view key) const override;
    std::unique_ptr<Cursor> cursor(Table table, const KeyBounds& bounds,
                                   bool reverse) const override;

 private:
    enum class Family : std::uint8_t { common, archive };
    using Entries = std::vector<const MemoryTable::Entry*>;
    /// The keys of one table that begin with the same byte.
    using Lane = std::pair<Table, char>;
    struct Made;

    RocksStore(std::unique_ptr<rocksdb::DB> db,
               std::array<rocksdb::ColumnFamilyHandle*, 2> families, std::filesystem::path incoming,
               std::function<void(Error)> on_failure);
    static Family family_of(Table table) noexcept;
    rocksdb::ColumnFamilyHandle* handle_of(Table table) const noexcept;
    Result<> read_position();
    Result<> write_common(const Tables& changes, const Position& position, Made& made);
    Result<> write_archive(const Tables& changes, Made& made);
    Result<> write_lane(Lane lane, std::span<const MemoryTable::Entry* const> entries, Made& made);
    const std::string& last_key_of(Lane lane);
    std::string next_file_name();
    [[noreturn]] void fail(const std::string& what) const;
    friend class RocksCursor;

    const std::unique_ptr<rocksdb::DB> db_;
    const std::array<rocksdb::ColumnFamilyHandle*, 2> families_;  // by Family; the database's
    const std::filesystem::path incoming_;  // where files are made; none outlives `write`
    const std::function<void(Error)> on_failure_;
    std::optional<Position> position_;
    std::uint64_t files_made_ = 0;
    std::map<Lane, std::string> last_keys_;  // of what is stored, as far as asked for
};

}  // namespace stepwell::journal
