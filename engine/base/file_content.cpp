#include "base/file_content.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/errors.hpp"
#include "base/random.hpp"

namespace stepwell {

namespace {

Error file_error(std::string_view what, const std::string& path, int number) {
    return Error(errors::system_failure,
                 std::string("cannot ").append(what).append(" ").append(path).append(": ").append(
                     std::strerror(number)));
}

bool read_fully(int fd, std::uint64_t offset, std::span<char> bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t size = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        offset += static_cast<std::uint64_t>(size);
        bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
    return true;
}

}  // namespace

Result<std::shared_ptr<const OpenFile>> OpenFile::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return file_error("open", path, errno);
    struct stat status{};
    if (::fstat(fd, &status) != 0) {
        const Error error = file_error("read", path, errno);
        ::close(fd);
        return error;
    }
    return std::shared_ptr<const OpenFile>(
        new OpenFile(fd, static_cast<std::uint64_t>(status.st_size)));
}

OpenFile::~OpenFile() { ::close(fd_); }

bool OpenFile::read(std::uint64_t offset, std::span<char> bytes) const noexcept {
    return read_fully(fd_, offset, bytes);
}

std::uint64_t Content::size() const noexcept {
    std::uint64_t size = bytes.size();
    for (const FileRange& range : files) size += range.size;
    return size;
}

Result<std::string> Content::read() && {
    if (files.empty()) return std::move(bytes);
    std::string all(size(), '\0');
    std::span<char> rest(all);
    for (const FileRange& range : files) {
        if (!range.file->read(range.offset, rest.first(range.size)))
            return Error(errors::system_failure, "a file with an object's content cannot be read");
        rest = rest.subspan(range.size);
    }
    std::copy(bytes.begin(), bytes.end(), rest.begin());
    return all;
}

Result<std::unique_ptr<TemporaryFile>> TemporaryFile::create(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return file_error("make", directory, error.value());
    std::string path = directory + "/" + make_uuid();
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return file_error("make", path, errno);
    return std::unique_ptr<TemporaryFile>(new TemporaryFile(std::move(path), fd));
}

TemporaryFile::~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
    ::close(fd_);
}

Result<> TemporaryFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::write(fd_, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return file_error("write", path_, errno);
        size_ += static_cast<std::uint64_t>(size);
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return {};
}

bool TemporaryFile::read(std::uint64_t offset, std::span<char> bytes) const noexcept {
    return read_fully(fd_, offset, bytes);
}

Result<> TemporaryFile::sync() {
    if (::fdatasync(fd_) != 0) return file_error("sync", path_, errno);
    return {};
}

Result<> TemporaryFile::move_to(const std::string& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) return file_error("make", path, errno);
    path_.clear();
    return {};
}

Result<> sync_directory(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return file_error("open", path, errno);
    const int failed = ::fsync(fd) != 0 ? errno : 0;
    ::close(fd);
    if (failed != 0) return file_error("sync", path, failed);
    return {};
}

}  // namespace stepwell
