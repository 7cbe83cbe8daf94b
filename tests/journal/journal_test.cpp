// What every journal does, and what the log on disk does besides.
#include "journal/journal.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "journal/memory_journal.hpp"
#include "journal/segmented_log.hpp"
#include "journal/storage_fixture.hpp"

namespace stepwell::journal {
namespace {

std::string batch(std::string_view key, std::size_t value_bytes = 10) {
    Batch written;
    written.put(Table::history, key, std::string(value_bytes, 'v'));
    return std::string(written.encoded());
}

struct Replay {
    std::vector<std::uint64_t> sequences;
    std::vector<std::string> batches;
    std::vector<Position> ends;
    std::optional<Position> end;
    std::string error;
};

Replay replay(Journal& journal, const Position& from) {
    Replay seen;
    const auto end = journal.replay(
        from, {.commit =
                   [&](const Journal::Replayed& commit) {
                       seen.sequences.push_back(static_cast<std::uint64_t>(commit.sequence));
                       seen.batches.emplace_back(commit.batch);
                   },
               .record = [&](const Position& at) -> Result<> {
                   seen.ends.push_back(at);
                   return {};
               }});
    if (end.has_value()) {
        seen.end = *end;
    } else {
        seen.error = end.error().message();
    }
    return seen;
}

enum class Kind : std::uint8_t { memory, os, sync };

class JournalTest : public testing::TestWithParam<Kind> {
 protected:
    void SetUp() override {
        if (GetParam() == Kind::memory) {
            journal_ = std::make_unique<MemoryJournal>();
            return;
        }
        ASSERT_TRUE(SegmentedLog::create(options()).has_value());
        open();
    }

    SegmentedLog::Options options() const {
        return {.directory = directory_.path(),
                .id = {1, 2, 3},
                .durability = GetParam() == Kind::os ? Durability::os : Durability::sync,
                .segment_bytes_max = 2 << 20,
                .file_system = &posix_file_system()};
    }

    /// A memory journal is kept; a log is closed and opened again.
    void open() {
        if (GetParam() == Kind::memory) return;
        journal_.reset();
        auto opened = SegmentedLog::open(options());
        ASSERT_TRUE(opened.has_value()) << opened.error().message();
        journal_ = std::move(*opened);
    }

