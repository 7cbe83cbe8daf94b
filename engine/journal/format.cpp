#include "journal/format.hpp"

#include <xxhash.h>

#include <cstddef>
#include <cstring>

#include "base/assert.hpp"

namespace stepwell::journal {

namespace {

constexpr std::array<char, 8> segment_magic{'S', 'W', 'L', 'O', 'G', 'S', 'E', 'G'};
constexpr std::array<char, 8> high_water_magic{'S', 'W', 'H', 'I', 'G', 'H', 'W', 'A'};
constexpr std::array<char, 4> record_magic{'S', 'W', 'R', 'C'};

template <class Header>
Header header_from(std::span<const char> bytes) {
    SW_ASSERT(bytes.size() >= sizeof(Header));
    Header header;
    std::memcpy(&header, bytes.data(), sizeof(Header));
    return header;
}

template <class Header>
std::span<const char> before_checksum(const Header& header) {
    static_assert(offsetof(Header, checksum) + sizeof(std::uint64_t) == sizeof(Header));
    return {reinterpret_cast<const char*>(&header), offsetof(Header, checksum)};
}

}  // namespace

Seal::Seal(const DirectoryId& directory)
    : directory_(directory), seed_(XXH3_64bits(directory.data(), directory.size())) {}

Hash Seal::genesis() const {
    return hash({reinterpret_cast<const char*>(directory_.data()), directory_.size()});
}

Hash Seal::hash(std::span<const char> bytes) const {
    const XXH128_hash_t value = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed_);
    Hash hash;
    std::memcpy(hash.data(), &value.low64, 8);
    std::memcpy(hash.data() + 8, &value.high64, 8);
    return hash;
}

std::uint64_t Seal::checksum(std::span<const char> bytes) const {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed_);
}

void Seal::seal(SegmentHeader& header) const {
    header.magic = segment_magic;
    header.version = log_version;
    header.directory = directory_;
    header.checksum = checksum(before_checksum(header));
}

void Seal::seal(HighWaterSlot& slot) const {
    slot.magic = high_water_magic;
    slot.version = log_version;
    slot.directory = directory_;
    slot.checksum = checksum(before_checksum(slot));
}

void Seal::seal_record(std::span<char> record) const {
    auto header = header_from<RecordHeader>(record);
    header.magic = record_magic;
    header.hash = {};
    header.checksum = 0;
    SW_ASSERT(record.size() == sizeof(header) + header.payload_bytes);
    std::memcpy(record.data(), &header, sizeof(header));
    header.hash = hash(record);
    header.checksum = checksum(before_checksum(header));
    std::memcpy(record.data(), &header, sizeof(header));
}

std::optional<SegmentHeader> Seal::segment_header(std::span<const char> block) const {
    const auto header = header_from<SegmentHeader>(block);
    if (header.magic != segment_magic || header.directory != directory_) return std::nullopt;
    if (header.checksum != checksum(before_checksum(header))) return std::nullopt;
    return header;
}

std::optional<HighWaterSlot> Seal::high_water_slot(std::span<const char> bytes) const {
    const auto slot = header_from<HighWaterSlot>(bytes);
    if (slot.magic != high_water_magic || slot.directory != directory_) return std::nullopt;
    if (slot.checksum != checksum(before_checksum(slot))) return std::nullopt;
    return slot;
}

std::optional<RecordHeader> Seal::record_header(std::span<const char> block, std::uint64_t segment,
                                                std::uint64_t offset) const {
    const auto header = header_from<RecordHeader>(block);
    if (header.magic != record_magic || header.segment != segment || header.offset != offset) {
        return std::nullopt;
    }
    if (header.checksum != checksum(before_checksum(header))) return std::nullopt;
    return header;
}

bool Seal::is_undamaged(std::span<char> record) const {
    auto header = header_from<RecordHeader>(record);
    if (record.size() != sizeof(header) + header.payload_bytes) return false;
    const Hash expected = header.hash;
    header.hash = {};
    header.checksum = 0;
    std::memcpy(record.data(), &header, sizeof(header));
    return hash(record) == expected;
}

}  // namespace stepwell::journal
