#include "journal/high_water.hpp"

#include <algorithm>
#include <cstring>

#include "base/errors.hpp"
#include "base/try.hpp"

namespace stepwell::journal {

namespace {

constexpr std::size_t slots = 2;

std::span<const char> bytes_of(const HighWaterSlot& slot) {
    return {reinterpret_cast<const char*>(&slot), sizeof(slot)};
}

}  // namespace

Result<> HighWater::create(FileSystem& files, const std::filesystem::path& path, const Seal& seal,
                           Durability durability) {
    HighWaterSlot slot{};
    slot.durability = static_cast<std::uint32_t>(durability);
    slot.generation = 1;
    slot.boot = files.boot_id();
    seal.seal(slot);
    std::string text(slots * block_bytes, '\0');
    std::memcpy(text.data() + block_bytes, &slot, sizeof(slot));
    SW_TRY(const auto file, files.open(path, Access::write));
    if (auto written = write_all(*file, 0, text); !written.has_value()) return written;
    return journal::sync(*file);
}

HighWater::HighWater(std::unique_ptr<File> file, const Seal& seal, const BootId& boot,
                     Durability durability)
    : file_(std::move(file)), seal_(seal), boot_(boot), durability_(durability) {}

Result<std::unique_ptr<HighWater>> HighWater::open(FileSystem& files,
                                                   const std::filesystem::path& path,
                                                   const Seal& seal, Durability durability) {
    SW_TRY(const bool exists, files.exists(path));
    if (!exists) {
        return Error(errors::system_failure, "data directory is damaged: " + path.string() +
                                                 " is missing. Nothing was changed.");
    }
    SW_TRY(auto file, files.open(path, Access::write));
    std::unique_ptr<HighWater> opened(
        new HighWater(std::move(file), seal, files.boot_id(), durability));
    if (auto read = opened->read_slots(); !read.has_value()) return read.error();
    return opened;
}

Result<> HighWater::read_slots() {
    std::array<char, slots * block_bytes> bytes{};
    if (auto read = read_all(*file_, 0, bytes); !read.has_value()) return read.error();
    std::optional<HighWaterSlot> newest;
    for (std::size_t i = 0; i < slots; ++i) {
        const auto slot = seal_.high_water_slot(std::span(bytes).subspan(i * block_bytes));
        if (!slot || (newest && slot->generation < newest->generation)) continue;
        newest = slot;
        active_ = 1 - i;
    }
    if (!newest) {
        return Error(errors::system_failure,
                     "data directory is damaged: no valid slot at offset 0 or 4096 of " +
                         file_->path().string() + ". Nothing was changed.");
    }
    if (newest->version != log_version) {
        return Error(errors::system_failure, file_->path().string() + " has format version " +
                                                 std::to_string(newest->version) +
                                                 "; this program knows version 1");
    }
    generation_ = newest->generation;
    found_ = Mark{.acknowledged = JournalSequence{newest->acknowledged},
                  .synced = JournalSequence{newest->synced},
                  .durability = static_cast<Durability>(newest->durability),
                  .is_same_boot = newest->boot == boot_ && boot_ != BootId{}};
    return {};
}

Result<> HighWater::record(JournalSequence acknowledged, JournalSequence synced) {
    HighWaterSlot slot{};
    slot.durability = static_cast<std::uint32_t>(durability_);
    slot.acknowledged = static_cast<std::uint64_t>(acknowledged);
    slot.synced = static_cast<std::uint64_t>(synced);
    slot.boot = boot_;
    const std::scoped_lock lock(mutex_);
    slot.generation = ++generation_;
    seal_.seal(slot);
    return write_all(*file_, active_ * block_bytes, bytes_of(slot));
}

Result<> HighWater::sync() {
    if (auto synced = journal::sync(*file_); !synced.has_value()) return synced.error();
    const std::scoped_lock lock(mutex_);
    active_ = 1 - active_;
    return {};
}

}  // namespace stepwell::journal
