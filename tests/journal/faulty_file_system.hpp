// The operating system's files, of which any call can be made to fail, and which can lose power.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "journal/file.hpp"

namespace stepwell::journal {

/// Counts all calls. The one with the number `fails_at` fails as `fault` says; the others are the
/// system's.
///
/// threads  any
class FaultyFileSystem final : public FileSystem {
 public:
    enum class Fault : std::uint8_t {
        error,        ///< EIO
        disk_full,    ///< ENOSPC
        interrupted,  ///< EINTR from reads and writes; others succeed
        short_count,  ///< half of what was asked for, from reads and writes; others succeed
        torn_write,   ///< the power goes in a write: its first block is lost; others succeed
    };

    explicit FaultyFileSystem(std::uint64_t fails_at = 0, Fault fault = Fault::error)
        : fails_at_(fails_at), fault_(fault) {}

    std::uint64_t calls() const { return calls_; }
    bool has_failed() const { return fails_at_ != 0 && calls_ >= fails_at_; }
    /// From now on this is another boot of the machine.
    void reboot() { boot_[0] = static_cast<std::uint8_t>(boot_[0] + 1); }

    Result<std::unique_ptr<File>> open(const std::filesystem::path& path, Access access) override {
        if (fails()) return file_error("cannot open", path, number());
        auto opened = posix_file_system().open(path, access);
        if (!opened.has_value()) return opened.error();
        return std::unique_ptr<File>(std::make_unique<FaultyFile>(*this, std::move(*opened)));
    }
    Result<> make_directory(const std::filesystem::path& path) override {
        if (fails()) return file_error("cannot make directory", path, number());
        return posix_file_system().make_directory(path);
    }
    Result<std::vector<std::string>> list(const std::filesystem::path& path) override {
        if (fails()) return file_error("cannot list", path, number());
        return posix_file_system().list(path);
    }
    Result<bool> exists(const std::filesystem::path& path) override {
        if (fails()) return file_error("cannot look at", path, number());
        return posix_file_system().exists(path);
    }
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
        if (fails()) return file_error("cannot rename", from, number());
        return posix_file_system().rename(from, to);
    }
    Result<> remove(const std::filesystem::path& path) override {
        if (fails()) return file_error("cannot remove", path, number());
        return posix_file_system().remove(path);
    }
    Result<> sync_directory(const std::filesystem::path& path) override {
        if (fails()) return file_error("cannot sync", path, number());
        return posix_file_system().sync_directory(path);
    }
    BootId boot_id() override { return boot_; }

 private:
    class FaultyFile final : public File {
     public:
        FaultyFile(FaultyFileSystem& system, std::unique_ptr<File> file)
            : system_(system), file_(std::move(file)) {}
        IoCount write_some(std::uint64_t offset, std::span<const char> data) override {
            if (!system_.is_next()) return file_->write_some(offset, data);
            if (system_.fault_ == Fault::torn_write) return tear(offset, data);
            if (system_.fault_ != Fault::short_count) return {0, system_.number()};
            // A direct file is written in whole blocks; of a single one, all or nothing.
            const std::size_t unit = file_->is_direct() ? block_bytes : 1;
            const std::size_t half = data.size() / unit / 2 * unit;
            return file_->write_some(offset, half == 0 ? data : data.first(half));
        }
        IoCount read_some(std::uint64_t offset, std::span<char> data) override {
            if (!system_.is_next() || system_.fault_ == Fault::torn_write)
                return file_->read_some(offset, data);
            if (system_.fault_ != Fault::short_count) return {0, system_.number()};
            return file_->read_some(offset, data.first(std::max<std::size_t>(data.size() / 2, 1)));
        }
        int sync() override { return system_.fails() ? system_.number() : file_->sync(); }
        Result<std::uint64_t> size() override {
            if (system_.fails()) return file_error("cannot look at", path(), system_.number());
            return file_->size();
        }
        const std::filesystem::path& path() const noexcept override { return file_->path(); }
        bool is_direct() const noexcept override { return file_->is_direct(); }

     private:
        IoCount tear(std::uint64_t offset, std::span<const char> data) {
            if (data.size() > block_bytes) {
                const IoCount kept =
                    file_->write_some(offset + block_bytes, data.subspan(block_bytes));
                if (kept.error != 0) return kept;
            }
            return {0, system_.number()};
        }

        FaultyFileSystem& system_;
        std::unique_ptr<File> file_;
    };

    bool is_next() { return ++calls_ == fails_at_; }
    /// Of calls that are neither reads nor writes: those faults are not theirs.
    bool fails() {
        const bool next = is_next();
        return next && (fault_ == Fault::error || fault_ == Fault::disk_full);
    }
    int number() const {
        switch (fault_) {
            case Fault::disk_full:
                return ENOSPC;
            case Fault::interrupted:
                return EINTR;
            case Fault::error:
            case Fault::short_count:
            case Fault::torn_write:
                break;
        }
        return EIO;
    }

    const std::uint64_t fails_at_;
    const Fault fault_;
    std::atomic<std::uint64_t> calls_{0};
    BootId boot_{1};
};

}  // namespace stepwell::journal
