// What the log's bytes mean. docs/formats.md says the same in prose.
//
// All numbers are little-endian. Hashes are XXH3-128, checksums XXH3-64, both seeded with the
// directory's id.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <stepwell/journal.hpp>
#include <type_traits>

#include "journal/file.hpp"

namespace stepwell::journal {

static_assert(std::endian::native == std::endian::little, "the disk's byte order is this one");

using DirectoryId = std::array<std::uint8_t, 16>;
using Hash = std::array<std::uint8_t, 16>;

inline constexpr std::uint32_t log_version = 1;

/// The first block of a segment.
struct SegmentHeader {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t reserved;
    DirectoryId directory;
    std::uint64_t segment;
    std::uint64_t capacity_bytes;  ///< of the file, this block included
    std::uint64_t first_sequence;  ///< of the segment's first record
    Hash previous_hash;            ///< of the record before that
    std::uint64_t checksum;        ///< over all above
};
static_assert(sizeof(SegmentHeader) == 80 && std::is_trivially_copyable_v<SegmentHeader>);
static_assert(std::has_unique_object_representations_v<SegmentHeader>);

/// Stands before a record's payload, at the start of a block.
struct RecordHeader {
    std::array<char, 4> magic;
    std::uint32_t commit_count;
    std::uint64_t payload_bytes;
    std::uint64_t first_sequence;
    std::uint64_t
        segment;  ///< with `offset`: where this is, so that nothing old or misplaced passes for it
    std::uint64_t offset;
    Hash previous_hash;
    Hash hash;               ///< over header and payload, with this field and the next zero
    std::uint64_t checksum;  ///< over the header up to here
};
static_assert(sizeof(RecordHeader) == 80 && std::is_trivially_copyable_v<RecordHeader>);
static_assert(std::has_unique_object_representations_v<RecordHeader>);

/// One slot of the high-water file.
struct HighWaterSlot {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t durability;    ///< that of the process that wrote it
    std::uint64_t generation;    ///< the slot with the higher one is the newer
    std::uint64_t acknowledged;  ///< the last sequence whose actions may have run
    std::uint64_t synced;        ///< the last sequence known to be on the device
    BootId boot;                 ///< of the machine when this was written
    DirectoryId directory;
    std::uint64_t checksum;  ///< over all above
};
static_assert(sizeof(HighWaterSlot) == 80 && std::is_trivially_copyable_v<HighWaterSlot>);
static_assert(std::has_unique_object_representations_v<HighWaterSlot>);

/// Hashes and checksums of one directory.
class Seal {
 public:
    explicit Seal(const DirectoryId& directory);

    Hash genesis() const;  ///< what stands as the hash of the record before the first
    Hash hash(std::span<const char> bytes) const;
    std::uint64_t checksum(std::span<const char> bytes) const;

    void seal(SegmentHeader& header) const;
    void seal(HighWaterSlot& slot) const;
    /// Fills in hash and checksum of a record that stands whole in `record`, header first.
    void seal_record(std::span<char> record) const;

    /// The header, when it is one of this directory's and undamaged.
    std::optional<SegmentHeader> segment_header(std::span<const char> block) const;
    std::optional<HighWaterSlot> high_water_slot(std::span<const char> bytes) const;
    /// The header, when it is undamaged and belongs at this place; its payload is yet to be read.
    std::optional<RecordHeader> record_header(std::span<const char> block, std::uint64_t segment,
                                              std::uint64_t offset) const;
    /// Whether a record that stands whole in `record` has the hash that its header says. Changes
    /// the header's copy there.
    bool is_undamaged(std::span<char> record) const;

    const DirectoryId& directory() const noexcept { return directory_; }

 private:
    DirectoryId directory_;
    std::uint64_t seed_;
};

}  // namespace stepwell::journal
