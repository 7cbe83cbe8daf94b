// The store behind the log, as the layers above it see it.
#pragma once

#include <memory>
#include <optional>
#include <stepwell/result.hpp>
#include <string>
#include <string_view>

#include "journal/journal.hpp"
#include "journal/scan.hpp"
#include "journal/tables.hpp"

namespace stepwell::journal {

/// What the log has been drained into: whole tables, and the position up to which they are.
/// RocksStore is the one; the simulation has its own, whose device is simulated.
///
/// threads  `write` and `position` from one; reads from any, also meanwhile
class Store {
 public:
    virtual ~Store() = default;

    /// Up to where the log is in; nothing in a new store.
    virtual std::optional<Position> position() const noexcept = 0;

    /// Puts the changes and the position in: durably, and all or nothing.
    virtual Result<> write(const Tables& changes, const Position& position) = 0;

    /// Checks everything stored against its checksums.
    virtual Result<> verify() const = 0;
    virtual std::optional<std::string> get(Table table, std::string_view key) const = 0;
    /// A cursor over a table as it is now; keys come without the table's byte.
    virtual std::unique_ptr<Cursor> cursor(Table table, const KeyBounds& bounds,
                                           bool reverse) const = 0;
};

}  // namespace stepwell::journal
