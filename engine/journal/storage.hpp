// Opens a Storage: a data directory, or memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

namespace stepwell::journal {

class FileSystem;
class Store;

/// How far the recovery of a directory is.
struct RecoveryProgress {
    std::uint64_t bytes_done = 0;   ///< of the log, read and checked
    std::uint64_t bytes_total = 0;  ///< of the log, at most
    std::uint64_t commits = 0;      ///< applied again
    /// Acknowledged with Durability::os by an earlier process, and lost when the machine lost
    /// power. At the end only.
    std::uint64_t commits_lost = 0;
};

struct StorageOptions {
    std::filesystem::path directory;  ///< made when missing; unused with Durability::none
    Durability durability = Durability::sync;

    /// Called once, on a thread of the storage's, when a write or sync has failed. Nothing is
    /// acknowledged afterwards; the process should say so and end. Must not call into the storage.
    std::function<void(Error)> on_failure = {};
    /// Called while `open_storage` recovers, on its caller's thread: at the start, now and then,
    /// and at the end.
    std::function<void(const RecoveryProgress&)> on_progress = {};

    std::uint64_t segment_bytes_max = 64 << 20;      ///< segments of the log grow up to this
    std::uint64_t checkpoint_log_bytes = 256 << 20;  ///< a checkpoint is due when the log is longer
    std::uint64_t overlay_bytes_max = 32 << 20;  ///< changes in memory before they go to RocksDB
    std::uint64_t unapplied_bytes_max = 64
                                        << 20;  ///< commits wait when the store is further behind
    /// Brings the store up to date when the storage is destroyed, so that the next open has nothing
    /// to replay.
    bool checkpoint_on_close = true;
    FileSystem* file_system = nullptr;  ///< for tests; the operating system's otherwise
    /// For tests: opens what stands behind the log instead of RocksDB.
    std::function<Result<std::unique_ptr<Store>>(const std::filesystem::path&)> open_store = {};
};

/// Opens or makes the data directory and recovers what it holds; with Durability::none, an empty
/// memory.
///
/// Destroying the storage makes durable, releases and applies all that was committed, then stops
/// its threads. No commit may come from other threads by then.
///
/// errors  InUse: another process has the directory open. SystemFailure: it is of a newer version;
/// it is damaged (the message
///         names file and offset; nothing was changed); the operating system refused something
/// threads blocks; calls on_progress
Result<std::unique_ptr<Storage>> open_storage(StorageOptions options);

/// Whether there is a data directory at `path`, whatever state it is in.
bool is_data_directory(const std::filesystem::path& path);

/// A storage with Durability::none: nothing on disk, nothing left when it is destroyed.
std::unique_ptr<Storage> make_memory_storage();

}  // namespace stepwell::journal
