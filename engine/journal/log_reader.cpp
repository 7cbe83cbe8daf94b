#include "journal/log_reader.hpp"

#include <algorithm>
#include <cstring>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "journal/batch.hpp"

namespace stepwell::journal {

namespace {

constexpr std::size_t read_ahead_bytes = 1 << 20;

}  // namespace

LogReader::LogReader(FileSystem& files, const SegmentDirectory& directory, const Seal& seal,
                     std::vector<SegmentFile> segments, const HighWater::Mark& mark)
    : files_(files),
      directory_(directory),
      seal_(seal),
      segments_(std::move(segments)),
      mark_(mark) {}

Error LogReader::damage(const Position& at, std::string_view what) const {
    return Error(errors::system_failure,
                 "data directory is damaged: " + directory_.path_of(at.segment).string() +
                     " at offset " + std::to_string(at.offset) + ": " + std::string(what) +
                     " (the log is whole up to commit " + std::to_string(number(at.sequence)) +
                     "). Nothing was changed.");
}

bool LogReader::has(std::uint64_t segment) const {
    return std::any_of(segments_.begin(), segments_.end(),
                       [segment](const SegmentFile& file) { return file.segment == segment; });
}

Result<> LogReader::open(std::uint64_t segment) {
    if (open_segment_ == segment) return {};
    SW_TRY(file_, files_.open(directory_.path_of(segment), Access::read));
    SW_TRY(file_bytes_, file_->size());
    open_segment_ = segment;
    buffer_bytes_ = 0;
    return {};
}

Result<std::span<char>> LogReader::window(std::uint64_t offset, std::uint64_t bytes) {
    const std::uint64_t there =
        offset >= file_bytes_ ? 0 : std::min<std::uint64_t>(bytes, file_bytes_ - offset);
    const bool is_held =
        offset >= buffer_offset_ && offset + there <= buffer_offset_ + buffer_bytes_;
    if (!is_held) {
        const auto wanted =
            static_cast<std::size_t>(std::max<std::uint64_t>(there, read_ahead_bytes));
        buffer_.reserve(wanted);
        buffer_offset_ = offset;
        buffer_bytes_ = 0;
        SW_TRY(buffer_bytes_, read_all(*file_, offset, buffer_.first(wanted)));
    }
    const std::uint64_t held = buffer_offset_ + buffer_bytes_ - offset;
    return std::span<char>(buffer_.data() + (offset - buffer_offset_),
                           static_cast<std::size_t>(std::min(there, held)));
}

Result<std::optional<SegmentHeader>> LogReader::header_of_segment(std::uint64_t segment) {
    if (auto opened = open(segment); !opened.has_value()) return opened.error();
    SW_TRY(const auto block, window(0, block_bytes));
    if (block.size() < block_bytes) return std::optional<SegmentHeader>{};
    const auto header = seal_.segment_header(block);
    if (!header || header->segment != segment) return std::optional<SegmentHeader>{};
    if (header->version != log_version) {
        return Error(errors::system_failure, file_->path().string() + " has format version " +
                                                 std::to_string(header->version) +
                                                 "; this program knows version 1");
    }
    return header;
}

Result<std::optional<LogReader::Record>> LogReader::record_at(const Position& at) {
    const std::optional<Record> none;
    SW_TRY(const auto block, window(at.offset, block_bytes));
    if (block.size() < block_bytes) return none;
    const auto header = seal_.record_header(block, at.segment, at.offset);
    if (!header || header->first_sequence != number(at.sequence) + 1 ||
        header->previous_hash != at.hash || header->commit_count == 0 ||
        header->payload_bytes > file_bytes_) {
        return none;
    }
    const std::uint64_t record_bytes = sizeof(RecordHeader) + header->payload_bytes;
    SW_TRY(const auto bytes, window(at.offset, record_bytes));
    if (bytes.size() < record_bytes || !seal_.is_undamaged(bytes)) return none;
    return std::optional<Record>{Record{*header, bytes}};
}

Result<> LogReader::visit_commits(const Record& record, const Journal::Visitor& visit) const {
    const std::string_view payload =
        std::string_view(record.bytes.data(), record.bytes.size()).substr(sizeof(RecordHeader));
    // Two passes: nothing of a record is handed on before all of it has been understood.
    for (const bool hands_on : {false, true}) {
        std::string_view rest = payload;
        for (std::uint32_t i = 0; i < record.header.commit_count; ++i) {
            const auto batch_bytes = take_varint(rest);
            const auto batch = batch_bytes ? take_bytes(rest, *batch_bytes) : std::nullopt;
            if (!batch || !for_each_change(*batch, [](const Batch::Change&) {})) {
                return Error(errors::system_failure, "an undamaged record cannot be understood");
            }
            if (hands_on) {
                visit.commit({JournalSequence{record.header.first_sequence + i}, *batch});
            }
        }
        if (!rest.empty()) {
            return Error(errors::system_failure, "an undamaged record has bytes left over");
        }
    }
    return {};
}

Result<bool> LogReader::enter_next_segment(Position& at) {
    const std::uint64_t segment = at.segment + 1;
    if (!has(segment)) return false;
    SW_TRY(const auto header, header_of_segment(segment));
    if (!header || header->first_sequence != number(at.sequence) + 1 ||
        header->previous_hash != at.hash) {
        if (auto reopened = open(at.segment); !reopened.has_value()) return reopened.error();
        return false;
    }
    at.segment = segment;
    at.offset = block_bytes;
    return true;
}

Result<LogReader::End> LogReader::read(const Position& from, const Journal::Visitor& visit) {
    if (!has(from.segment)) return damage(from, "this segment is missing");
    End end{.position = from};
    Position& at = end.position;
    SW_TRY(const auto first, header_of_segment(from.segment));
    if (!first && from.offset != block_bytes)
        return damage(from, "this segment has no valid header");
    bool is_at_end = !first;  // a segment that was prepared, but never written to
    while (!is_at_end) {
        SW_TRY(const auto record, record_at(at));
        if (!record) {
            SW_TRY(const bool entered, enter_next_segment(at));
            is_at_end = !entered;
            continue;
        }
        if (auto understood = visit_commits(*record, visit); !understood.has_value()) {
            return damage(at, understood.error().message());
        }
        at.sequence =
            JournalSequence{record->header.first_sequence + record->header.commit_count - 1};
        at.offset += whole_blocks(record->bytes.size());
        at.hash = record->header.hash;
        if (auto taken = visit.record(at); !taken.has_value()) return taken.error();
    }
    end.capacity_bytes = file_bytes_;
    if (auto checked = check_end(end); !checked.has_value()) return checked.error();
    return end;
}

Result<> LogReader::check_end(End& end) {
    const Position& at = end.position;
    if (at.sequence < mark_.required()) {
        return damage(at, "no valid record here, but commits up to " +
                              std::to_string(number(mark_.required())) + " were acknowledged");
    }
    // Within one boot the mark is exact: what lies beyond it was never acknowledged.
    if (mark_.is_same_boot) return {};
    if (auto found = find_stale(end); !found.has_value()) return found;
    if (mark_.durability == Durability::os) {
        end.commits_lost = number(mark_.acknowledged) > number(at.sequence)
                               ? number(mark_.acknowledged) - number(at.sequence)
                               : 0;
        return {};
    }
    // A later record proves that all before it were on the device and acknowledged: it was begun
    // only then.
    if (!end.stale.empty()) {
        return damage(at, "no valid record here, but a later one at offset " +
                              std::to_string(end.stale.front().offset) + " of segment " +
                              std::to_string(end.stale.front().segment));
    }
    return {};
}

Result<> LogReader::find_stale(End& end) {
    const Position at = end.position;
    for (const SegmentFile& file : segments_) {
        if (file.segment < at.segment) continue;
        SW_TRY(const auto header, header_of_segment(file.segment));
        const bool is_later = file.segment > at.segment;
        if (is_later && header) end.stale.push_back({file.segment, 0});
        const std::uint64_t from = is_later ? block_bytes : at.offset + block_bytes;
        for (std::uint64_t offset = from; offset < file_bytes_; offset += block_bytes) {
            SW_TRY(const auto block, window(offset, block_bytes));
            if (block.size() < block_bytes) break;
            const auto record = seal_.record_header(block, file.segment, offset);
            if (record && record->first_sequence > number(at.sequence)) {
                end.stale.push_back({file.segment, offset});
            }
        }
    }
    return {};
}

}  // namespace stepwell::journal
