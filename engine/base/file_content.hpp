// Content that may be too large for memory: files as they are written once, and parts of them to be
// read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

namespace stepwell {

/// A file that is open for reading. Stays readable when its name is taken away.
///
/// threads  any number at once
class OpenFile {
 public:
    /// errors  SystemFailure
    static Result<std::shared_ptr<const OpenFile>> open(const std::string& path);
    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    std::uint64_t size() const noexcept { return size_; }
    /// Fills `bytes` from `offset` on. False when the file ends before, or cannot be read.
    bool read(std::uint64_t offset, std::span<char> bytes) const noexcept;

 private:
    OpenFile(int fd, std::uint64_t size) noexcept : fd_(fd), size_(size) {}

    const int fd_;
    const std::uint64_t size_;
};

/// A part of a file.
struct FileRange {
    std::shared_ptr<const OpenFile> file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

/// What an object or a reply holds: parts of files, one after another, and then bytes.
struct Content {
    std::vector<FileRange> files = {};
    std::string bytes = {};

    std::uint64_t size() const noexcept;
    /// All of it in memory.
    /// errors  SystemFailure: a file cannot be read
    Result<std::string> read() &&;
};

/// A file that is being written, under a name of its own in a directory of ours. Deleted with this
/// object, unless it was moved to where it stays.
///
/// threads  one at a time
class TemporaryFile {
 public:
    /// Makes the directory, too, if it is not there; never follows a link.
    /// errors  SystemFailure
    static Result<std::unique_ptr<TemporaryFile>> create(const std::string& directory);
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    /// errors  SystemFailure: the disk is full
    Result<> append(std::string_view bytes);
    std::uint64_t size() const noexcept { return size_; }
    const std::string& path() const noexcept { return path_; }
    /// Fills `bytes` from `offset` on; false as OpenFile::read.
    bool read(std::uint64_t offset, std::span<char> bytes) const noexcept;

    /// Waits until the device has the content.
    Result<> sync();
    /// Gives the file its name, in the same file system: from now on it stays.
    Result<> move_to(const std::string& path);

 private:
    TemporaryFile(std::string path, int fd) noexcept : path_(std::move(path)), fd_(fd) {}

    std::string path_;  // empty: it was moved
    const int fd_;
    std::uint64_t size_ = 0;
};

/// Waits until the device has the names in a directory.
/// errors  SystemFailure
Result<> sync_directory(const std::string& path);

}  // namespace stepwell
