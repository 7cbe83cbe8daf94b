#include "function/function_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace stepwell::function {

namespace {

std::string path_of(const std::string& directory, std::string_view function_name) {
    std::string path = directory;
    return path.append("/").append(function_name).append(".log");
}

// The last bytes of a file, at most `bytes_max`.
std::string read_end(const std::string& path, std::uint64_t bytes_max) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return {};
    struct stat status{};
    std::string text;
    if (::fstat(file, &status) == 0) {
        const auto size = static_cast<std::uint64_t>(status.st_size);
        text.resize(std::min(size, bytes_max));
        const ssize_t count =
            ::pread(file, text.data(), text.size(), static_cast<off_t>(size - text.size()));
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    ::close(file);
    return text;
}

}  // namespace

FunctionLog::FunctionLog(std::string directory, std::string function_name)
    : path_(path_of(directory, function_name)) {}

FunctionLog::~FunctionLog() {
    if (file_ >= 0) ::close(file_);
}

void FunctionLog::open_file() {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat status{};
    if (file_ < 0 || ::fstat(file_, &status) != 0) {
        has_failed_ = true;
        return;
    }
    file_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

void FunctionLog::append(std::string_view text) {
    if (file_ < 0 && !has_failed_) open_file();
    if (file_ >= 0 && file_bytes_ + text.size() > log_file_bytes_max && file_bytes_ > 0) {
        ::close(file_);
        file_ = -1;
        std::error_code ignored;
        std::filesystem::rename(path_, path_ + ".1", ignored);
        open_file();
    }
    while (!has_failed_ && !text.empty()) {
        const ssize_t count = ::write(file_, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;  // the disk is full: these lines are lost, later ones may fit
        file_bytes_ += static_cast<std::uint64_t>(count);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string read_log(const std::string& directory, std::string_view function_name,
                     std::uint64_t bytes_max) {
    const std::string path = path_of(directory, function_name);
    std::string newest = read_end(path, bytes_max);
    std::string text;
    if (newest.size() < bytes_max) text = read_end(path + ".1", bytes_max - newest.size());
    text += newest;
    if (text.size() < bytes_max) return text;
    const std::size_t line_end = text.find('\n');  // the first line may be cut
    return line_end == std::string::npos ? text : text.substr(line_end + 1);
}

}  // namespace stepwell::function
