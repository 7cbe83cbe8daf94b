// A simulated disk: files that lose power, tear, fill up, fail and rot, as the seed says.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/file.hpp"
#include "journal/store.hpp"
#include "sim/fibers.hpp"

namespace stepwell::sim {

/// One machine's disk, and its page cache.
///
/// A write through the page cache is on the device once the file was synced; before, a loss of
/// power keeps any subset of its sectors of 512 bytes. A direct write is on the device when it
/// returns; of one that is under way any subset of sectors is kept. Names are on the device once
/// their directory was synced; before, a loss of power keeps some of the first changes.
///
/// threads  the fibers'; driver's: power_off, reboot, flip_bit and what is said of faults
class Disk final : public journal::FileSystem {
 public:
    Disk(Fibers& fibers, Random& random, Trace& trace);
    ~Disk() override;

    // As a process sees it.
    Result<std::unique_ptr<journal::File>> open(const std::filesystem::path& path,
                                                journal::Access access) override;
    Result<> make_directory(const std::filesystem::path& path) override;
    Result<std::vector<std::string>> list(const std::filesystem::path& path) override;
    Result<bool> exists(const std::filesystem::path& path) override;
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Result<> remove(const std::filesystem::path& path) override;
    Result<> sync_directory(const std::filesystem::path& path) override;
    journal::BootId boot_id() override { return boot_; }
    /// What stands behind the log: its writes are all or nothing, as RocksDB promises.
    std::unique_ptr<journal::Store> open_store();

    // As the driver plans it.

    /// Calls `crash` in the middle of the call with this number, which never returns.
    void crash_at(std::uint64_t call, std::function<void()> crash);
    /// From the call with this number on, calls that change something fail with `error` (an errno),
    /// until the next reboot.
    void fail_from(std::uint64_t call, int error);
    std::uint64_t calls() const noexcept { return calls_; }
    bool has_failed() const noexcept { return has_failed_; }

    /// The process is gone: nobody continues its calls.
    void end_process();
    /// What was not synced is lost, in part or as a whole.
    void lose_power();

    /// A bit that flips on the device, in a file of the log or the high-water mark.
    struct Flip {
        std::string path;
        std::uint64_t offset;
        std::uint8_t bit;
    };
    std::optional<Flip> flip_bit();
    void flip_back(const Flip& flip);

    std::uint64_t syncs() const noexcept { return syncs_; }
    std::uint64_t bytes_written() const noexcept { return bytes_written_; }

 private:
    struct Inode;
    class OpenFile;
    class SimulatedStore;
    struct Stored;
    using InodePtr = std::shared_ptr<Inode>;
    using Names = std::map<std::string, InodePtr>;
    enum class Kind : std::uint8_t { look, change };

    /// A call begins: it takes time, and may be the one with which the process ends. An errno.
    int begin_call(Kind kind, std::uint64_t what);
    bool is_crash_call() const noexcept { return calls_ == crash_call_ && crash_ != nullptr; }
    void crash_if_planned();
    void change_names(std::function<void(Names&)> change);
    void keep_some_sectors(Inode& inode, std::uint64_t offset, std::string_view data);

    Fibers& fibers_;
    Random& random_;
    Trace& trace_;
    Names names_;          // as processes see them
    Names durable_names_;  // as the device has them
    std::vector<std::function<void(Names&)>> unsynced_names_;
    std::unique_ptr<Stored> stored_;
    journal::BootId boot_{1};
    bool is_direct_ = false;

    std::uint64_t calls_ = 0;
    std::uint64_t crash_call_ = 0;
    std::function<void()> crash_;
    std::uint64_t fail_call_ = 0;
    int fail_error_ = 0;
    bool has_failed_ = false;
    std::uint64_t syncs_ = 0;
    std::uint64_t bytes_written_ = 0;
};

}  // namespace stepwell::sim
