// The files of the log: names, making, recycling.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/file.hpp"

namespace stepwell::journal {

/// Segments are numbered 1, 2, 3, ... and named so: "0000000000000001.log". A file that waits for a
/// new life as a segment is "spare-0000000000000001", after the last number it had.
struct SegmentName {
    static std::string of(std::uint64_t segment);
    static std::string of_spare(std::uint64_t segment);
    /// The number in a name; nothing when it is no such name.
    static std::optional<std::uint64_t> parse(std::string_view name);
    static std::optional<std::uint64_t> parse_spare(std::string_view name);
};

/// A segment's file.
struct SegmentFile {
    std::uint64_t segment = 0;
    std::uint64_t capacity_bytes = 0;
};

/// The segment files of one directory.
///
/// threads  one at a time
class SegmentDirectory {
 public:
    SegmentDirectory(FileSystem& files, std::filesystem::path path);

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path path_of(std::uint64_t segment) const;

    /// The segments there are, in order; finds the spare files too.
    Result<std::vector<SegmentFile>> find();

    /// Makes a segment's file, at least `capacity_bytes` long, of a spare one or filled with zeros,
    /// so that no later write has to allocate; its name is durable. Its content means nothing until
    /// its header is written.
    Result<SegmentFile> make(std::uint64_t segment, std::uint64_t capacity_bytes);

    /// Gives a segment up: its file becomes a spare one when it has `capacity_bytes`, or goes.
    Result<> retire(const SegmentFile& file, std::uint64_t capacity_bytes);

    Result<> remove(std::uint64_t segment);

 private:
    static constexpr std::size_t spares_max = 2;

    FileSystem& files_;
    const std::filesystem::path path_;
    std::vector<SegmentFile> spares_;
};

}  // namespace stepwell::journal
