#include "journal/memory_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

namespace stepwell::journal {
namespace {

using Model = std::map<std::string, std::optional<std::string>>;

Model content(MemoryTable& table) {
    table.order();
    Model found;
    for (const MemoryTable::Entry* const entry : table.ordered()) {
        const auto value = entry->value();
        found.emplace(entry->key(), value ? std::optional<std::string>(*value) : std::nullopt);
    }
    return found;
}

TEST(MemoryTable, FindsWhatWasPut) {
    MemoryTable table;
    EXPECT_EQ(table.find("a"), nullptr);
    table.put("a", "1");
    table.put("", "empty key");
    ASSERT_NE(table.find("a"), nullptr);
    EXPECT_EQ(table.find("a")->value(), "1");
    EXPECT_EQ(table.find("")->value(), "empty key");
    table.put("a", "a longer value than before");
    EXPECT_EQ(table.find("a")->value(), "a longer value than before");
}

TEST(MemoryTable, AMarkHidesAndRemovalLeavesNothing) {
    MemoryTable table;
    table.erase("a");
    ASSERT_NE(table.find("a"), nullptr);
    EXPECT_EQ(table.find("a")->value(), std::nullopt);
    table.put("a", "back");
    EXPECT_EQ(table.find("a")->value(), "back");
    table.remove("a");
    EXPECT_EQ(table.find("a"), nullptr);
    table.remove("a");
    EXPECT_EQ(table.bytes(), 0U);
}

TEST(MemoryTable, AnErasedNewKeyLeavesNothing) {
    MemoryTable table;
    table.put("a", "1", true);
    table.put("a", "changed, and longer than it was", false);
    table.erase("a");
    EXPECT_EQ(table.find("a"), nullptr);
    EXPECT_EQ(table.bytes(), 0U);
    table.order();
    table.put("b", "1", true);
    table.order();
    table.erase("b");
    EXPECT_TRUE(table.ordered().empty());
    table.erase("c");
    table.put("c", "again", true);
    table.erase("c");
    ASSERT_NE(table.find("c"), nullptr) << "the mark has gone, and what is below shows again";
    EXPECT_EQ(table.find("c")->value(), std::nullopt);
}

TEST(MemoryTable, GivesBackTheRoomOfLargeValues) {
    MemoryTable table;
    table.put("a", std::string(100'000, 'x'));
    table.put("a", "small");
    EXPECT_LT(table.bytes(), 1'000U);
}

// In both states of order, as scans come between changes or not.
TEST(MemoryTable, AgreesWithAMapOnRandomOperations) {
    std::mt19937 random{7};
    MemoryTable table;
    Model model;
    for (int i = 0; i < 60'000; ++i) {
        const std::string key = "key" + std::to_string(random() % 2'000);
        const std::string value(random() % 300, static_cast<char>('a' + i % 26));
        switch (random() % 8) {
            case 0:
            case 1:
            case 2:
                table.remove(key);
                model.erase(key);
                break;
            case 3:
                table.erase(key);
                model[key] = std::nullopt;
                break;
            default:
                table.put(key, value);
                model[key] = value;
        }
        if (i % 1'000 == 0) {
            EXPECT_EQ(content(table), model);
        }
    }
    ASSERT_EQ(content(table), model);
    EXPECT_EQ(table.sorted().size(), model.size());
    for (const auto& [key, value] : model) EXPECT_EQ(table.find(key)->value(), value);
    for (const auto& [key, value] : model) table.remove(key);
    EXPECT_EQ(table.bytes(), 0U);
    EXPECT_TRUE(table.ordered().empty());
}

TEST(MemoryTable, MovesWithItsEntries) {
    MemoryTable table;
    table.put("a", "1");
    MemoryTable other(std::move(table));
    EXPECT_EQ(other.find("a")->value(), "1");
    table = std::move(other);
    EXPECT_EQ(table.find("a")->value(), "1");
}

}  // namespace
}  // namespace stepwell::journal