    Position append(const std::vector<std::string>& batches) {
        const std::vector<std::string_view> views(batches.begin(), batches.end());
        const auto end = journal_->append(views);
        EXPECT_TRUE(end.has_value()) << end.error().message();
        written_.insert(written_.end(), batches.begin(), batches.end());
        return *end;
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Journal> journal_;
    std::vector<std::string> written_;
};

TEST_P(JournalTest, StartsEmptyAtItsOrigin) {
    const Replay seen = replay(*journal_, journal_->origin());
    EXPECT_TRUE(seen.sequences.empty());
    EXPECT_EQ(seen.end, journal_->origin());
}

TEST_P(JournalTest, GivesBackWhatWasAppendedInOrder) {
    replay(*journal_, journal_->origin());
    append({batch("a")});
    append({batch("b"), batch("c", 100'000), batch("d")});
    const Position end = append({batch("e")});
    EXPECT_EQ(end.sequence, JournalSequence{5});
    open();
    const Replay seen = replay(*journal_, journal_->origin());
    EXPECT_EQ(seen.sequences, (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
    EXPECT_EQ(seen.batches, written_);
    EXPECT_EQ(seen.end, end);
    EXPECT_EQ(seen.ends.size(), 3U);
}

TEST_P(JournalTest, ReplaysFromAnyRecordOn) {
    replay(*journal_, journal_->origin());
    std::vector<Position> ends{journal_->origin()};
    for (int i = 0; i < 10; ++i) {
        ends.push_back(append({batch(std::to_string(i), 300'000), batch("x")}));
    }
    for (std::size_t records = 0; records < ends.size(); ++records) {
        open();
        const Replay seen = replay(*journal_, ends[records]);
        EXPECT_EQ(seen.error, "");
        EXPECT_EQ(seen.batches,
                  std::vector<std::string>(
                      written_.begin() + static_cast<std::ptrdiff_t>(2 * records), written_.end()));
        EXPECT_EQ(seen.end, ends.back());
    }
}

TEST_P(JournalTest, GoesOnWhereItEnded) {
    for (int i = 0; i < 5; ++i) {
        const Replay seen = replay(*journal_, journal_->origin());
        EXPECT_EQ(seen.batches, written_);
        append({batch(std::to_string(i), 400'000)});
        append({batch(std::to_string(i))});
        open();
    }
}

TEST_P(JournalTest, WhatWasTruncatedIsGoneTheRestStays) {
    replay(*journal_, journal_->origin());
    Position middle{};
    for (int i = 0; i < 40; ++i) {
        const Position end = append({batch(std::to_string(i), 500'000)});
        if (i == 29) middle = end;
    }
    ASSERT_TRUE(journal_->truncate(middle).has_value());
    append({batch("after")});
    open();
    const Replay seen = replay(*journal_, middle);
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen.batches, std::vector<std::string>(written_.begin() + 30, written_.end()));
}

TEST_P(JournalTest, TakesRecordsLargerThanASegment) {
    replay(*journal_, journal_->origin());
    append({batch("small")});
    append({batch("large", 9 << 20)});
    append({batch("small again")});
    open();
    const Replay seen = replay(*journal_, journal_->origin());
    EXPECT_EQ(seen.batches, written_);
}

TEST_P(JournalTest, CountsItsWork) {
    replay(*journal_, journal_->origin());
    append({batch("a"), batch("b")});
    append({batch("c")});
    EXPECT_EQ(journal_->statistics().groups, 2U);
    // Of the segment's header, and of each group.
    EXPECT_EQ(journal_->statistics().syncs, GetParam() == Kind::sync ? 3U : 0U);
    EXPECT_GT(journal_->statistics().bytes, 0U);
}

std::string name_of_kind(const testing::TestParamInfo<Kind>& parameter) {
    switch (parameter.param) {
        case Kind::memory:
            return "memory";
        case Kind::os:
            return "os";
        case Kind::sync:
            return "sync";
    }
    return "unknown";
}
INSTANTIATE_TEST_SUITE_P(Every, JournalTest, testing::Values(Kind::memory, Kind::os, Kind::sync),
                         name_of_kind);

// ---- the log's files ---------------------------------------------------------------------------

class SegmentedLogTest : public JournalTest {
 protected:
    std::size_t files_of_log() const {
        std::size_t files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path() / "log")) {
            files += entry.is_regular_file() ? 1 : 0;
        }
        return files;
    }
};

TEST_P(SegmentedLogTest, StaysSmallWhenItIsTruncatedAsItGrows) {
    replay(*journal_, journal_->origin());
    Position end{};
    for (int i = 0; i < 200; ++i) {
        end = append({batch(std::to_string(i), 500'000)});
        ASSERT_TRUE(journal_->truncate(end).has_value());
    }
    open();
    EXPECT_EQ(replay(*journal_, end).end, end);
    EXPECT_LE(files_of_log(), 6U) << "100 MB were written in segments of 2 MB";
}

TEST_P(SegmentedLogTest, ARecycledSegmentDoesNotBringItsOldRecordsBack) {
    replay(*journal_, journal_->origin());
    Position end{};
    for (int i = 0; i < 100; ++i) {
        end = append({batch(std::to_string(i), 300'000)});
        if (i % 10 == 9) {
            ASSERT_TRUE(journal_->truncate(end).has_value());
        }
    }
    const Position from = end;
    append({batch("last", 10)});
    open();
    const Replay seen = replay(*journal_, from);
    EXPECT_EQ(seen.sequences, (std::vector<std::uint64_t>{101}));
}

INSTANTIATE_TEST_SUITE_P(OnDisk, SegmentedLogTest, testing::Values(Kind::os, Kind::sync),
                         name_of_kind);

}  // namespace
}  // namespace stepwell::journal
