// What the operating system says about processes and the disk, and a place for data.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace stepwell::bench {

/// CPU time that a process has taken so far, in microseconds; 0 when it is gone.
double cpu_us_of(pid_t process);
/// Resident memory of a process; 0 when it is gone.
std::uint64_t rss_bytes_of(pid_t process);
/// What a process has written to storage devices; 0 where the kernel does not tell.
std::uint64_t written_bytes_of(pid_t process);
/// Our own resident memory, after what is free in the heap was given back.
std::uint64_t own_rss_bytes();

/// The median of some writes of 4 KiB, each with its fdatasync.
double fsync_us_in(const std::filesystem::path& directory);

/// A directory in the system's temporary one (or in STEPWELL_BENCH_DIR), gone with this object.
class TemporaryDirectory {
 public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const noexcept { return path_; }

 private:
    std::filesystem::path path_;
};

/// Says on stderr how far the load is, once a second, and finds that it stands still.
class Progress {
 public:
    Progress()
        : began_(std::chrono::steady_clock::now()), last_report_(began_), last_change_(began_) {}
    /// For each second: `note` is said with the counts. False when nothing has ended for a minute.
    bool report(std::uint64_t started, std::uint64_t ended, const std::string& note = {});
    double seconds() const;

 private:
    std::chrono::steady_clock::time_point began_;
    std::chrono::steady_clock::time_point last_report_;
    std::chrono::steady_clock::time_point last_change_;
    std::uint64_t last_ended_ = 0;
};

[[noreturn]] void give_up(const std::string& why);

}  // namespace stepwell::bench
