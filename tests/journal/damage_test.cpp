// Damage to a data directory: it is noticed, or it has hurt nothing that was acknowledged. Never is
// less there in silence.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>

#include "journal/faulty_file_system.hpp"
#include "journal/segmented_log.hpp"
#include "journal/storage_fixture.hpp"

namespace stepwell::journal {
namespace {

namespace fs = std::filesystem;

std::string read_bytes(const fs::path& path) {
    std::string bytes(fs::file_size(path), '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

void write_bytes(const fs::path& path, std::string_view bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A log with commits of many sizes, in two segments, closed. Each test damages it, looks, and
/// mends it again.
class DamageTest : public testing::Test {
 protected:
    void SetUp() override {
        ASSERT_TRUE(SegmentedLog::create(options(Durability::sync)).has_value());
        write_log();
        for (const auto& entry : fs::recursive_directory_iterator(root())) {
            if (entry.is_regular_file())
                whole_.emplace_back(entry.path(), read_bytes(entry.path()));
        }
    }

    fs::path root() const { return directory_.path(); }
    fs::path segment(std::uint64_t number) const {
        return root() / "log" / SegmentName::of(number);
    }

    SegmentedLog::Options options(Durability durability) {
        return {.directory = root(),
                .id = {7, 7, 7},
                .durability = durability,
                .segment_bytes_max = 1 << 20,
                .file_system = &files_};
    }

    void write_log() {
        auto log = open();
        std::mt19937_64 random(42);
        for (int record = 0; record < 90; ++record) {
            std::vector<std::string> batches;
            for (auto commits = random() % 3 + 1; commits > 0; --commits) {
                Batch batch;
                batch.put(Table::history, std::to_string(random()),
                          std::string(random() % 12'000, 'v'));
                batches.emplace_back(batch.encoded());
            }
            const std::vector<std::string_view> views(batches.begin(), batches.end());
            const auto end = log->append(views);
            ASSERT_TRUE(end.has_value()) << end.error().message();
            ends_.push_back(*end);
            batches_.insert(batches_.end(), batches.begin(), batches.end());
        }
        ASSERT_GE(ends_.back().segment, 2U);
    }

    std::unique_ptr<SegmentedLog> open(Durability durability = Durability::sync) {
        auto log = SegmentedLog::open(options(durability));
        EXPECT_TRUE(log.has_value()) << log.error().message();
        const auto end = (*log)->replay(
            (*log)->origin(),
            {.commit = [](const auto&) {}, .record = [](const auto&) -> Result<> { return {}; }});
        EXPECT_TRUE(end.has_value()) << end.error().message();
        return std::move(*log);
    }

    struct Outcome {
        std::vector<std::string> batches;
        std::optional<Position> end;  ///< absent: refused
        std::uint64_t commits_lost = 0;
        std::string message;
    };

    Outcome read(Durability durability = Durability::sync) {
        Outcome outcome;
        auto log = SegmentedLog::open(options(durability));
        if (!log.has_value()) {
            outcome.message = log.error().message();
            return outcome;
        }
        const auto end = (*log)->replay(
            (*log)->origin(),
            {.commit = [&](const auto& commit) { outcome.batches.emplace_back(commit.batch); },
             .record = [](const auto&) -> Result<> { return {}; }});
        if (end.has_value()) {
            outcome.end = *end;
            outcome.commits_lost = (*log)->commits_lost();
        } else {
            outcome.message = end.error().message();
        }
        return outcome;
    }

    void mend() {
        for (const auto& [path, bytes] : whole_) {
            const bool is_whole = fs::exists(path) && read_bytes(path) == bytes;
            if (!is_whole) write_bytes(path, bytes);
        }
    }

    /// True when the damage was noticed. If not, nothing may be missing.
    bool is_noticed(std::string_view damage) {
        const Outcome outcome = read();
        mend();
        if (outcome.end) {
            EXPECT_EQ(outcome.batches, batches_) << damage << ": lost in silence";
            EXPECT_EQ(outcome.end, ends_.back()) << damage;
            return false;
        }
        EXPECT_NE(outcome.message.find(root().string()), std::string::npos)
            << damage << ": the message names no file: " << outcome.message;
        EXPECT_NE(outcome.message.find("damaged"), std::string::npos) << outcome.message;
        return true;
    }

    void patch(const fs::path& path, std::uint64_t offset, std::string_view bytes) {
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        ASSERT_TRUE(file.flush().good());
    }

    void flip(const fs::path& path, std::uint64_t offset, unsigned bit) {
        const std::string bytes = read_bytes(path);
        patch(path, offset, std::string(1, static_cast<char>(bytes[offset] ^ (1 << bit))));
    }

    /// Where the n-th record starts.
    Position start(std::size_t record) const {
        if (record == 0) return {.segment = 1, .offset = block_bytes};
        const Position& before = ends_[record - 1];
        return ends_[record].segment == before.segment
                   ? before
                   : Position{.segment = ends_[record].segment, .offset = block_bytes};
    }

    FaultyFileSystem files_;
    TemporaryDirectory directory_{TemporaryDirectory::Place::in_memory};
    std::vector<std::string> batches_;
    std::vector<Position> ends_;
    std::vector<std::pair<fs::path, std::string>> whole_;
};

TEST_F(DamageTest, WithoutDamageAllIsThere) { EXPECT_FALSE(is_noticed("none")); }

TEST_F(DamageTest, EachFlippedBitOfARecordsHeaderIsNoticed) {
    for (const std::size_t record : {std::size_t{0}, std::size_t{44}, ends_.size() - 1}) {
        const Position at = start(record);
        for (std::uint64_t byte = 0; byte < sizeof(RecordHeader); ++byte) {
            flip(segment(at.segment), at.offset + byte, static_cast<unsigned>(byte % 8));
            EXPECT_TRUE(is_noticed("bit flipped in a header")) << record << " byte " << byte;
        }
    }
}

TEST_F(DamageTest, EachFlippedBitOfASegmentsHeaderIsNoticed) {
    for (const std::uint64_t number : {1U, 2U}) {
        for (std::uint64_t byte = 0; byte < sizeof(SegmentHeader); ++byte) {
            flip(segment(number), byte, static_cast<unsigned>(byte % 8));
            EXPECT_TRUE(is_noticed("bit flipped in a segment's header")) << number << " " << byte;
        }
    }
}

TEST_F(DamageTest, AFlippedBitAnywhereIsNoticedOrHarmless) {
    std::mt19937_64 random(1);
    int noticed = 0;
    for (int i = 0; i < 300; ++i) {
        const auto number = random() % 2 + 1;
        const std::uint64_t end = number == ends_.back().segment ? ends_.back().offset : 1 << 20;
        flip(segment(number), random() % end, static_cast<unsigned>(random() % 8));
        noticed += is_noticed("bit flipped") ? 1 : 0;
    }
    EXPECT_GT(noticed, 150) << "only padding may be flipped without notice";
}

TEST_F(DamageTest, AZeroedSectorIsNoticedOrHarmless) {
    std::mt19937_64 random(2);
    const std::string zeros(512, '\0');
    int noticed = 0;
    for (int i = 0; i < 200; ++i) {
        patch(segment(1), random() % (1 << 20) / 512 * 512, zeros);
        noticed += is_noticed("zeroed sector") ? 1 : 0;
    }
    EXPECT_GT(noticed, 100);
}

TEST_F(DamageTest, ATruncatedSegmentIsNoticedOrHarmless) {
    std::mt19937_64 random(3);
    int noticed = 0;
    for (int i = 0; i < 100; ++i) {
        const auto number = random() % 2 + 1;
        fs::resize_file(segment(number), random() % (1 << 20));
        noticed += is_noticed("truncated") ? 1 : 0;
    }
    EXPECT_GT(noticed, 40) << "a third of the second segment is used";
}

TEST_F(DamageTest, SwappedAndMisplacedBlocksAreNoticedOrHarmless) {
    std::mt19937_64 random(4);
    int noticed = 0;
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t a = random() % 255 * block_bytes;
        const std::uint64_t b = random() % 255 * block_bytes;
        const std::string bytes = read_bytes(segment(1));
        patch(segment(1), a, std::string_view(bytes).substr(b, block_bytes));
        const bool swaps = i % 2 == 0;
        if (swaps) patch(segment(1), b, std::string_view(bytes).substr(a, block_bytes));
        noticed += is_noticed(swaps ? "swapped" : "misplaced") ? 1 : 0;
    }
    EXPECT_GT(noticed, 150);
}

TEST_F(DamageTest, AMissingFileIsNoticed) {
    for (const auto& path : {segment(1), segment(2), root() / "high-water"}) {
        fs::remove(path);
        EXPECT_TRUE(is_noticed("missing " + path.string()));
    }
    fs::remove(segment(1));
    fs::remove(segment(2));
    for (const auto& [path, bytes] : whole_) {
        if (path.extension() == ".log") fs::remove(path);
    }
    EXPECT_TRUE(is_noticed("no segments at all"));
}

TEST_F(DamageTest, ASegmentOfAnotherDirectoryIsNoticed) {
    TemporaryDirectory other(TemporaryDirectory::Place::in_memory);
    auto foreign = options(Durability::sync);
    foreign.directory = other.path();
    foreign.id = {8};
    ASSERT_TRUE(SegmentedLog::create(foreign).has_value());
    {
        auto log = SegmentedLog::open(foreign);
        ASSERT_TRUE(log.has_value());
        ASSERT_TRUE((*log)->replay((*log)->origin(), {}).has_value());
        const std::vector<std::string_view> views{batches_.front()};
        ASSERT_TRUE((*log)->append(views).has_value());
    }
    write_bytes(segment(1), read_bytes(other.path() / "log" / SegmentName::of(1)));
    EXPECT_TRUE(is_noticed("foreign segment"));
}

TEST_F(DamageTest, OneDamagedSlotOfTheHighWaterFileDoesNotHideDamageForLong) {
    const auto path = root() / "high-water";
    for (const std::uint64_t slot : {0U, 1U}) {
        flip(path, slot * block_bytes + 20, 3);
        const Outcome outcome = read();
        EXPECT_TRUE(outcome.end.has_value()) << outcome.message;
        EXPECT_EQ(outcome.batches, batches_);
        mend();
    }
    flip(path, 20, 3);
    flip(path, block_bytes + 20, 3);
    EXPECT_TRUE(is_noticed("both slots"));
}

TEST_F(DamageTest, ANewerFormatIsRefusedByName) {
    std::string bytes = read_bytes(segment(1));
    SegmentHeader header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    header.version = 2;
    const Seal seal({7, 7, 7});
    header.checksum =
        seal.checksum({reinterpret_cast<const char*>(&header), offsetof(SegmentHeader, checksum)});
    patch(segment(1), 0, {reinterpret_cast<const char*>(&header), sizeof(header)});
    EXPECT_EQ(read().message,
              segment(1).string() + " has format version 2; this program knows version 1");
}

// ---- an honest end -----------------------------------------------------------------------------

TEST_F(DamageTest, AnUnfinishedRecordThatWasNeverAcknowledgedIsCutOff) {
    // The last record is torn, in each of its blocks, and the mark does not know it.
    const auto mark_before = [&] {
        Seal seal({7, 7, 7});
        HighWaterSlot slot{};
        slot.generation = 1'000'000;
        slot.acknowledged = slot.synced =
            static_cast<std::uint64_t>(ends_[ends_.size() - 2].sequence);
        slot.boot = files_.boot_id();
        seal.seal(slot);
        patch(root() / "high-water", 0, {reinterpret_cast<const char*>(&slot), sizeof(slot)});
    };
    const Position at = start(ends_.size() - 1);
    for (std::uint64_t offset = at.offset; offset < ends_.back().offset; offset += block_bytes) {
        mark_before();
        patch(segment(at.segment), offset, std::string(block_bytes, '\0'));
        const Outcome outcome = read();
        EXPECT_EQ(outcome.end, ends_[ends_.size() - 2]) << outcome.message;
        // The log goes on from there, and the rest of the torn record does not come back.
        auto log = open();
        const std::vector<std::string_view> views{batches_.front()};
        const auto end = log->append(views);
        ASSERT_TRUE(end.has_value());
        log.reset();
        EXPECT_EQ(read().end, *end);
        mend();
    }
}

TEST_F(DamageTest, AfterAPowerLossLaterRecordsProveThatAnEarlierOneIsMissing) {
    // The mark lags: it knows nothing at all.
    HighWaterSlot slot{};
    slot.generation = 1'000'000;
    slot.boot = files_.boot_id();
    Seal({7, 7, 7}).seal(slot);
    for (std::size_t record = 0; record < ends_.size(); record += 11) {
        patch(root() / "high-water", 0, {reinterpret_cast<const char*>(&slot), sizeof(slot)});
        files_.reboot();
        const Position at = start(record);
        flip(segment(at.segment), at.offset + sizeof(RecordHeader) + 1, 1);
        EXPECT_TRUE(is_noticed("damage before other records")) << record;
    }
}

TEST_F(DamageTest, WithDurabilityOsAPowerLossMayTakeTheEndAndItIsSaidSo) {
    HighWaterSlot slot{};
    slot.generation = 1'000'000;
    slot.durability = static_cast<std::uint32_t>(Durability::os);
    slot.acknowledged = static_cast<std::uint64_t>(ends_.back().sequence);
    slot.synced = static_cast<std::uint64_t>(ends_[30].sequence);
    slot.boot = files_.boot_id();
    Seal({7, 7, 7}).seal(slot);
    const auto lose = [&](std::size_t record) {
        patch(root() / "high-water", 0, {reinterpret_cast<const char*>(&slot), sizeof(slot)});
        const Position at = start(record);
        patch(segment(at.segment), at.offset, std::string(block_bytes, '\0'));
    };
    lose(50);
    EXPECT_TRUE(is_noticed("lost, though the machine ran on"));

    lose(50);
    files_.reboot();
    const Outcome outcome = read(Durability::os);
    EXPECT_EQ(outcome.end, ends_[49]) << outcome.message;
    EXPECT_EQ(outcome.commits_lost, static_cast<std::uint64_t>(ends_.back().sequence) -
                                        static_cast<std::uint64_t>(ends_[49].sequence));
    // What lay behind the gap is gone for good.
    EXPECT_EQ(read(Durability::sync).end, ends_[49]);
    mend();

    lose(20);
    files_.reboot();
    EXPECT_FALSE(read(Durability::os).end.has_value()) << "that had been synced";
}

// ---- the whole directory -----------------------------------------------------------------------

TEST(DamagedDirectory, IsRefusedByNameAndLeftAsItIs) {
    TemporaryDirectory directory(TemporaryDirectory::Place::in_memory);
    const auto options = [&] {
        StorageOptions made;
        made.directory = directory.path() / "data";
        made.checkpoint_on_close = false;
        return made;
    };
    {
        auto storage = open_storage(options());
        ASSERT_TRUE(storage.has_value()) << storage.error().message();
        for (int i = 0; i < 20; ++i) put(**storage, Table::control, std::to_string(i), "v");
        wait_until_released(**storage);
    }
    const auto data = directory.path() / "data";
    const auto message = [&]() -> std::string {
        auto storage = open_storage(options());
        return storage.has_value() ? "opened" : storage.error().message();
    };
    const auto log = data / "log" / SegmentName::of(1);
    const std::string log_bytes = read_bytes(log);
    std::string damaged = log_bytes;
    damaged[block_bytes + 40] ^= 4;  // within the first record, however many commits it holds
    write_bytes(log, damaged);
    const std::string refused = message();
    EXPECT_NE(refused.find("data directory is damaged: " + log.string() + " at offset 4096"),
              std::string::npos)
        << refused;
    EXPECT_EQ(read_bytes(log), damaged);
    write_bytes(log, log_bytes);

    const std::string format = read_bytes(data / "FORMAT");
    std::string newer = format;
    newer.replace(newer.find("format 1"), 8, "format 2");
    write_bytes(data / "FORMAT", newer);
    EXPECT_EQ(message(),
              "data directory " + data.string() + " has format 2; this program knows format 1");
    write_bytes(data / "FORMAT", "nonsense");
    EXPECT_NE(message().find("FORMAT cannot be read"), std::string::npos);
    fs::remove(data / "FORMAT");
    EXPECT_NE(message().find("FORMAT is missing"), std::string::npos);
    write_bytes(data / "FORMAT", format);

    auto storage = open_storage(options());
    ASSERT_TRUE(storage.has_value()) << storage.error().message();
    EXPECT_EQ(keys_of(**storage, Table::control).size(), 20U);
}

TEST(DamagedDirectory, AStoreThatIsMissingAndNotInTheLogIsNoticed) {
    TemporaryDirectory directory(TemporaryDirectory::Place::in_memory);
    StorageOptions options;
    options.directory = directory.path();
    options.segment_bytes_max = 1 << 20;
    options.checkpoint_log_bytes = 1 << 20;
    {
        auto storage = open_storage(options);
        ASSERT_TRUE(storage.has_value());
        for (int i = 0; i < 400; ++i) {
            put(**storage, Table::history, std::to_string(i), std::string(20'000, 'v'));
        }
    }
    fs::remove_all(directory.path() / "store");
    const auto storage = open_storage(options);
    ASSERT_FALSE(storage.has_value());
    EXPECT_NE(storage.error().message().find("this segment is missing"), std::string::npos)
        << storage.error().message();
}

}  // namespace
}  // namespace stepwell::journal
