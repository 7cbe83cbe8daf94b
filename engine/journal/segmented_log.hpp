// Our write-ahead log: one hash-chained record per group of commits, in recycled segments.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "journal/high_water.hpp"
#include "journal/journal.hpp"
#include "journal/log_reader.hpp"
#include "journal/segment.hpp"

namespace stepwell::journal {

/// The journal of a data directory, in its folder `log`, with the high-water file beside it.
///
/// A keeper thread of its own prepares the next segment before it is needed, recycles what
/// truncation gave up, and puts the high-water mark on the device, at most every `mark_interval`.
/// It sleeps when there is nothing to do.
class SegmentedLog final : public Journal {
 public:
    struct Options {
        std::filesystem::path directory;  ///< the data directory
        DirectoryId id{};
        Durability durability = Durability::sync;  ///< sync or os
        std::uint64_t segment_bytes_max = 64 << 20;
        FileSystem* file_system = nullptr;
    };

    /// What `create` makes: enough that a crash within it leaves nothing that `open` would take for
    /// damage.
    static Result<> create(const Options& options);
    static Result<std::unique_ptr<SegmentedLog>> open(Options options);
    ~SegmentedLog() override;

    Position origin() const override;
    Result<Position> replay(Position from, const Visitor& visit) override;
    Result<Position> append(std::span<const std::string_view> batches) override;
    Result<> sync() override;
    Result<> truncate(const Position& position) override;
    Statistics statistics() const noexcept override;

    /// How many bytes `replay(from)` would read, at most.
    std::uint64_t bytes_behind(const Position& from) const;
    /// Commits that an earlier process acknowledged with Durability::os and that a loss of power
    /// took. After replay.
    std::uint64_t commits_lost() const noexcept { return commits_lost_; }

 private:
    static constexpr std::uint64_t segment_bytes_first = 1 << 20;
    static constexpr std::uint64_t segment_growth = 4;
    static constexpr std::size_t buffer_bytes_kept = 16 << 20;
    static constexpr auto mark_interval = std::chrono::milliseconds(2);

    SegmentedLog(Options options, std::unique_ptr<HighWater> high_water);

    FileSystem& files() const noexcept { return *options_.file_system; }
    Access access() const noexcept {
        return options_.durability == Durability::sync ? Access::write_direct : Access::write;
    }
    Result<> sync_segments(const Position& from);
    Result<> cut_off(const LogReader::End& end);
    Result<> start_at(const LogReader::End& end);
    std::uint64_t encode(std::span<const std::string_view> batches);
    void put_segment_header();
    void seal(std::uint64_t record_bytes, std::size_t commits);
    Result<> enter_next_segment(std::uint64_t bytes_needed);
    Result<> write(std::uint64_t record_bytes, bool is_first);
    Result<> write_at(std::uint64_t offset, std::span<const char> data);
    Result<Position> acknowledge();
    Result<SegmentFile> take_prepared(std::uint64_t segment, std::uint64_t bytes_needed);

    void keep();
    void keep_once(std::unique_lock<std::mutex>& lock);
    void prepare(std::unique_lock<std::mutex>& lock);
    void retire(std::unique_lock<std::mutex>& lock);
    void sync_mark(std::unique_lock<std::mutex>& lock);

    // Immutable.
    const Options options_;
    const Seal seal_;
    const std::unique_ptr<HighWater> high_water_;

    // The writer's only.
    Position end_;
    std::uint64_t capacity_bytes_ = 0;  // of the segment that end_ is in
    BlockBuffer buffer_;                // a block for a segment's header, then the record
    std::uint64_t commits_lost_ = 0;

    // Invariants
    //  (1) segments_ has every segment from the last truncation on, in order; its last is the one
    //  written to, or the
    //      one prepared to follow it.
    //  (2) directory_ is used by the keeper, or by the writer while is_preparing_ is false and it
    //  holds the mutex. (3) failure_ is set at most once, and nothing is appended after it.
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable keeper_wakes_;
    std::condition_variable prepared_or_failed_;
    SegmentDirectory directory_;
    std::vector<SegmentFile> segments_;
    std::shared_ptr<File> file_;  // the segment written to; replaced by the writer
    std::vector<std::shared_ptr<File>>
        unsynced_;  // segments left with Durability::os, not yet synced
    std::optional<SegmentFile> prepared_;
    std::uint64_t prepare_segment_ = 0;  // the number to be prepared; 0: none
    std::uint64_t prepare_bytes_ = 0;
    std::uint64_t unprepared_segment_ = 0;  // could not be prepared; not to be tried over and over
    bool is_preparing_ = false;
    std::vector<SegmentFile> retired_;
    bool is_mark_dirty_ = false;
    std::chrono::steady_clock::time_point mark_due_{};
    std::optional<Error> failure_;
    bool is_closing_ = false;

    std::atomic<std::uint64_t> appended_{0};  // the last sequence given to the operating system
    std::atomic<std::uint64_t> synced_{0};    // the last sequence known to be on the device

    // relaxed wherever used: figures, each on its own
    std::atomic<std::uint64_t> groups_{0};
    std::atomic<std::uint64_t> syncs_{0};
    std::atomic<std::uint64_t> bytes_{0};

    std::thread keeper_;
};

}  // namespace stepwell::journal
