#include "flow/names.hpp"

#include <gtest/gtest.h>

#include "flow/errors.hpp"
#include "flow/page_token.hpp"
#include "flow/tags.hpp"

namespace stepwell::flow {
namespace {

TEST(Names, MayHoldLettersOfAnyLanguageDigitsDotsAndDashes) {
    for (const std::string_view name : {"a", "activity.name", "A-b_c", "콜백", "été", "🦆"}) {
        EXPECT_TRUE(is_valid_name(name)) << name;
    }
}

TEST(Names, MayNotHoldAwsForbiddenCharacters) {
    for (const char c : std::string_view("<>{}[]?*\"#%\\^|~`$&,;:/ \t\n\x01\x7f")) {
        EXPECT_FALSE(is_valid_name(std::string("activity") + c + "name")) << static_cast<int>(c);
    }
    EXPECT_FALSE(is_valid_name(std::string_view("\0activity", 9)));
    EXPECT_FALSE(is_valid_name(""));
    EXPECT_FALSE(is_valid_name("a\u0085b"));  // a control character above ASCII
    EXPECT_FALSE(is_valid_name("a\uffffb"));
}

TEST(Names, AreRefusedInAwsWords) {
    const auto checked = check_name("activity$name");
    ASSERT_FALSE(checked);
    EXPECT_TRUE(checked.error().is(errors::invalid_name));
    EXPECT_EQ(checked.error().message(), "Invalid Name: 'activity$name'");
}

TEST(Names, AreCountedInCharactersNotBytes) {
    EXPECT_EQ(character_count("콜백"), 2U);
    EXPECT_EQ(character_count("duck"), 4U);
}

TEST(Arns, OfMachinesVersionsAliasesAndExecutionsAreTakenApart) {
    const auto machine = parse_arn("arn:aws:states:us-east-1:000000000000:stateMachine:m");
    ASSERT_TRUE(machine);
    EXPECT_EQ(machine->kind, ArnKind::state_machine);
    EXPECT_EQ(machine->name, "m");
    EXPECT_EQ(machine->qualifier, "");

    const auto version = parse_arn("arn:aws:states:us-east-1:000000000000:stateMachine:m:7");
    ASSERT_TRUE(version);
    EXPECT_EQ(version->qualifier, "7");
    EXPECT_EQ(version->unqualified, "arn:aws:states:us-east-1:000000000000:stateMachine:m");

    const auto map = parse_arn("arn:aws:states:us-east-1:000000000000:stateMachine:m/label");
    ASSERT_TRUE(map);
    EXPECT_EQ(map->name, "m");
    EXPECT_EQ(map->label, "label");

    const auto execution = parse_arn("arn:aws-cn:states:cn-north-1:123456789012:execution:m:run-1",
                                     ArnKind::execution);
    ASSERT_TRUE(execution);
    EXPECT_EQ(execution->qualifier, "run-1");
}

TEST(Arns, ThatAreNoneAreRefusedInAwsWords) {
    const auto message = [](std::string_view text) {
        const auto parsed = parse_arn(text, ArnKind::state_machine);
        EXPECT_FALSE(parsed) << text;
        return parsed ? std::string() : parsed.error().message();
    };
    EXPECT_EQ(message("not_a_valid_arn"), "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
    EXPECT_EQ(message("arn:aws:states:us-east-1:000000000000:execution:m:e"),
              "Invalid Arn: 'Resource type not valid in this context: execution'");
    EXPECT_EQ(message("arn:aws:states:us-east-1:000000000000:duck:m"),
              "Invalid Arn: 'Resource type not valid in this context: duck'");
    for (const std::string_view text :
         {"arn:", "arn:aws:sqs:us-east-1:0:q", "arn:aws:states:us-east-1:0:stateMachine:",
          "arn:aws:states:us-east-1:0:stateMachine:m:", "arn:aws:states:::stateMachine:m"}) {
        EXPECT_TRUE(parse_arn(text).error().is(errors::invalid_arn)) << text;
    }
}

TEST(PageTokens, AreReadBackByTheirListingOnly) {
    const std::string token = make_page_token("ListThings", "last/item");
    EXPECT_EQ(*read_page_token("ListThings", token), "last/item");
    EXPECT_EQ(*read_page_token("ListThings", ""), "");
    for (const std::string_view other : {"ListOthers", "ListThing"}) {
        EXPECT_TRUE(read_page_token(other, token).error().is(errors::invalid_token));
    }
    EXPECT_TRUE(read_page_token("ListThings", "no token").error().is(errors::invalid_token));
}

TEST(TagsOfAResource, KeepTheirOrderAndTakeTheLastValueOfAKey) {
    const Tags tags =
        *with_tags({{"a", "1"}, {"b", "2"}}, {{"c", "3"}, {"a", "4"}, {"c", "5"}}, "arn");
    EXPECT_EQ(tags, (Tags{{"a", "4"}, {"b", "2"}, {"c", "5"}}));
    EXPECT_EQ(without_tags(tags, {"b", "no such key"}), (Tags{{"a", "4"}, {"c", "5"}}));
}

TEST(TagsOfAResource, AreAtMostFifty) {
    Tags fifty;
    for (int i = 0; i < 50; ++i) fifty.push_back({"key" + std::to_string(i), ""});
    ASSERT_TRUE(with_tags({}, fifty, "arn"));
    EXPECT_TRUE(with_tags(fifty, {{"key0", "again"}}, "arn"));
    EXPECT_TRUE(with_tags(fifty, {{"one more", ""}}, "arn").error().is(errors::too_many_tags));
}

}  // namespace
}  // namespace stepwell::flow
