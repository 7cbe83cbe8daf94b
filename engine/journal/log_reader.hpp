// Reads a log back, and tells an honest end from damage.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "journal/high_water.hpp"
#include "journal/journal.hpp"
#include "journal/segment.hpp"

namespace stepwell::journal {

/// One pass over a log, from a position to its end. Nothing is written.
///
/// threads  one
class LogReader {
 public:
    /// segments  the files there are, in order
    /// mark      what the high-water file says
    LogReader(FileSystem& files, const SegmentDirectory& directory, const Seal& seal,
              std::vector<SegmentFile> segments, const HighWater::Mark& mark);

    struct End {
        Position position;
        std::uint64_t capacity_bytes = 0;  ///< of the last segment
        /// Where records of this log lie that are cut off: headers to be overwritten, lest a later
        /// reader finds them.
        struct Stale {
            std::uint64_t segment;
            std::uint64_t offset;
        };
        std::vector<Stale> stale{};
        std::uint64_t commits_lost =
            0;  ///< acknowledged with Durability::os, lost with the machine's power
    };

    /// Reads and checks every record behind `from`.
    ///
    /// errors   SystemFailure with file and offset: the chain breaks before what was acknowledged
    Result<End> read(const Position& from, const Journal::Visitor& visit);

 private:
    struct Record {
        RecordHeader header;
        std::span<char> bytes;
    };

    bool has(std::uint64_t segment) const;
    Result<> open(std::uint64_t segment);
    /// Bytes of the open segment, fewer at its end; valid until the next call.
    Result<std::span<char>> window(std::uint64_t offset, std::uint64_t bytes);
    Result<std::optional<SegmentHeader>> header_of_segment(std::uint64_t segment);
    /// The record at `at`, when one is there that follows the last.
    Result<std::optional<Record>> record_at(const Position& at);
    Result<> visit_commits(const Record& record, const Journal::Visitor& visit) const;
    /// Whether the log goes on in the segment after `at`'s, which is then open.
    Result<bool> enter_next_segment(Position& at);
    Result<> check_end(End& end);
    Result<> find_stale(End& end);
    Error damage(const Position& at, std::string_view what) const;

    FileSystem& files_;
    const SegmentDirectory& directory_;
    const Seal seal_;
    const std::vector<SegmentFile> segments_;
    const HighWater::Mark mark_;

    std::unique_ptr<File> file_;
    std::uint64_t open_segment_ = 0;
    std::uint64_t file_bytes_ = 0;
    BlockBuffer buffer_;
    std::uint64_t buffer_offset_ = 0;  // what buffer_ holds of the open segment
    std::size_t buffer_bytes_ = 0;
};

}  // namespace stepwell::journal
