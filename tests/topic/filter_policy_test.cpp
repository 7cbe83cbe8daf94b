// Which messages a subscription wants.
#include "topic/filter_policy.hpp"

#include <gtest/gtest.h>

namespace stepwell::topic {
namespace {

bool matches_body(std::string_view policy, std::string_view body) {
    const auto parsed = FilterPolicy::parse(policy, FilterScope::message_body);
    EXPECT_TRUE(parsed.has_value()) << policy;
    return parsed->matches({}, body);
}

bool matches(std::string_view policy, const std::vector<MessageAttribute>& attributes) {
    const auto parsed = FilterPolicy::parse(policy, FilterScope::message_attributes);
    EXPECT_TRUE(parsed.has_value()) << policy;
    return parsed->matches(attributes, "");
}

std::string refusal(std::string_view policy, FilterScope scope = FilterScope::message_body) {
    const auto parsed = FilterPolicy::parse(policy, scope);
    return parsed.has_value() ? "" : parsed.error().message();
}

TEST(FilterPolicy, AttributesMatchByTheirValues) {
    const std::vector<MessageAttribute> red{{"color", "String", "red"}, {"price", "Number", "100"}};
    EXPECT_TRUE(matches(R"({"color":["red","blue"]})", red));
    EXPECT_FALSE(matches(R"({"color":["blue"]})", red));
    EXPECT_TRUE(matches(R"({"price":[100]})", red));
    EXPECT_TRUE(matches(R"({"price":[1e2]})", red));
    EXPECT_FALSE(matches(R"({"color":["red"],"price":[99]})", red));
    EXPECT_FALSE(matches(R"({"size":["s"]})", red));
    EXPECT_TRUE(matches(R"({})", red));
}

TEST(FilterPolicy, StringArraysMatchByAnyElement) {
    const std::vector<MessageAttribute> sizes{{"size", "String.Array", R"(["s","m",3,true])"}};
    EXPECT_TRUE(matches(R"({"size":["m"]})", sizes));
    EXPECT_TRUE(matches(R"({"size":[3]})", sizes));
    EXPECT_TRUE(matches(R"({"size":[true]})", sizes));
    EXPECT_FALSE(matches(R"({"size":["l"]})", sizes));
}

TEST(FilterPolicy, OperatorsOnTexts) {
    EXPECT_TRUE(matches_body(R"({"k":[{"prefix":"ab"}]})", R"({"k":"abc"})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"prefix":"b"}]})", R"({"k":"abc"})"));
    EXPECT_TRUE(matches_body(R"({"k":[{"suffix":"bc"}]})", R"({"k":"abc"})"));
    EXPECT_TRUE(matches_body(R"({"k":[{"equals-ignore-case":"ABC"}]})", R"({"k":"aBc"})"));
    EXPECT_TRUE(matches_body(R"({"k":[{"anything-but":["x","y"]}]})", R"({"k":"z"})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"anything-but":"x"}]})", R"({"k":"x"})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"anything-but":"x"}]})", R"({"other":"z"})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"anything-but":{"prefix":"a"}}]})", R"({"k":"abc"})"));
    EXPECT_TRUE(matches_body(R"({"k":[{"anything-but":{"suffix":"a"}}]})", R"({"k":"abc"})"));
    EXPECT_TRUE(matches_body(R"({"k":[{"cidr":"10.0.0.0/24"}]})", R"({"k":"10.0.0.255"})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"cidr":"10.0.0.0/24"}]})", R"({"k":"10.0.1.0"})"));
}

TEST(FilterPolicy, OperatorsOnNumbers) {
    EXPECT_TRUE(matches_body(R"({"k":[{"numeric":[">",0,"<=",5]}]})", R"({"k":5})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"numeric":[">",0,"<=",5]}]})", R"({"k":5.1})"));
    EXPECT_TRUE(matches_body(R"({"k":[{"numeric":["=",301.5]}]})", R"({"k":3.015e2})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"numeric":["=",1]}]})", R"({"k":"1"})"));
}

TEST(FilterPolicy, ExistsAsksForTheKeyAlone) {
    EXPECT_TRUE(matches_body(R"({"k":[{"exists":true}]})", R"({"k":null})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"exists":true}]})", R"({})"));
    EXPECT_TRUE(matches_body(R"({"k":[{"exists":false}]})", R"({"j":1})"));
    EXPECT_FALSE(matches_body(R"({"k":[{"exists":false}]})", R"({"k":1})"));
    EXPECT_TRUE(matches_body(R"({"k":[null]})", R"({"k":null})"));
}

TEST(FilterPolicy, BodiesMatchThroughNestingAndArrays) {
    const std::string body = R"({"a":{"b":["x",{"c":7}]},"d":false})";
    EXPECT_TRUE(matches_body(R"({"a":{"b":["x"]}})", body));
    EXPECT_TRUE(matches_body(R"({"a":{"b":{"c":[7]}}})", body));
    EXPECT_TRUE(matches_body(R"({"a":{"b":["x"]},"d":[false]})", body));
    EXPECT_FALSE(matches_body(R"({"a":{"b":["x"]},"d":[true]})", body));
    EXPECT_FALSE(matches_body(R"({"a":{"b":["x"]}})", "no JSON"));
}

TEST(FilterPolicy, OrHoldsWhenOneOfItsPartsDoes) {
    const std::string policy =
        R"({"source":["s"],"$or":[{"k":["a"]},{"n":[{"numeric":["<",0]}]}]})";
    EXPECT_TRUE(matches_body(policy, R"({"source":"s","k":"a"})"));
    EXPECT_TRUE(matches_body(policy, R"({"source":"s","n":-1})"));
    EXPECT_FALSE(matches_body(policy, R"({"source":"s","n":1})"));
    EXPECT_FALSE(matches_body(policy, R"({"k":"a"})"));
}

TEST(FilterPolicy, MalformedPoliciesAreRefused) {
    EXPECT_EQ(refusal("[]"), "FilterPolicy: Filter policy must be a JSON object");
    EXPECT_EQ(refusal(R"({"k":[]})"), "FilterPolicy: Empty arrays are not allowed");
    EXPECT_EQ(refusal(R"({"k":"v"})"), R"(FilterPolicy: "k" must be an object or an array)");
    EXPECT_EQ(refusal(R"({"k":[{"sounds-like":"v"}]})"),
              "FilterPolicy: Unrecognized match type sounds-like");
    EXPECT_EQ(refusal(R"({"k":[{"exists":"v"}]})"),
              "FilterPolicy: exists match pattern must be either true or false.");
    EXPECT_NE(refusal(R"({"k":[{"numeric":["<"]}]})"), "");
    EXPECT_NE(refusal(R"({"k":[{"numeric":["~",1]}]})"), "");
    EXPECT_EQ(refusal(R"({"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]})"),
              "FilterPolicy: Filter policy can not have more than 5 keys");
    EXPECT_EQ(refusal(R"({"a":{"b":["x"]}})", FilterScope::message_attributes),
              "Filter policy scope MessageAttributes does not support nested filter policy");
    std::string many = R"({"k":[0)";
    for (int i = 1; i <= 150; ++i) many.append(",").append(std::to_string(i));
    EXPECT_EQ(refusal(many + "]}"), "FilterPolicy: Filter policy is too complex");
}

}  // namespace
}  // namespace stepwell::topic
