#include "journal/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "base/errors.hpp"
#include "base/try.hpp"

namespace stepwell::journal {

namespace fs = std::filesystem;

Error file_error(std::string_view what, const fs::path& path, int error) {
    return Error(errors::system_failure, std::string(what) + " " + path.string() + ": " +
                                             std::system_category().message(error));
}

namespace {

/// An open file descriptor.
class Descriptor {
 public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const noexcept { return number_; }

 private:
    int number_;
};

class PosixFile final : public File {
 public:
    PosixFile(Descriptor descriptor, fs::path path, bool is_direct)
        : descriptor_(std::move(descriptor)), path_(std::move(path)), is_direct_(is_direct) {}

    IoCount write_some(std::uint64_t offset, std::span<const char> data) override {
        const ssize_t count =
            ::pwrite(descriptor_.number(), data.data(), data.size(), static_cast<off_t>(offset));
        return count < 0 ? IoCount{0, errno} : IoCount{static_cast<std::size_t>(count), 0};
    }
    IoCount read_some(std::uint64_t offset, std::span<char> data) override {
        const ssize_t count =
            ::pread(descriptor_.number(), data.data(), data.size(), static_cast<off_t>(offset));
        return count < 0 ? IoCount{0, errno} : IoCount{static_cast<std::size_t>(count), 0};
    }
    int sync() override { return ::fdatasync(descriptor_.number()) == 0 ? 0 : errno; }
    Result<std::uint64_t> size() override {
        struct stat status{};
        if (::fstat(descriptor_.number(), &status) != 0) {
            return file_error("cannot look at", path_, errno);
        }
        return static_cast<std::uint64_t>(status.st_size);
    }
    const fs::path& path() const noexcept override { return path_; }
    bool is_direct() const noexcept override { return is_direct_; }

 private:
    Descriptor descriptor_;
    fs::path path_;
    bool is_direct_;
};

constexpr mode_t file_mode = 0600;

int open_retrying(const fs::path& path, int flags) {
    int number = -1;
    do {
        number = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, file_mode);
    } while (number < 0 && errno == EINTR);
    return number;
}

/// Some file systems take O_DIRECT when a file is opened and refuse it when it is used: a read
/// tells.
bool can_read_direct(int number) {
    BlockBuffer block;
    block.reserve(block_bytes);
    ssize_t count = -1;
    do {
        count = ::pread(number, block.data(), block_bytes, 0);
    } while (count < 0 && errno == EINTR);
    return count >= 0;
}

class PosixFileSystem final : public FileSystem {
 public:
    Result<std::unique_ptr<File>> open(const fs::path& path, Access access) override {
        if (access == Access::write_direct) {
            Descriptor direct(open_retrying(path, O_RDWR | O_CREAT | O_DIRECT | O_DSYNC));
            if (direct.number() >= 0 && can_read_direct(direct.number())) {
                return std::unique_ptr<File>(
                    std::make_unique<PosixFile>(std::move(direct), path, true));
            }
        }
        Descriptor plain(open_retrying(path, access == Access::read ? O_RDONLY : O_RDWR | O_CREAT));
        if (plain.number() < 0) return file_error("cannot open", path, errno);
        return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(plain), path, false));
    }

    Result<> make_directory(const fs::path& path) override {
        if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
            return file_error("cannot make directory", path, errno);
        }
        return {};
    }

    Result<std::vector<std::string>> list(const fs::path& directory) override {
        std::vector<std::string> names;
        std::error_code error;
        for (fs::directory_iterator at(directory, error), end; !error && at != end;
             at.increment(error)) {
            names.push_back(at->path().filename().string());
        }
        if (error) return file_error("cannot list", directory, error.value());
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<bool> exists(const fs::path& path) override {
        struct stat status{};
        if (::lstat(path.c_str(), &status) == 0) return true;
        if (errno == ENOENT) return false;
        return file_error("cannot look at", path, errno);
    }

    Result<> rename(const fs::path& from, const fs::path& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0)
            return file_error("cannot rename", from, errno);
        return {};
    }

    Result<> remove(const fs::path& path) override {
        if (::unlink(path.c_str()) != 0) return file_error("cannot remove", path, errno);
        return {};
    }

    Result<> sync_directory(const fs::path& directory) override {
        const Descriptor opened(open_retrying(directory, O_RDONLY | O_DIRECTORY));
        if (opened.number() < 0) return file_error("cannot open", directory, errno);
        if (::fsync(opened.number()) != 0) return file_error("cannot sync", directory, errno);
        return {};
    }

    BootId boot_id() override {
        const auto text = read_file(*this, "/proc/sys/kernel/random/boot_id");
        BootId id{};
        if (!text.has_value()) return id;
        std::size_t digits = 0;
        for (const char c : *text) {
            const bool is_digit = c >= '0' && c <= '9';
            if (!is_digit && !(c >= 'a' && c <= 'f')) continue;
            if (digits == 2 * id.size()) break;
            const int value = is_digit ? c - '0' : c - 'a' + 10;
            auto& byte = id[digits / 2];
            byte = static_cast<std::uint8_t>(byte * 16 + value);
            ++digits;
        }
        return id;
    }
};

}  // namespace

