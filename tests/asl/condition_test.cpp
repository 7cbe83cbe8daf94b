#include "asl/condition.hpp"

#include <gtest/gtest.h>

#include "machine.hpp"

namespace stepwell::asl {
namespace {

// "yes" or "no", or the failure.
std::string chosen(const std::string& rule, std::string_view input) {
    const auto state = testing::OneState::in(
        R"({"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{)" + rule +
            R"(,"Next":"Yes"}],"Default":"No"},"Yes":{"Type":"Succeed"},"No":{"Type":"Succeed"}}})",
        input);
    const auto result = choose(state.scope());
    if (!result) return testing::OneState::shown(result.error());
    EXPECT_TRUE(result->output.output.is_same_as(state.input()));
    return state.program().state(result->next).name == "Yes" ? "yes" : "no";
}

std::string test(const std::string& comparison, const std::string& value) {
    return chosen(R"("Variable":"$.v",)" + comparison, R"({"v":)" + value + R"(,"w":2,"x":"b"})");
}

TEST(Choice, ComparesNumbersByValue) {
    EXPECT_EQ(test(R"("NumericEquals":1)", "1.0"), "yes");
    EXPECT_EQ(test(R"("NumericEquals":1)", "\"1\""), "no");
    EXPECT_EQ(test(R"("NumericEquals":9007199254740993)", "9007199254740992"), "no");
    EXPECT_EQ(test(R"("NumericLessThan":2)", "1.9"), "yes");
    EXPECT_EQ(test(R"("NumericLessThanEquals":2)", "2"), "yes");
    EXPECT_EQ(test(R"("NumericGreaterThan":2)", "2"), "no");
    EXPECT_EQ(test(R"("NumericGreaterThanEqualsPath":"$.w")", "2"), "yes");
    EXPECT_EQ(test(R"("NumericEqualsPath":"$.x")", "2"), "no");
}

TEST(Choice, ComparesStringsByTheirUtf16Units) {
    EXPECT_EQ(test(R"("StringEquals":"a")", R"("\u0061")"), "yes");
    EXPECT_EQ(test(R"("StringLessThan":"b")", R"("ab")"), "yes");
    EXPECT_EQ(test(R"("StringGreaterThanPath":"$.x")", R"("ba")"), "yes");
    EXPECT_EQ(test(R"("StringLessThan":"\uFF21")", R"("😀")"), "yes");
    EXPECT_EQ(test(R"("StringGreaterThan":"😀")", R"("\uFF21")"), "yes");
    EXPECT_EQ(test(R"("StringEquals":"1")", "1"), "no");
}

TEST(Choice, MatchesPatterns) {
    EXPECT_EQ(test(R"("StringMatches":"log-*.txt")", R"("log-1.txt")"), "yes");
    EXPECT_EQ(test(R"("StringMatches":"log-*.txt")", R"("log-1.txtx")"), "no");
    EXPECT_EQ(test(R"("StringMatches":"*a*b*")", R"("xxaxxbxx")"), "yes");
    EXPECT_EQ(test(R"("StringMatches":"*a*b*")", R"("bxa")"), "no");
    EXPECT_EQ(test(R"("StringMatches":"ab*ba")", R"("aba")"), "no");
    EXPECT_EQ(test(R"("StringMatches":"*")", R"("")"), "yes");
    EXPECT_EQ(test(R"("StringMatches":"a\\*b")", R"("a*b")"), "yes");
    EXPECT_EQ(test(R"("StringMatches":"a\\*b")", R"("axb")"), "no");
    EXPECT_EQ(test(R"("StringMatches":"a\\\\b")", R"("a\\b")"), "yes");
    EXPECT_EQ(test(R"("StringMatches":"1*")", "10"), "no");
}

TEST(Choice, ComparesTimestampsByInstant) {
    EXPECT_EQ(test(R"("TimestampEquals":"2012-10-09T19:00:55Z")", R"("2012-10-09T20:00:55+01:00")"),
              "yes");
    EXPECT_EQ(test(R"("TimestampLessThan":"2012-10-09T19:00:55.000000002Z")",
                   R"("2012-10-09T19:00:55.000000001Z")"),
              "yes");
    EXPECT_EQ(test(R"("TimestampGreaterThan":"2012-10-09T19:00:55Z")", R"("yesterday")"), "no");
}

TEST(Choice, TestsTypes) {
    EXPECT_EQ(test(R"("IsNull":true)", "null"), "yes");
    EXPECT_EQ(test(R"("IsNull":false)", "0"), "yes");
    EXPECT_EQ(test(R"("IsNumeric":true)", "0.5"), "yes");
    EXPECT_EQ(test(R"("IsString":true)", "\"\""), "yes");
    EXPECT_EQ(test(R"("IsBoolean":false)", "\"true\""), "yes");
    EXPECT_EQ(test(R"("IsTimestamp":true)", R"("2001-01-01T12:00:00Z")"), "yes");
    EXPECT_EQ(test(R"("IsTimestamp":true)", R"("2001-01-01T12:00:00")"), "no");
    EXPECT_EQ(test(R"("BooleanEquals":false)", "false"), "yes");
    EXPECT_EQ(test(R"("BooleanEqualsPath":"$.v")", "true"), "yes");
}

TEST(Choice, CombinesConditions) {
    const std::string big = R"({"Variable":"$.v","NumericGreaterThan":10})";
    const std::string small = R"({"Variable":"$.v","NumericLessThan":20})";
    EXPECT_EQ(chosen(R"("And":[)" + big + "," + small + "]", R"({"v":15})"), "yes");
    EXPECT_EQ(chosen(R"("And":[)" + big + "," + small + "]", R"({"v":25})"), "no");
    EXPECT_EQ(chosen(R"("Or":[)" + big + "," + small + "]", R"({"v":25})"), "yes");
    EXPECT_EQ(chosen(R"("Not":)" + big, R"({"v":5})"), "yes");
    EXPECT_EQ(chosen(R"("Not":{"Or":[)" + big + R"(,{"Not":)" + small + "}]}", R"({"v":5})"),
              "yes");
}

TEST(Choice, IsPresentIsTheOnlyOneThatAcceptsAMissingValue) {
    EXPECT_EQ(chosen(R"("Variable":"$.nope","IsPresent":false)", "{}"), "yes");
    EXPECT_EQ(chosen(R"("Variable":"$.nope","IsPresent":true)", "{}"), "no");
    EXPECT_EQ(chosen(R"("Variable":"$.v","IsPresent":true)", R"({"v":null})"), "yes");
    const std::string failure =
        "States.Runtime: An error occurred while executing the state 'S' (entered at the event id "
        "#2). Invalid path "
        "'$.nope': The choice state's condition path references an invalid value.";
    EXPECT_EQ(chosen(R"("Variable":"$.nope","IsNull":true)", "{}"), failure);
    EXPECT_EQ(chosen(R"("Variable":"$.v","NumericEqualsPath":"$.nope")", R"({"v":1})"), failure);
}

TEST(Choice, StopsAtTheFirstConditionThatDecides) {
    EXPECT_EQ(
        chosen(
            R"("And":[{"Variable":"$.nope","IsPresent":true},{"Variable":"$.nope","NumericEquals":1}])",
            "{}"),
        "no");
    EXPECT_EQ(
        chosen(
            R"("Or":[{"Variable":"$.nope","IsPresent":false},{"Variable":"$.nope","NumericEquals":1}])",
            "{}"),
        "yes");
}

TEST(Choice, WithoutMatchAndDefaultFails) {
    const auto state = testing::OneState::in(
        R"({"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.v","IsNull":true,"Next":"Yes"}]},"Yes":{"Type":"Succeed"}}})",
        R"({"v":1})");
    EXPECT_EQ(testing::OneState::shown(choose(state.scope()).error()),
              "States.Runtime: An error occurred while executing the state 'S' (entered at the "
              "event id #2). Failed to "
              "transition out of the state. The state does not point to a next state.");
}

}  // namespace
}  // namespace stepwell::asl
