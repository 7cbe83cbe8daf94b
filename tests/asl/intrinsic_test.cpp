#include "asl/intrinsic.hpp"

#include <gtest/gtest.h>

#include "machine.hpp"

namespace stepwell::asl {
namespace {

using testing::value_of;

struct Case {
    std::string_view expression;
    std::string_view input;
    std::string_view value;
};

// Recorded from AWS, and the examples of its documentation.
TEST(Intrinsics, GiveWhatAwsGives) {
    const Case cases[] = {
        {"States.Format('Hello, my name is {}.', $.name)", R"({"name":"Arnav"})",
         R"("Hello, my name is Arnav.")"},
        {"States.Format('{} {} {}', $.a, $.b, $.c)", R"({"a":null,"b":1.10,"c":true})",
         R"("null 1.10 true")"},
        {"States.Format('{}', $)", R"({"Arg1": 1, "Arg2": [ ], "s": "x"})",
         R"("{Arg1=1, Arg2=[], s=x}")"},
        {R"(States.Format('a \{\} \\ \' {}', 1))", "{}", R"("a {} \\ ' 1")"},
        {"States.StringToJson($.s)", R"({"s":"{\"number\": 20}"})", R"({"number":20})"},
        {"States.StringToJson($.s)", R"({"s":""})", "null"},
        {"States.JsonToString($.o)", R"({"o":{ "a" : [1, "x"] }})", R"("{\"a\":[1,\"x\"]}")"},
        {"States.Array()", "{}", "[]"},
        {"States.Array($.id, 'x', null, -1.5)", R"({"id":7})", R"([7,"x",null,-1.5])"},
        {"States.ArrayPartition($.a,4)", R"({"a":[1,2,3,4,5,6,7,8,9]})",
         "[[1,2,3,4],[5,6,7,8],[9]]"},
        {"States.ArrayPartition($.a,3)", R"({"a":[]})", "[]"},
        {"States.ArrayContains($.a, $.v)", R"({"a":[[1,2],2],"v":[1,2]})", "true"},
        {"States.ArrayContains($.a, $.v)", R"({"a":[],"v":1})", "false"},
        {"States.ArrayRange(1, 9, 2)", "{}", "[1,3,5,7,9]"},
        {"States.ArrayRange(5, 1, -2)", "{}", "[5,3,1]"},
        {"States.ArrayGetItem($.a, 1)", R"({"a":[1,{"b":2}]})", R"({"b":2})"},
        {"States.ArrayLength($.a)", R"({"a":[1,2,3]})", "3"},
        {"States.ArrayUnique($.a)", R"({"a":[1,2,1.0,"1",{"x":1,"y":2},{"y":2,"x":1}]})",
         R"([1,2,"1",{"x":1,"y":2}])"},
        {"States.Base64Encode($.s)", R"({"s":"Data to encode"})", R"("RGF0YSB0byBlbmNvZGU=")"},
        {"States.Base64Decode($.s)", R"({"s":"RGVjb2RlZCBkYXRh"})", R"("Decoded data")"},
        {"States.Hash('input data', 'SHA-1')", "{}",
         R"("aaff4a450a104cd177d28d18d74485e8cae074b7")"},
        {"States.Hash('input data', 'MD5')", "{}", R"("812f45842bc6d66ee14572ce20db8e86")"},
        {"States.JsonMerge($.a, $.b, false)",
         R"({"a":{"x":{"y":1},"z":2},"b":{"x":{"w":3},"n":4}})", R"({"x":{"w":3},"z":2,"n":4})"},
        {"States.MathAdd($.a, -1)", R"({"a":111})", "110"},
        {"States.MathAdd(1.5, 1.51)", "{}", "4"},
        {"States.MathAdd(-1.5, -1.51)", "{}", "-3"},
        {"States.MathAdd(-0.5, 0)", "{}", "0"},
        {"States.StringSplit('1,2,,3', ',')", "{}", R"(["1","2","3"])"},
        {"States.StringSplit('This.is+a,test=string', '.+,=')", "{}",
         R"(["This","is","a","test","string"])"},
        {"States.StringSplit('Hello\nWorld', '\n')", "{}", R"(["Hello","World"])"},
        {"States.StringSplit('aéb', 'é')", "{}", R"(["a","b"])"},
        {"States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), States.MathAdd(1, "
         "-1))",
         "{}", R"("m")"},
    };
    for (const Case& c : cases) EXPECT_EQ(value_of(c.expression, c.input), c.value) << c.expression;
}

TEST(Intrinsics, RandomOnesKeepTheirForm) {
    const std::string uuid = value_of("States.UUID()");
    EXPECT_EQ(uuid.size(), 38u);
    EXPECT_NE(uuid, value_of("States.UUID()"));
    for (int i = 0; i < 100; ++i) {
        const int number = std::stoi(value_of("States.MathRandom(5, 8)"));
        EXPECT_TRUE(number >= 5 && number < 8) << number;
    }
    EXPECT_EQ(value_of("States.MathRandom(0, 1000000, 42)"),
              value_of("States.MathRandom(0, 1000000, 42)"));
}

TEST(Intrinsics, WrongArgumentsFailTheState) {
    const std::string prefix =
        "States.Runtime: An error occurred while executing the state 'S' (entered at the event id "
        "#2). The function '";
    for (const std::string expression :
         {"States.MathAdd(1, 'x')", "States.MathAdd(3000000000, 1)", "States.ArrayLength('x')",
          "States.ArrayGetItem(States.Array(1), 1)", "States.ArrayRange(1, 2000, 1)",
          "States.ArrayRange(1, 2, 0)", "States.ArrayPartition(States.Array(1), 0)",
          "States.StringToJson('{')", "States.StringToJson(1)", "States.Base64Decode('%')",
          "States.Hash('x', 'SHA1')", "States.JsonMerge(1, 2, false)", "States.MathRandom(2, 2)",
          "States.Format('{} {}', 1)", "States.Format('{', 1)", "States.Format('x', 1)",
          "States.StringSplit(1, ',')"}) {
        const std::string outer = expression.substr(0, expression.find('('));
        EXPECT_EQ(value_of(expression),
                  prefix + expression + "' had the following error: Invalid arguments in " + outer);
    }
}

TEST(Intrinsics, ANestedFailureNamesTheWholeCall) {
    EXPECT_EQ(value_of("States.Array(States.MathAdd('x', 1))"),
              "States.Runtime: An error occurred while executing the state 'S' (entered at the "
              "event id #2). The function "
              "'States.Array(States.MathAdd('x', 1))' had the following error: Invalid arguments "
              "in States.MathAdd");
}

TEST(Intrinsics, AMissingArgumentIsNamed) {
    EXPECT_EQ(value_of("States.Format('{}', $.nope)", R"({ "other" : 1 })"),
              "States.Runtime: An error occurred while executing the state 'S' (entered at the "
              "event id #2). The function "
              "'States.Format('{}', $.nope)' had the following error: The JsonPath argument for "
              "the field '$.nope' could "
              "not be found in the input '{\"other\":1}'");
}

TEST(Intrinsics, RefusesWhatIsNoCall) {
    for (const std::string_view text :
         {"", "States.", "States.Nope()", "States.UUID", "States.UUID(", "States.UUID(1)",
          "States.MathAdd(1)", "States.MathAdd(1,2,3)", "States.Format('x)", "States.Format(\"x\")",
          "States.Format(x)", "States.UUID() x", "States.Array(1,)", "States.Array({})",
          "States.format('x')", "Format('x')"}) {
        EXPECT_FALSE(Call::parse(text).has_value()) << text;
    }
}

TEST(Intrinsics, NestTenDeepAndNoDeeper) {
    const auto nested = [](int depth) {
        std::string text = "States.Array()";
        for (int i = 1; i < depth; ++i) text = "States.Array(" + text + ")";
        return Call::parse(text).has_value();
    };
    EXPECT_TRUE(nested(10));
    EXPECT_FALSE(nested(11));
    EXPECT_FALSE(nested(2'000));
}

TEST(Intrinsics, TakeLargeArraysAndObjects) {
    std::string array = "[";
    std::string object = "{";
    for (int i = 0; i < 15'000; ++i) {
        array += std::to_string(i) + ",";
        object += "\"k" + std::to_string(i) + "\":1,";
    }
    const std::string input = "{\"a\":" + array + "0],\"o\":" + object + "\"k0\":2}}";
    EXPECT_EQ(value_of("States.ArrayLength(States.ArrayUnique($.a))", input), "15000");
    EXPECT_TRUE(value_of("States.JsonMerge($.o, $.o, false)", input).starts_with("{\"k0\":2,"));
}

TEST(Intrinsics, CannotBeUsedToFillTheMemory) {
    const std::string text(200'000, 'x');
    std::string expression = "$.s";
    for (int i = 0; i < 9; ++i) expression = "States.Array(" + expression + "," + expression + ")";
    const std::string input = R"({"s":")" + text + R"("})";
    const std::string value = value_of(expression, input);
    EXPECT_TRUE(value.starts_with("States.Runtime: ") &&
                value.ends_with("Invalid arguments in States.Array"));
}

}  // namespace
}  // namespace stepwell::asl
