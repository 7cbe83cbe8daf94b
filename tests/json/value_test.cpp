#include "json/value.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace stepwell::json {
namespace {

Document parsed(std::string_view text) {
    auto document = Document::parse(text);
    EXPECT_TRUE(document.has_value()) << text;
    return std::move(*document);
}

std::string why_invalid(std::string_view text) {
    const auto document = Document::parse(text);
    const auto payload = Payload::parse(text);
    EXPECT_EQ(document.has_value(), payload.has_value())
        << "building and checking disagree on " << text;
    if (document.has_value()) return "valid";
    EXPECT_EQ(document.error().message(), payload.error().message());
    EXPECT_TRUE(document.error().is(invalid_json));
    return document.error().message();
}

TEST(JsonValue, KnowsItsKindAndContent) {
    const Document document =
        parsed(R"({"n":null,"t":true,"f":false,"i":-12,"d":1.50,"s":"text","a":[1,[2]],"o":{}})");
    const Value root = document.root();
    ASSERT_TRUE(root.is_object());
    EXPECT_EQ(root.size(), 8u);
    EXPECT_TRUE(root.find("n")->is_null());
    EXPECT_TRUE(root.find("t")->boolean());
    EXPECT_FALSE(root.find("f")->boolean());
    EXPECT_EQ(root.find("i")->integer(), -12);
    EXPECT_EQ(root.find("d")->number(), 1.5);
    EXPECT_EQ(root.find("s")->string(), "text");
    EXPECT_EQ((*root.find("a"))[1][0].integer(), 2);
    EXPECT_EQ(root.find("a")->elements().size(), 2u);
    EXPECT_EQ(root.find("o")->size(), 0u);
    EXPECT_FALSE(root.find("absent").has_value());
    EXPECT_FALSE(root.find("s")->find("x").has_value());
}

TEST(JsonValue, KeepsTheTextThatItWasParsedFrom) {
    const Document document =
        parsed(" \n{ \"a\" : [ 1.0 , \"x\\u0041\" ] , \"b\":{ \"c\" : 1e3 } }\t");
    EXPECT_EQ(document.root().raw(), "{ \"a\" : [ 1.0 , \"x\\u0041\" ] , \"b\":{ \"c\" : 1e3 } }");
    EXPECT_EQ(document.root().find("a")->raw(), "[ 1.0 , \"x\\u0041\" ]");
    EXPECT_EQ((*document.root().find("a"))[0].raw(), "1.0");
    EXPECT_EQ((*document.root().find("a"))[1].raw(), "\"x\\u0041\"");
    EXPECT_EQ(document.root().find("b")->find("c")->raw(), "1e3");
}

TEST(JsonValue, KeepsTheOrderOfMembers) {
    const Document document = parsed(R"({"z":1,"a":2,"m":3})");
    std::string keys;
    for (const Member& member : document.root().members()) keys += member.key;
    EXPECT_EQ(keys, "zam");
}

TEST(JsonValue, OfARepeatedKeyTheLastMemberCounts) {
    EXPECT_EQ(parsed(R"({"a":1,"b":0,"a":2})").root().find("a")->integer(), 2);
}

TEST(JsonValue, LargeObjectsAreSearchedByKey) {
    for (const int size : {24, 25, 26, 1000}) {
        std::string text = "{";
        for (int i = 0; i < size; ++i)
            text += "\"k" + std::to_string(i * 7919 % size) + "\":" + std::to_string(i) + ",";
        text += "\"k3\":\"again\",\"inner\":{\"a\":1}}";
        const Document document = parsed(text);
        ASSERT_EQ(document.root().size(), static_cast<std::size_t>(size) + 2);
        for (int i = 0; i < size; ++i) {
            std::string key = std::to_string(i * 7919 % size);
            key.insert(key.begin(), 'k');
            if (key == "k3") continue;
            EXPECT_EQ(document.root().find(key)->integer(), i) << key;
        }
        EXPECT_EQ(document.root().find("k3")->string(), "again");
        EXPECT_EQ(document.root().find("inner")->find("a")->integer(), 1);
        EXPECT_FALSE(document.root().find("").has_value());
        EXPECT_FALSE(document.root().find("zzz").has_value());
    }
}

TEST(JsonValue, UnescapesStrings) {
    const auto text = [](std::string_view json) {
        return std::string{parsed(json).root().string()};
    };
    EXPECT_EQ(text(R"("")"), "");
    EXPECT_EQ(text(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(text(R"("\u0041\u00e9\u20ac\ud83d\ude00")"), "Aé€😀");
    EXPECT_EQ(text(R"("a\u0000b")"), std::string("a\0b", 3));
    EXPECT_EQ(text(R"("é€😀")"), "é€😀");
    EXPECT_EQ(text(R"("ends with a backslash\\")"), "ends with a backslash\\");
}

TEST(JsonValue, ALoneSurrogateReadsAsTheReplacementCharacterAndKeepsItsText) {
    for (const std::string_view json : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")"}) {
        const Document document = parsed(json);
        EXPECT_TRUE(document.root().string().starts_with("\xEF\xBF\xBD")) << json;
        EXPECT_EQ(document.root().raw(), json);
    }
    EXPECT_EQ(parsed(R"("\ud800\ud83d\ude00")").root().string(), "\xEF\xBF\xBD😀");
}

TEST(JsonValue, UnescapesKeys) {
    EXPECT_EQ(parsed(R"({"a\"\u0062":7})").root().find("a\"b")->integer(), 7);
}

