#include "json/outline.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stepwell::json {
namespace {

TEST(Outline, HasTheMembersOfTheOutermostObjectOnly) {
    const Outline outline(
        R"( { "text" : "a, \"b\" \\" , "number":-1.5e3,"yes":true,"no":false , "nothing":null,)"
        R"("object" : {"text":"inner } ]","list":[{}]}, "array": [ "\\", [1] ] } )");
    ASSERT_EQ(outline.members().size(), 7U);
    EXPECT_EQ(outline.find("text")->string(), R"(a, "b" \)");
    EXPECT_EQ(outline.find("text")->raw(), R"("a, \"b\" \\")");
    EXPECT_EQ(outline.find("number")->number(), -1500);
    EXPECT_TRUE(outline.find("yes")->boolean());
    EXPECT_FALSE(outline.find("no")->boolean());
    EXPECT_TRUE(outline.find("nothing")->is_null());
    EXPECT_EQ(outline.find("nothing")->raw(), "null");
    EXPECT_TRUE(outline.find("object")->is_object());
    EXPECT_EQ(outline.find("object")->raw(), R"({"text":"inner } ]","list":[{}]})");
    EXPECT_TRUE(outline.find("array")->is_array());
    EXPECT_EQ(outline.find("array")->raw(), R"([ "\\", [1] ])");
    EXPECT_FALSE(outline.find("list").has_value());
}

TEST(Outline, ReadsWhatIsNestedWhenAsked) {
    Outline outline(R"({"a":{"list":[1,"\u00e9"]},"b":["x"],"c":7})");
    const Value a = *outline.find_whole("a");
    const Value b = *outline.find_whole("b");
    EXPECT_EQ((*a.find("list"))[1].string(), "é");
    EXPECT_EQ(b[0].string(), "x");
    EXPECT_EQ(outline.find_whole("c")->integer(), 7);
    EXPECT_FALSE(outline.find_whole("d").has_value());
}

TEST(Outline, OfARepeatedKeyTheLastCounts) {
    const Outline outline(R"({"a":1,"\u0061":2})");
    EXPECT_EQ(outline.members().size(), 2U);
    EXPECT_EQ(outline.find("a")->integer(), 2);
}

TEST(Outline, WhatIsNoObjectHasNoMembers) {
    for (const char* text : {"{}", " { } ", "[{\"a\":1}]", "\"{\"", "7"}) {
        const Outline outline(text);
        EXPECT_TRUE(outline.members().empty()) << text;
        EXPECT_FALSE(outline.find("a").has_value()) << text;
    }
}

TEST(Outline, HoldsAnyNumberOfMembers) {
    for (const std::size_t count : {1U, 12U, 13U, 100U}) {
        std::string text = "{";
        for (std::size_t i = 0; i < count; ++i) {
            text.append(i == 0 ? "" : ",").append("\"k").append(std::to_string(i));
            text.append("\":\"\\t").append(std::to_string(i)).append("\"");
        }
        text += '}';
        const Outline outline(text);
        ASSERT_EQ(outline.members().size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(outline.find("k" + std::to_string(i))->string(), "\t" + std::to_string(i));
        }
    }
}

}  // namespace
}  // namespace stepwell::json
