#include "journal/segment.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/try.hpp"

namespace stepwell::journal {

namespace {

constexpr std::size_t digits = 16;
constexpr std::string_view log_suffix = ".log";
constexpr std::string_view spare_prefix = "spare-";
constexpr std::string_view unfinished_name = "unfinished";

std::string padded(std::uint64_t number) {
    std::string text = std::to_string(number);
    return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
    std::uint64_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (text.size() != digits || error != std::errc{} || at != end) return std::nullopt;
    return number;
}

Result<> fill_with_zeros(File& file, std::uint64_t bytes) {
    constexpr std::size_t chunk_bytes_max = 1 << 20;
    BlockBuffer zeros;
    const auto chunk_bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes, chunk_bytes_max));
    zeros.reserve(chunk_bytes);
    std::memset(zeros.data(), 0, chunk_bytes);
    for (std::uint64_t offset = 0; offset < bytes;) {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes, bytes - offset));
        if (auto done = write_all(file, offset, zeros.first(count)); !done.has_value()) return done;
        offset += count;
    }
    return sync(file);
}

}  // namespace

std::string SegmentName::of(std::uint64_t segment) { return padded(segment).append(log_suffix); }

std::string SegmentName::of_spare(std::uint64_t segment) {
    return std::string(spare_prefix).append(padded(segment));
}

std::optional<std::uint64_t> SegmentName::parse(std::string_view name) {
    if (!name.ends_with(log_suffix)) return std::nullopt;
    return parse_digits(name.substr(0, name.size() - log_suffix.size()));
}

std::optional<std::uint64_t> SegmentName::parse_spare(std::string_view name) {
    if (!name.starts_with(spare_prefix)) return std::nullopt;
    return parse_digits(name.substr(spare_prefix.size()));
}

SegmentDirectory::SegmentDirectory(FileSystem& files, std::filesystem::path path)
    : files_(files), path_(std::move(path)) {}

std::filesystem::path SegmentDirectory::path_of(std::uint64_t segment) const {
    return path_ / SegmentName::of(segment);
}

Result<std::vector<SegmentFile>> SegmentDirectory::find() {
    SW_TRY(const auto names, files_.list(path_));
    std::vector<SegmentFile> found;
    spares_.clear();
    for (const auto& name : names) {
        const auto segment = SegmentName::parse(name);
        const auto spare = SegmentName::parse_spare(name);
        if (!segment && !spare) continue;
        SW_TRY(const auto file, files_.open(path_ / name, Access::read));
        SW_TRY(const std::uint64_t bytes, file->size());
        if (segment) {
            found.push_back({*segment, bytes});
        } else {
            spares_.push_back({*spare, bytes});
        }
    }
    return found;
}

Result<SegmentFile> SegmentDirectory::make(std::uint64_t segment, std::uint64_t capacity_bytes) {
    const auto spare = std::find_if(spares_.begin(), spares_.end(), [&](const SegmentFile& file) {
        return file.capacity_bytes >= capacity_bytes;
    });
    SegmentFile made{segment, capacity_bytes};
    if (spare != spares_.end()) {
        made.capacity_bytes = spare->capacity_bytes;
        auto renamed =
            files_.rename(path_ / SegmentName::of_spare(spare->segment), path_of(segment));
        if (!renamed.has_value()) return renamed.error();
        spares_.erase(spare);
    } else {
        const auto unfinished = path_ / unfinished_name;
        SW_TRY(const auto file, files_.open(unfinished, Access::write));
        auto filled = fill_with_zeros(*file, capacity_bytes);
        if (!filled.has_value()) {
            static_cast<void>(
                files_.remove(unfinished));  // room for others; the first error counts
            return filled.error();
        }
        auto renamed = files_.rename(unfinished, path_of(segment));
        if (!renamed.has_value()) return renamed.error();
    }
    if (auto synced = files_.sync_directory(path_); !synced.has_value()) return synced.error();
    return made;
}

Result<> SegmentDirectory::retire(const SegmentFile& file, std::uint64_t capacity_bytes) {
    if (file.capacity_bytes != capacity_bytes || spares_.size() >= spares_max) {
        return remove(file.segment);
    }
    auto renamed =
        files_.rename(path_of(file.segment), path_ / SegmentName::of_spare(file.segment));
    if (!renamed.has_value()) return renamed.error();
    spares_.push_back(file);
    return {};
}

Result<> SegmentDirectory::remove(std::uint64_t segment) { return files_.remove(path_of(segment)); }

}  // namespace stepwell::journal
