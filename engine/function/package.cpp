#include "function/package.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/base64.hpp"
#include "base/errors.hpp"
#include "function/errors.hpp"

namespace stepwell::function {

namespace {

struct CloseArchive {
    void operator()(archive* reader) const noexcept { ::archive_read_free(reader); }
};
using ArchiveReader = std::unique_ptr<archive, CloseArchive>;

Error not_a_zip() {
    return Error(
        errors::invalid_parameter_value,
        "Could not unzip uploaded file. Please check your file, then try to upload again.");
}
Error refused(std::string_view name, std::string_view why) {
    std::string message = "Could not unzip uploaded file: entry '";
    return Error(errors::invalid_parameter_value, message.append(name).append("' ").append(why));
}
Error too_large(const PackageLimits& limits) {
    return Error(errors::invalid_parameter_value, "Unzipped size must be smaller than " +
                                                      std::to_string(limits.unpacked_bytes_max) +
                                                      " bytes");
}
Error disk_error(const std::string& path, int number) {
    return Error(stepwell::errors::system_failure,
                 "cannot write " + path + ": " + std::strerror(number));
}

/// The path of an entry inside the root without "." and empty parts; nothing when it would lead
/// out.
std::optional<std::string> safe_path(std::string_view name) {
    if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::string path;
    while (!name.empty()) {
        const std::size_t slash = name.find('/');
        const std::string_view part = name.substr(0, slash);
        if (part == ".." || part.size() > 255) return std::nullopt;
        if (!part.empty() && part != ".") path.append(path.empty() ? "" : "/").append(part);
        if (slash == std::string_view::npos) break;
        name.remove_prefix(slash + 1);
    }
    return path;
}

/// True when a link at `path` that says `target` stays inside the root, whatever else is a link.
bool stays_inside(std::string_view path, std::string_view target) {
    if (target.empty() || target.front() == '/' || target.find('\0') != std::string_view::npos)
        return false;
    std::ptrdiff_t depth = 0;
    for (const char c : path) depth += c == '/';  // the folder that the link is in
    bool has_gone_down = false;
    while (!target.empty()) {
        const std::size_t slash = target.find('/');
        const std::string_view part = target.substr(0, slash);
        if (part == "..") {
            // "a/.." may leave through a link at a, so a target climbs first and descends
            // afterwards
            if (has_gone_down || --depth < 0) return false;
        } else if (!part.empty() && part != ".") {
            has_gone_down = true;
        }
        if (slash == std::string_view::npos) break;
        target.remove_prefix(slash + 1);
    }
    return true;
}

/// One unpacking: where it goes, what is still allowed, and the links that are made at the end.
class Unpacking {
 public:
    Unpacking(std::string root, const PackageLimits& limits)
        : root_(std::move(root)), limits_(limits) {}

    Result<> entry(archive* reader, archive_entry* entry);
    Result<> make_links();

 private:
    Result<> file(archive* reader, archive_entry* entry, const std::string& path);
    Result<> content(archive* reader, int file, const std::string& path);
    Result<> folder(const std::string& path);

    struct Link {
        std::string path;
        std::string target;
    };
    const std::string root_;
    const PackageLimits limits_;
    std::uint64_t entries_ = 0;
    std::uint64_t bytes_ = 0;
    std::vector<Link> links_;
};

Result<> Unpacking::folder(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return disk_error(path, error.value());
    return {};
}

Result<> Unpacking::entry(archive* reader, archive_entry* entry) {
    if (++entries_ > limits_.entries_max) {
        return Error(errors::invalid_parameter_value, "Could not unzip uploaded file: more than " +
                                                          std::to_string(limits_.entries_max) +
                                                          " entries");
    }
    const char* raw_name = ::archive_entry_pathname(entry);
    const std::string_view name = raw_name == nullptr ? "" : raw_name;
    const auto path = safe_path(name);
    if (!path) return refused(name, "has a name that leads out of the package");
    if (::archive_entry_hardlink(entry) != nullptr) return refused(name, "is a hard link");
    const auto type = ::archive_entry_filetype(entry);
    if (path->empty()) return {};  // the root itself
    if (type == AE_IFDIR) return folder(root_ + "/" + *path);
    if (type == AE_IFREG || type == 0) return file(reader, entry, *path);
    if (type != AE_IFLNK)
        return refused(name, "is neither a file, a directory nor a symbolic link");
    const char* target = ::archive_entry_symlink(entry);
    if (target == nullptr || !stays_inside(*path, target))
        return refused(name, "is a link that leads out of the package");
    links_.push_back({*path, target});
    return {};
}

Result<> Unpacking::file(archive* reader, archive_entry* entry, const std::string& path) {
    const std::string whole = root_ + "/" + path;
    if (auto made = folder(std::filesystem::path(whole).parent_path()); !made.has_value())
        return made.error();
    const bool is_executable = (::archive_entry_perm(entry) & 0111) != 0;
    const int number = ::open(whole.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                              is_executable ? 0755 : 0644);
    if (number < 0) return disk_error(whole, errno);
    auto written = content(reader, number, whole);
    ::close(number);
    return written;
}

Result<> Unpacking::content(archive* reader, int file, const std::string& path) {
    std::vector<char> buffer(128 * 1024);
    for (;;) {
        const la_ssize_t count = ::archive_read_data(reader, buffer.data(), buffer.size());
        if (count < 0) return not_a_zip();
        if (count == 0) return {};
        bytes_ += static_cast<std::uint64_t>(count);
        if (bytes_ > limits_.unpacked_bytes_max) return too_large(limits_);
        for (la_ssize_t done = 0; done < count;) {
            const ssize_t written =
                ::write(file, buffer.data() + done, static_cast<std::size_t>(count - done));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return disk_error(path, errno);
            done += written;
        }
    }
}

Result<> Unpacking::make_links() {
    std::error_code error;
    const std::filesystem::path root = std::filesystem::canonical(root_, error);
    if (error) return disk_error(root_, error.value());
    for (const Link& link : links_) {
        const std::filesystem::path whole = root / link.path;
        const std::filesystem::path parent = whole.parent_path();
        if (auto made = folder(parent); !made.has_value()) return made.error();
        // A folder on the way may be a link by now; then the link's target would start from
        // elsewhere.
        if (std::filesystem::canonical(parent, error) != parent || error)
            return refused(link.path, "lies behind another link");
        if (::symlink(link.target.c_str(), whole.c_str()) != 0) {
            return errno == EEXIST ? refused(link.path, "is there twice")
                                   : disk_error(whole, errno);
        }
    }
    return {};
}

}  // namespace

Result<> unpack_zip(std::string_view zip, const std::string& directory,
                    const PackageLimits& limits) {
    const ArchiveReader reader(::archive_read_new());
    ::archive_read_support_format_zip_seekable(reader.get());
    if (::archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK)
        return not_a_zip();
    Unpacking unpacking(directory, limits);
    bool has_entries = false;
    for (;;) {
        archive_entry* entry = nullptr;
        const int status = ::archive_read_next_header(reader.get(), &entry);
        if (status == ARCHIVE_EOF) break;
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return not_a_zip();
        has_entries = true;
        auto unpacked = unpacking.entry(reader.get(), entry);
        if (!unpacked.has_value()) return unpacked.error();
    }
    if (!has_entries)
        return Error(errors::invalid_parameter_value, "Uploaded file must be a non-empty zip");
    return unpacking.make_links();
}

std::string code_sha256(std::string_view bytes) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
    return base64_encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace stepwell::function