FileSystem& posix_file_system() {
    static PosixFileSystem files;
    return files;
}

Result<> write_all(File& file, std::uint64_t offset, std::span<const char> data) {
    while (!data.empty()) {
        const IoCount count = file.write_some(offset, data);
        if (count.error == EINTR) continue;
        if (count.error != 0 || count.bytes == 0) {
            return file_error("cannot write at offset " + std::to_string(offset) + " of",
                              file.path(), count.error == 0 ? ENOSPC : count.error);
        }
        // After a short write of a direct file the rest would not be aligned: that block is written
        // again.
        const std::size_t done = file.is_direct() && count.bytes < data.size()
                                     ? count.bytes / block_bytes * block_bytes
                                     : count.bytes;
        if (done == 0) {
            return file_error("wrote less than a block at offset " + std::to_string(offset) + " of",
                              file.path(), EIO);
        }
        offset += done;
        data = data.subspan(done);
    }
    return {};
}

Result<std::size_t> read_all(File& file, std::uint64_t offset, std::span<char> data) {
    std::size_t done = 0;
    while (done < data.size()) {
        const IoCount count = file.read_some(offset + done, data.subspan(done));
        if (count.error == EINTR) continue;
        if (count.error != 0) {
            return file_error("cannot read at offset " + std::to_string(offset + done) + " of",
                              file.path(), count.error);
        }
        if (count.bytes == 0) break;
        done += count.bytes;
    }
    return done;
}

Result<> sync(File& file) {
    if (file.is_direct()) return {};
    if (const int error = file.sync(); error != 0) {
        return file_error("cannot sync", file.path(), error);
    }
    return {};
}

Result<std::string> read_file(FileSystem& files, const fs::path& path) {
    SW_TRY(const auto file, files.open(path, Access::read));
    std::string text(64 << 10, '\0');
    SW_TRY(const std::size_t bytes, read_all(*file, 0, text));
    text.resize(bytes);
    return text;
}

Result<> replace_file(FileSystem& files, const fs::path& path, std::string_view text) {
    fs::path temporary = path;
    temporary += ".tmp";
    SW_TRY(const bool is_left_over, files.exists(temporary));
    if (is_left_over) {
        if (auto removed = files.remove(temporary); !removed.has_value()) return removed.error();
    }
    SW_TRY(const auto file, files.open(temporary, Access::write));
    if (auto written = write_all(*file, 0, text); !written.has_value()) return written.error();
    if (auto synced = sync(*file); !synced.has_value()) return synced.error();
    if (auto renamed = files.rename(temporary, path); !renamed.has_value()) return renamed.error();
    return files.sync_directory(path.parent_path());
}

void BlockBuffer::Free::operator()(char* memory) const noexcept {
    ::operator delete[](memory, std::align_val_t{block_bytes});
}

void BlockBuffer::reserve(std::size_t bytes, std::size_t kept) {
    if (bytes <= capacity_) return;
    const std::size_t capacity = whole_blocks(std::max(bytes, capacity_ * 2));
    std::unique_ptr<char, Free> grown(
        static_cast<char*>(::operator new[](capacity, std::align_val_t{block_bytes})));
    if (kept > 0) std::memcpy(grown.get(), data_.get(), kept);
    data_ = std::move(grown);
    capacity_ = capacity;
}

void BlockBuffer::release() noexcept {
    data_.reset();
    capacity_ = 0;
}

}  // namespace stepwell::journal