TEST(JsonValue, IntegersAreThoseWrittenAsSuch) {
    EXPECT_EQ(parsed("9223372036854775807").root().integer(), INT64_MAX);
    EXPECT_EQ(parsed("-9223372036854775808").root().integer(), INT64_MIN);
    EXPECT_EQ(parsed("-0").root().integer(), 0);
    EXPECT_FALSE(parsed("9223372036854775808").root().integer().has_value());
    EXPECT_FALSE(parsed("1.0").root().integer().has_value());
    EXPECT_FALSE(parsed("1e3").root().integer().has_value());
    EXPECT_FALSE(parsed("\"1\"").root().integer().has_value());
}

TEST(JsonValue, NumbersBeyondDoublesBecomeInfinityOrZero) {
    EXPECT_EQ(parsed("1e999").root().number(), HUGE_VAL);
    EXPECT_EQ(parsed("-1e999").root().number(), -HUGE_VAL);
    EXPECT_EQ(parsed("1e-999").root().number(), 0.0);
    EXPECT_EQ(parsed("1e999").root().raw(), "1e999");
}

TEST(JsonValue, ViewsOutliveAMoveOfTheirDocument) {
    Document document = parsed(R"({"a":["x\ny"]})");
    const Value text = (*document.root().find("a"))[0];
    const Document moved = std::move(document);
    EXPECT_EQ(text.string(), "x\ny");
    EXPECT_EQ(moved.root().find("a")->size(), 1u);
}

TEST(JsonValue, ADocumentOfAPayloadSharesItsBytes) {
    const auto payload = Payload::parse(R"({"a":"b"})");
    const Document document = Document::of(*payload);
    EXPECT_TRUE(document.payload().is_same_as(*payload));
    EXPECT_EQ(document.root().raw().data(), payload->text().data());
}

TEST(JsonValue, RefusesWhatIsNoJson) {
    EXPECT_EQ(why_invalid(""), "No content");
    EXPECT_EQ(why_invalid("  "), "No content");
    EXPECT_EQ(why_invalid("[1,]"), "Unexpected ']' at offset 3");
    EXPECT_EQ(why_invalid("[1 2]"), "Unexpected '2' at offset 3");
    EXPECT_EQ(why_invalid("{\"a\":1,}"), "Unexpected '}' at offset 7");
    EXPECT_EQ(why_invalid("{\"a\" 1}"), "Unexpected '1' at offset 5");
    EXPECT_EQ(why_invalid("{a:1}"), "Unexpected 'a' at offset 1");
    EXPECT_EQ(why_invalid("[1"), "Unexpected end of input at offset 2");
    EXPECT_EQ(why_invalid("{\"a\":"), "Unexpected end of input at offset 5");
    EXPECT_EQ(why_invalid("["), "Unexpected end of input at offset 1");
    EXPECT_EQ(why_invalid("{"), "Unexpected end of input at offset 1");
    EXPECT_EQ(why_invalid("{} {}"), "Unexpected '{' after the value at offset 3");
    EXPECT_EQ(why_invalid("\"a\"b"), "Unexpected 'b' after the value at offset 3");
    EXPECT_EQ(why_invalid("true\"x\""), "Unexpected '\"' at offset 4");
    EXPECT_EQ(why_invalid("\"open"), "Unexpected end of input in a string");
    EXPECT_EQ(why_invalid("\"tab\there\""), "Unescaped control character in a string");
    EXPECT_EQ(why_invalid("\"\\x\""), "Invalid escape in a string at offset 0");
    EXPECT_EQ(why_invalid("\"\\u12g4\""), "Invalid escape in a string at offset 0");
    EXPECT_EQ(why_invalid("\"\xff\""), "Invalid UTF-8");
    EXPECT_EQ(why_invalid("\"\xed\xa0\x80\""), "Invalid UTF-8");  // a surrogate in UTF-8
    EXPECT_EQ(why_invalid("\xEF\xBB\xBF{}"), "Unexpected byte 0xef at offset 0");
}

