#include "sched/task_token.hpp"

#include <gtest/gtest.h>

#include "sched/token_table.hpp"

namespace stepwell::sched {
namespace {

constexpr TokenKey key{{1, 2}};
constexpr TokenAddress address{3, 4, 5, 6};

std::string_view view(const TokenText& text) { return {text.data(), text.size()}; }

TEST(TaskToken, NamesItsAddress) {
    EXPECT_EQ(decode_token(key, view(encode_token(key, address))), address);
}

TEST(TaskToken, AnyChangedCharacterIsRefused) {
    const TokenText text = encode_token(key, address);
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char c : {'A', 'z', '0', '-', '_', '!', '\0'}) {
            TokenText forged = text;
            if (forged[i] == c) continue;
            forged[i] = c;
            EXPECT_FALSE(decode_token(key, view(forged)).has_value()) << i << c;
        }
    }
}

TEST(TaskToken, OtherLengthsAreRefused) {
    const TokenText text = encode_token(key, address);
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_FALSE(decode_token(key, view(text).substr(0, size)).has_value());
    }
    EXPECT_FALSE(decode_token(key, std::string(view(text)) + "A").has_value());
    EXPECT_FALSE(decode_token(key, std::string(2048, 'A')).has_value());
}

TEST(TaskToken, AnotherDirectorysTokenIsRefused) {
    EXPECT_FALSE(decode_token(TokenKey{{1, 3}}, view(encode_token(key, address))).has_value());
}

TEST(TokenTable, FindsWhatWaitsUntilItIsSpent) {
    TokenTable<int> table;
    int waiter = 0;
    const std::uint32_t slot = table.open(waiter, 10, 1);
    EXPECT_EQ(table.find({0, slot, 1, 10}), &waiter);
    EXPECT_EQ(table.find({0, slot, 2, 10}), nullptr);
    EXPECT_EQ(table.find({0, slot, 1, 11}), nullptr);
    EXPECT_EQ(table.find({0, slot + 100, 1, 10}), nullptr);
    table.close(slot);
    EXPECT_EQ(table.find({0, slot, 1, 10}), nullptr);
}

TEST(TokenTable, ASlotIsUsedAgainButAnAddressIsNot) {
    TokenTable<int> table;
    int first = 0, second = 0;
    const std::uint32_t slot = table.open(first, 10, 1);
    table.close(slot);
    ASSERT_EQ(table.open(second, 10, 2), slot);
    EXPECT_EQ(table.find({0, slot, 1, 10}), nullptr);
    EXPECT_EQ(table.find({0, slot, 2, 10}), &second);
}

TEST(TokenTable, ReopenedSlotsKeepTheirNumbers) {
    TokenTable<int> table;
    int old = 0, fresh = 0;
    table.reopen(5, old, 10, 3);
    table.finish_reopening();
    EXPECT_EQ(table.find({0, 5, 3, 10}), &old);
    for (int i = 0; i < 20; ++i)
        EXPECT_NE(table.open(fresh, 11, static_cast<std::uint32_t>(i)), 5U);
    EXPECT_EQ(table.open_count(), 21U);
}

}  // namespace
}  // namespace stepwell::sched
