#include <gtest/gtest.h>

#include <stepwell/journal.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "journal/batch.hpp"

namespace stepwell {
namespace {

using Seen = std::tuple<Table, std::string, std::optional<std::string>>;

std::vector<Seen> read(std::string_view encoded, bool& is_whole) {
    std::vector<Seen> seen;
    is_whole = Batch::visit(encoded, [&](const Batch::Change& change) {
        seen.emplace_back(change.table, std::string(change.key),
                          change.value ? std::optional<std::string>(*change.value) : std::nullopt);
    });
    return seen;
}

TEST(Batch, IsReadBackAsItWasWritten) {
    Batch batch;
    EXPECT_TRUE(batch.is_empty());
    batch.put(Table::control, "queue/a", "1");
    batch.put(Table::blob, std::string("\0k\xff", 3), std::string(70'000, 'x'));
    batch.erase(Table::log, "gone");
    batch.put(Table::meta, "", "");
    bool is_whole = false;
    const std::vector<Seen> expected{
        {Table::control, "queue/a", "1"},
        {Table::blob, std::string("\0k\xff", 3), std::string(70'000, 'x')},
        {Table::log, "gone", std::nullopt},
        {Table::meta, "", ""}};
    EXPECT_EQ(read(batch.encoded(), is_whole), expected);
    EXPECT_TRUE(is_whole);
}

TEST(Batch, TellsWhatWasInserted) {
    Batch batch;
    batch.insert(Table::message, "new", "1");
    batch.put(Table::message, "new", "2");
    std::vector<bool> inserted;
    EXPECT_TRUE(Batch::visit(batch.encoded(), [&](const Batch::Change& change) {
        EXPECT_EQ(change.key, "new");
        inserted.push_back(change.is_new);
    }));
    EXPECT_EQ(inserted, (std::vector<bool>{true, false}));
}

TEST(Batch, CutShortIsDamagedUnlessTheCutIsBetweenChanges) {
    Batch batch;
    batch.put(Table::history, "key", std::string(200, 'v'));
    const std::size_t first_bytes = batch.encoded().size();
    batch.erase(Table::history, "other");
    for (std::size_t bytes = 1; bytes < batch.encoded().size(); ++bytes) {
        bool is_whole = false;
        const auto seen = read(batch.encoded().substr(0, bytes), is_whole);
        EXPECT_EQ(is_whole, bytes == first_bytes) << bytes;
        EXPECT_EQ(seen.size(), bytes >= first_bytes ? 1U : 0U) << bytes;
    }
}

TEST(Batch, UnknownTablesAndOverlongNumbersAreDamage) {
    bool is_whole = true;
    read(std::string(1, static_cast<char>(table_count)) + std::string(2, '\0'), is_whole);
    EXPECT_FALSE(is_whole);
    read(std::string("\xc1\x00", 2), is_whole);  // both erased and inserted
    EXPECT_FALSE(is_whole);
    read(std::string("\x01\xff\xff\xff\xff\x7f\x00", 7), is_whole);  // a length beyond 32 bits
    EXPECT_FALSE(is_whole);
    read(std::string("\x01\xff\xff\xff\xff\xff\xff\x01", 8), is_whole);
    EXPECT_FALSE(is_whole);
}

}  // namespace
}  // namespace stepwell