TEST(JsonValue, RefusesMalformedNumbersAndWords) {
    for (const std::string_view json :
         {"01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1_0", "NaN", "Infinity", "tru", "nulll",
          "True", "--1", "1.2.3", "1-"}) {
        EXPECT_NE(why_invalid(json), "valid") << json;
    }
    for (const std::string_view json : {"0", "-0", "0.5", "1E5", "1e-5", "-1.25e+10", "0e0"}) {
        EXPECT_EQ(why_invalid(json), "valid") << json;
    }
}

TEST(JsonValue, NestsAThousandLevelsAndNoMore) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(why_invalid(nested(1000)), "valid");
    EXPECT_EQ(why_invalid(nested(1001)), "Nested deeper than 1,000 levels at offset 1000");
    EXPECT_EQ(why_invalid(std::string(1'000'000, '[')),
              "Nested deeper than 1,000 levels at offset 1000");
}

TEST(JsonValue, EveryPrefixOfATextIsRefused) {
    const std::string text = R"({"a":[1,2.5,{"b":"c\n"}],"d":null,"e":true,"f":"\ud83d\ude00"})";
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_NE(why_invalid(std::string_view{text}.substr(0, size)), "valid") << size;
    }
    EXPECT_EQ(why_invalid(text), "valid");
}

TEST(JsonValue, LargeTextsParseToo) {
    std::string text = "[";
    for (int i = 0; i < 200'000; ++i) text += R"({"k":"v\n"},)";
    text += "0]";
    const Document document = parsed(text);
    ASSERT_EQ(document.root().size(), 200'001u);
    EXPECT_EQ(document.root()[199'999].find("k")->string(), "v\n");
}

TEST(JsonValue, TellsWhereATextIsWrong) {
    EXPECT_FALSE(find_syntax_error("{}").has_value());
    EXPECT_EQ(find_syntax_error("[1,]")->reason, "Unexpected ']'");
    EXPECT_EQ(find_syntax_error("[1,]")->offset, 3u);
    EXPECT_FALSE(find_syntax_error("\"open")->offset.has_value());
}

TEST(JsonCompact, LeavesOutWhiteSpaceButNotInStrings) {
    std::string out = "before:";
    append_compact(out,
                   parsed("{ \"a \\\" b\" :\n[ 1.0 , true ,\t\"\\\\\" ] , \"c\":{ } }").root());
    EXPECT_EQ(out, "before:{\"a \\\" b\":[1.0,true,\"\\\\\"],\"c\":{}}");
}

TEST(JsonEqual, ComparesNumbersByValueAndObjectsWithoutOrder) {
    const auto same = [](std::string_view a, std::string_view b) {
        const Document left = parsed(a);
        const Document right = parsed(b);
        EXPECT_EQ(equal(left.root(), right.root()), equal(right.root(), left.root()));
        EXPECT_TRUE(!equal(left.root(), right.root()) || hash(left.root()) == hash(right.root()))
            << a;
        return equal(left.root(), right.root());
    };
    EXPECT_TRUE(same("1", "1.0"));
    EXPECT_TRUE(same("1e2", "100"));
    EXPECT_FALSE(same("9007199254740993", "9007199254740992"));
    EXPECT_TRUE(same(R"("A")", R"("\u0041")"));
    EXPECT_TRUE(same(R"({"a":1,"b":[true,null]})", R"({"b":[true,null],"a":1.0})"));
    EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":2})"));
    EXPECT_FALSE(same("[1,2]", "[2,1]"));
    EXPECT_FALSE(same("[1]", "[1,2]"));
    EXPECT_FALSE(same("null", "false"));
    EXPECT_FALSE(same("1", "\"1\""));
    EXPECT_TRUE(same(R"({"a":1,"a":2})", R"({"a":2})"));
    EXPECT_FALSE(same(R"({"a":2,"a":1})", R"({"a":2,"b":1})"));
}

TEST(JsonEqual, TakesTimeInProportionToTheTexts) {
    constexpr int depth = 900;
    std::string left;
    std::string right;
    for (int i = 0; i < depth; ++i) {
        left += "{\"a\":";
        right += "{\"b\":1,\"a\":";
    }
    left += "1";
    right += "1";
    for (int i = 0; i < depth; ++i) {
        left += ",\"b\":1}";
        right += "}";
    }
    EXPECT_TRUE(equal(parsed(left).root(), parsed(right).root()));
}

}  // namespace
}  // namespace stepwell::json
