// The journal: groups of commits, durable in order, and read back after a crash.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <string_view>

#include "journal/format.hpp"

namespace stepwell::journal {

/// A place between two records: all up to `sequence` lies before it. Where replay starts and
/// truncation ends.
struct Position {
    JournalSequence sequence{};
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    Hash hash{};  ///< of the record before

    friend bool operator==(const Position&, const Position&) = default;
};

inline std::uint64_t number(JournalSequence sequence) noexcept {
    return static_cast<std::uint64_t>(sequence);
}
inline JournalSequence next(JournalSequence sequence) noexcept {
    return JournalSequence{number(sequence) + 1};
}

/// Appends groups, each durable as a whole when `append` returns.
///
/// Life: made, `replay` once, then any number of appends. After an error of append or sync the
/// journal is to be given up: what is on the disk is not known.
///
/// threads  `append` from one thread; `truncate` and `sync` from another; `statistics` from any
class Journal {
 public:
    virtual ~Journal() = default;

    /// Where an empty journal starts.
    virtual Position origin() const = 0;

    /// One commit as it comes back: its sequence and its encoded changes, which are whole.
    struct Replayed {
        JournalSequence sequence{};
        std::string_view batch;
    };
    struct Visitor {
        std::function<void(const Replayed&)> commit;
        /// After the commits of each record: where it ends.
        std::function<Result<>(const Position& end)> record;
    };

    /// Reads what lies behind `from`, checks it, cuts an unfinished end off, and makes ready for
    /// appends.
    ///
    /// returns  the end
    /// errors   SystemFailure: something that was acknowledged is missing or damaged, with file and
    /// offset
    virtual Result<Position> replay(Position from, const Visitor& visit) = 0;

    /// Makes commits durable that follow the last one without a gap: all of them, or none is ever
    /// read back.
    ///
    /// batches  encoded changes, at least one, none empty; the first has the sequence after the
    /// end's returns  the end threads  blocks on the device
    virtual Result<Position> append(std::span<const std::string_view> batches) = 0;

    /// Puts everything appended on the device, where `append` only gives it to the operating
    /// system.
    virtual Result<> sync() = 0;

    /// Says that nothing before `position` will be asked for again.
    virtual Result<> truncate(const Position& position) = 0;

    struct Statistics {
        std::uint64_t groups = 0;
        std::uint64_t syncs = 0;
        std::uint64_t bytes = 0;  ///< headers and padding included
    };
    virtual Statistics statistics() const noexcept = 0;
};

}  // namespace stepwell::journal
