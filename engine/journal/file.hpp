// Files as the journal uses them, behind an interface so that tests can make any call fail.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stepwell/result.hpp>
#include <string>
#include <vector>

namespace stepwell::journal {

/// What one call of the operating system gave: how many bytes, or which errno.
struct IoCount {
    std::size_t bytes = 0;
    int error = 0;  ///< an errno value; 0: none
};

/// One open file. The calls are the system's own: they may be short or interrupted. Use the
/// functions below.
///
/// threads  any, also at once; positions are explicit
class File {
 public:
    virtual ~File() = default;
    virtual IoCount write_some(std::uint64_t offset, std::span<const char> data) = 0;
    virtual IoCount read_some(std::uint64_t offset, std::span<char> data) = 0;
    virtual int sync() = 0;  ///< fdatasync; an errno value
    virtual Result<std::uint64_t> size() = 0;
    virtual const std::filesystem::path& path() const noexcept = 0;
    /// True: a write that returns is on the device (O_DSYNC), and buffers and offsets are multiples
    /// of `block_bytes`.
    virtual bool is_direct() const noexcept = 0;
};

/// The unit of the log on disk, and the alignment that O_DIRECT asks for.
inline constexpr std::size_t block_bytes = 4096;

enum class Access : std::uint8_t {
    read,
    write,         ///< read and write through the page cache; made when missing
    write_direct,  ///< O_DIRECT and O_DSYNC where the file system can; else as `write`
};

using BootId = std::array<std::uint8_t, 16>;

class FileSystem {
 public:
    virtual ~FileSystem() = default;
    virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path,
                                               Access access) = 0;
    virtual Result<> make_directory(
        const std::filesystem::path& path) = 0;  ///< mode 0700; may exist
    virtual Result<std::vector<std::string>> list(const std::filesystem::path& directory) = 0;
    virtual Result<bool> exists(const std::filesystem::path& path) = 0;
    virtual Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    virtual Result<> remove(const std::filesystem::path& path) = 0;
    /// Makes names durable that were made, renamed or removed in a directory.
    virtual Result<> sync_directory(const std::filesystem::path& directory) = 0;
    /// Which boot of the machine this is: what was in the page cache is still there within one.
    /// Zero when unknown.
    virtual BootId boot_id() = 0;
};

/// The operating system's files.
FileSystem& posix_file_system();

/// Writes all of `data`, goes on after short and interrupted writes.
/// errors   SystemFailure, naming file and offset
Result<> write_all(File& file, std::uint64_t offset, std::span<const char> data);

/// Reads until `data` is full or the file ends; how much that was.
Result<std::size_t> read_all(File& file, std::uint64_t offset, std::span<char> data);

/// fdatasync, unless each write is synced anyway. An error is final: the kernel has dropped the
/// pages.
Result<> sync(File& file);

/// Reads a whole small file.
Result<std::string> read_file(FileSystem& files, const std::filesystem::path& path);

/// Replaces a small file as a whole: a temporary one, synced, renamed over it, the directory
/// synced.
Result<> replace_file(FileSystem& files, const std::filesystem::path& path, std::string_view text);

/// SystemFailure: "<what> <path>: <the system's words>".
Error file_error(std::string_view what, const std::filesystem::path& path, int error);

/// Memory aligned to blocks, for O_DIRECT. Grows, never shrinks below what is in use; contents are
/// kept.
class BlockBuffer {
 public:
    char* data() noexcept { return data_.get(); }
    std::size_t capacity() const noexcept { return capacity_; }
    std::span<char> first(std::size_t bytes) noexcept { return {data_.get(), bytes}; }
    /// Makes room for at least `bytes`; the first `kept` bytes are kept.
    void reserve(std::size_t bytes, std::size_t kept = 0);
    void release() noexcept;

 private:
    struct Free {
        void operator()(char* memory) const noexcept;
    };
    std::unique_ptr<char, Free> data_;
    std::size_t capacity_ = 0;
};

/// `bytes`, rounded up to whole blocks.
constexpr std::uint64_t whole_blocks(std::uint64_t bytes) noexcept {
    return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}

}  // namespace stepwell::journal
