// The data directory as a whole: whose it is, which format it has, and that only one process uses
// it.
#pragma once

#include <filesystem>
#include <memory>

#include "journal/file.hpp"
#include "journal/format.hpp"

namespace stepwell::journal {

/// A locked data directory.
///
///     LOCK        locked by the process that uses it; its number is inside, for messages
///     FORMAT      the format's version and the directory's id, as text
///     high-water  see high_water.hpp      log/    see segmented_log.hpp      store/    see
///     rocks_store.hpp
class DataDirectory {
 public:
    /// Opens and locks the directory; makes it with mode 0700 when missing.
    ///
    /// errors   InUse: another process uses it; SystemFailure: of a newer version; damaged; not
    /// ours (there is a log or a
    ///          store in it, but no FORMAT)
    static Result<std::unique_ptr<DataDirectory>> open(FileSystem& files,
                                                       const std::filesystem::path& path);
    ~DataDirectory();  ///< unlocks

    const std::filesystem::path& path() const noexcept { return path_; }
    const DirectoryId& id() const noexcept { return id_; }
    /// True when there was nothing in it yet: what belongs into it is to be made, then
    /// `finish_making` called.
    bool is_new() const noexcept { return is_new_; }

    /// Writes FORMAT: from now on the directory is whole, and what is missing later is damage.
    Result<> finish_making(FileSystem& files);

 private:
    explicit DataDirectory(std::filesystem::path path) : path_(std::move(path)) {}

    Result<> lock();
    Result<> read_format(FileSystem& files);

    const std::filesystem::path path_;
    DirectoryId id_{};
    bool is_new_ = false;
    int lock_ = -1;
};

}  // namespace stepwell::journal
