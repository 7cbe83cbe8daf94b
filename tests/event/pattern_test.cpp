// Event patterns: which events they match.
#include "event/pattern.hpp"

#include <gtest/gtest.h>

#include <string>

#include "event/rule.hpp"

namespace stepwell::event {
namespace {

constexpr std::string_view order =
    R"({"source":"shop","detail-type":"order","region":"us-east-1","resources":["a","b"],)"
    R"("detail":{"state":"PAID","total":12.5,"items":[{"sku":"x1"},{"sku":"y2"}],"gift":null,"tags":["new","big"],)"
    R"("where":{"city":"Bern"}}})";

std::string outcome(std::string_view pattern) {
    const Result<Pattern> parsed = Pattern::parse(pattern);
    if (!parsed.has_value()) return parsed.error().message();
    return parsed->matches(json::Document::parse(order)->root()) ? "matches" : "does not";
}

TEST(Pattern, MatchesValuesAndOperators) {
    for (const std::string_view pattern :
         {R"({"source":["shop"]})", R"({"source":["none","shop"],"detail":{"state":["PAID"]}})",
          R"({"resources":["b"]})", R"({"detail":{"tags":["big"]}})",
          R"({"detail":{"where":{"city":[{"prefix":"Be"}]}}})",
          R"({"detail":{"where":{"city":[{"suffix":"rn"}]}}})",
          R"({"detail":{"where":{"city":[{"equals-ignore-case":"bERN"}]}}})",
          R"({"detail":{"where":{"city":[{"wildcard":"B*r*"}]}}})",
          R"({"detail":{"total":[12.50]}})",
          R"({"detail":{"total":[{"numeric":[">",10,"<=",12.5]}]}})",
          R"({"detail":{"gift":[null]}})", R"({"detail":{"gift":[{"exists":true}]}})",
          R"({"detail":{"nope":[{"exists":false}]}})", R"({"nope":{"deep":[{"exists":false}]}})",
          R"({"detail":{"state":[{"anything-but":"OPEN"}]}})",
          R"({"detail":{"state":[{"anything-but":["OPEN","SENT"]}]}})",
          R"({"detail":{"state":[{"anything-but":{"prefix":"X"}}]}})",
          R"({"$or":[{"source":["none"]},{"detail":{"state":["PAID"]}}]})"}) {
        EXPECT_EQ(outcome(pattern), "matches") << pattern;
    }
    for (const std::string_view pattern :
         {R"({"source":["sho"]})", R"({"source":["shop"],"detail":{"state":["OPEN"]}})",
          R"({"detail":{"total":["12.5"]}})", R"({"detail":{"total":[{"numeric":["<",12.5]}]}})",
          R"({"detail":{"state":[{"anything-but":["PAID"]}]}})",
          R"({"detail":{"nope":[{"anything-but":"x"}]}})",
          R"({"detail":{"nope":[{"exists":true}]}})", R"({"detail":{"state":[{"exists":false}]}})",
          R"({"nope":["x"]})", R"({"detail":{"where":{"city":[{"wildcard":"B*x"}]}}})",
          R"({"$or":[{"source":["none"]},{"detail":{"state":["OPEN"]}}]})"}) {
        EXPECT_EQ(outcome(pattern), "does not") << pattern;
    }
}

TEST(Pattern, IsRefusedWithAReason) {
    const auto refused = [](std::string_view why) {
        return "Event pattern is not valid. Reason: " + std::string(why);
    };
    EXPECT_EQ(outcome("[]"), refused("Filter is not an object"));
    EXPECT_EQ(outcome("{}"), refused("Empty objects are not allowed"));
    EXPECT_EQ(outcome(R"({"source":"shop"})"), refused("\"source\" must be an object or an array"));
    EXPECT_EQ(outcome(R"({"source":[]})"), refused("Empty arrays are not allowed"));
    EXPECT_EQ(outcome(R"({"source":[{"like":"x"}]})"), refused("Unrecognized match type like"));
    EXPECT_EQ(outcome(R"({"source":[{"numeric":["~",1]}]})"),
              refused("Unrecognized numeric range operator"));
    std::string deep;
    for (int i = 0; i < 150; ++i) deep += R"({"a":)";
    EXPECT_EQ(outcome(deep + R"(["x"])" + std::string(150, '}')),
              refused("Event pattern is nested too deeply"));
}

TEST(Target, IsSentTheEventOrAPartOfIt) {
    const auto event = json::Document::parse(order);
    const auto sent = [&](Target target) {
        return payload_for(target, event->root()).value_or("nothing");
    };
    EXPECT_EQ(sent({"1", "arn"}), order);
    EXPECT_EQ(sent({.id = "1", .arn = "arn", .input_path = "$.detail.where.city"}), R"("Bern")");
    EXPECT_EQ(sent({.id = "1", .arn = "arn", .input_path = "$.detail.nope.city"}), "nothing");
    EXPECT_EQ(sent({.id = "1", .arn = "arn", .input = "[1]"}), "[1]");
    for (const std::string_view path : {"", "detail", "$.", "$.a[0]", "$..a", "$.a."})
        EXPECT_FALSE(is_input_path(path)) << path;
}

TEST(Rule, ComesBackFromTheStore) {
    Rule rule;
    rule.name = "r";
    rule.pattern_text = R"({"source":["shop"]})";
    rule.is_enabled = false;
    rule.targets = {{.id = "1", .arn = "arn", .input_path = "$.detail", .message_group_id = "g"}};
    const std::string bytes = encode_rule(rule);
    const auto again = decode_rule(bytes);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(encode_rule(*again), bytes);
    EXPECT_TRUE(again->pattern->matches(json::Document::parse(order)->root()));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_rule(std::string_view(bytes).substr(0, size)).has_value());
}

}  // namespace
}  // namespace stepwell::event
