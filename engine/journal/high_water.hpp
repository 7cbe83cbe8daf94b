// How far the log was acknowledged, kept beside it: so that missing records are noticed, also at
// its end.
#pragma once

#include <memory>
#include <mutex>

#include "journal/format.hpp"

namespace stepwell::journal {

/// The high-water file: two slots, written in turn.
///
/// `record` puts the mark into the page cache before an acknowledgement leaves: the death of the
/// process loses none. `sync` puts it on the device now and then; after a loss of power the mark
/// may therefore lag, never lead.
///
/// threads  `record` from the log's writer, `sync` from the log's keeper, at once
class HighWater {
 public:
    /// What a process found that opened the directory.
    struct Mark {
        JournalSequence acknowledged{};
        JournalSequence synced{};
        Durability durability = Durability::sync;  ///< the earlier process's
        bool is_same_boot = false;  ///< the machine ran on: its page cache has lost nothing
        /// What must be in the log, else it is damaged.
        JournalSequence required() const noexcept { return is_same_boot ? acknowledged : synced; }
    };

    /// Makes the file of a new directory; the mark is zero.
    static Result<> create(FileSystem& files, const std::filesystem::path& path, const Seal& seal,
                           Durability durability);

    /// errors   SystemFailure: missing, damaged, or of a newer version
    static Result<std::unique_ptr<HighWater>> open(FileSystem& files,
                                                   const std::filesystem::path& path,
                                                   const Seal& seal, Durability durability);

    const Mark& found() const noexcept { return found_; }

    Result<> record(JournalSequence acknowledged, JournalSequence synced);
    Result<> sync();

 private:
    HighWater(std::unique_ptr<File> file, const Seal& seal, const BootId& boot,
              Durability durability);
    Result<> read_slots();

    // Invariants
    //  (1) Outside `sync`, slot 1 - active_ stands on the device, undamaged, and is not written to.
    //  (2) The active slot is written to until a sync of the file has succeeded; only then the
    //  slots change places.
    // So a power loss at any moment leaves one whole slot, and it is at most one sync older than
    // the other.
    const std::unique_ptr<File> file_;
    const Seal seal_;
    const BootId boot_;
    const Durability durability_;
    Mark found_;
    std::mutex mutex_;  // guards what follows
    std::size_t active_ = 0;
    std::uint64_t generation_ = 0;
};

}  // namespace stepwell::journal
