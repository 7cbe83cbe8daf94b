#include "journal/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"

namespace stepwell::journal {

namespace {

constexpr std::uint32_t directory_version = 1;
constexpr std::string_view format_name = "FORMAT";
constexpr std::string_view lock_name = "LOCK";
constexpr std::string_view version_label = "stepwell data directory, format ";
constexpr std::string_view id_label = "\nid ";

std::string hexadecimal(const DirectoryId& id) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : id) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

std::optional<DirectoryId> parse_id(std::string_view text) {
    DirectoryId id{};
    if (text.size() != 2 * id.size()) return std::nullopt;
    for (std::size_t i = 0; i < id.size(); ++i) {
        const char* const at = text.data() + 2 * i;
        const auto [end, error] = std::from_chars(at, at + 2, id[i], 16);
        if (error != std::errc{} || end != at + 2) return std::nullopt;
    }
    return id;
}

Error damaged(const std::filesystem::path& path, std::string_view why) {
    return Error(errors::system_failure, "data directory is damaged: " + path.string() + " " +
                                             std::string(why) + ". Nothing was changed.");
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(FileSystem& files,
                                                           const std::filesystem::path& path) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    if (error) return file_error("cannot make directory", path, error.value());
    std::filesystem::create_directories(absolute.parent_path(), error);
    if (error) return file_error("cannot make directory", absolute.parent_path(), error.value());
    if (auto made = files.make_directory(absolute); !made.has_value()) return made.error();
    std::unique_ptr<DataDirectory> directory(new DataDirectory(absolute));
    if (auto locked = directory->lock(); !locked.has_value()) return locked.error();
    if (auto read = directory->read_format(files); !read.has_value()) return read.error();
    return directory;
}

DataDirectory::~DataDirectory() {
    if (lock_ >= 0) ::close(lock_);
}

Result<> DataDirectory::lock() {
    const auto path = path_ / lock_name;
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_ < 0) return file_error("cannot open", path, errno);
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return file_error("cannot lock", path, errno);
        std::array<char, 32> owner{};
        const ssize_t bytes = ::pread(lock_, owner.data(), owner.size() - 1, 0);
        const std::string_view process(owner.data(),
                                       bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
        return Error(errors::in_use,
                     "data directory " + path_.string() + " is in use by " +
                         (process.empty() ? "another process" : "process " + std::string(process)));
    }
    const std::string process = std::to_string(::getpid());
    const bool is_written =
        ::ftruncate(lock_, 0) == 0 &&
        ::pwrite(lock_, process.data(), process.size(), 0) == static_cast<ssize_t>(process.size());
    if (!is_written) return file_error("cannot write", path, errno);
    return {};
}

Result<> DataDirectory::read_format(FileSystem& files) {
    const auto path = path_ / format_name;
    SW_TRY(const bool has_format, files.exists(path));
    if (!has_format) {
        SW_TRY(const bool has_store, files.exists(path_ / "store"));
        SW_TRY(const bool has_log, files.exists(path_ / "log"));
        std::vector<std::string> segments;
        if (has_log) {
            SW_TRY(segments, files.list(path_ / "log"));
        }
        if (has_store || !segments.empty()) return damaged(path, "is missing");
        fill_with_secret_bytes(id_.data(), id_.size());
        is_new_ = true;
        return {};
    }
    SW_TRY(const std::string text, read_file(files, path));
    std::string_view rest = text;
    if (!rest.starts_with(version_label)) return damaged(path, "cannot be read");
    rest.remove_prefix(version_label.size());
    std::uint32_t version = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), version);
    if (error != std::errc{}) return damaged(path, "cannot be read");
    if (version != directory_version) {
        return Error(errors::system_failure, "data directory " + path_.string() + " has format " +
                                                 std::to_string(version) +
                                                 "; this program knows format 1");
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (!rest.starts_with(id_label) || !rest.ends_with('\n'))
        return damaged(path, "cannot be read");
    rest.remove_prefix(id_label.size());
    rest.remove_suffix(1);
    const auto id = parse_id(rest);
    if (!id) return damaged(path, "cannot be read");
    id_ = *id;
    return {};
}

Result<> DataDirectory::finish_making(FileSystem& files) {
    const std::string text = std::string(version_label) + std::to_string(directory_version) +
                             std::string(id_label) + hexadecimal(id_) + "\n";
    return replace_file(files, path_ / format_name, text);
}

}  // namespace stepwell::journal
