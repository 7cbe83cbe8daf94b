// The store behind the log: RocksDB, in the folder `store`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/journal.hpp"
#include "journal/scan.hpp"
#include "journal/tables.hpp"

namespace rocksdb {
class DB;
}

namespace stepwell::journal {

/// Keys are a byte for the table, then the key. With the changes stands the position of the log up
/// to which they are in; RocksDB's own log is off, so what counts after a crash is the last flush,
/// and replay starts from its position.
///
/// threads  `write` and `flush` from one; reads from any, also meanwhile
class RocksStore final : public Below {
 public:
    /// on_failure  called when a read fails; the process then ends, because a read has no other
    /// answer than the truth
    static Result<std::unique_ptr<RocksStore>> open(const std::filesystem::path& path,
                                                    std::function<void(Error)> on_failure);
    ~RocksStore() override;

    /// Up to where the log is in; nothing in a new store.
    std::optional<Position> position() const noexcept { return position_; }

    /// Puts the changes in; with the last of them, the position.
    Result<> write(const Tables& changes, const Position& position);
    /// Makes all that was written durable.
    Result<> flush();

    bool may_hold(Table table, std::string_view key) const override;
    std::optional<std::string> get(Table table, std::string_view key) const;
    /// A cursor over a table as it is now; keys come without the table's byte.
    std::unique_ptr<Cursor> cursor(Table table, const KeyBounds& bounds, bool reverse) const;

 private:
    RocksStore(std::unique_ptr<rocksdb::DB> db, std::function<void(Error)> on_failure);
    Result<> read_position();
    [[noreturn]] void fail(const std::string& what) const;
    friend class RocksCursor;

    const std::unique_ptr<rocksdb::DB> db_;
    const std::function<void(Error)> on_failure_;
    std::optional<Position> position_;
};

}  // namespace stepwell::journal
