#include "json/writer.hpp"

#include <gtest/gtest.h>

#include "json/value.hpp"

namespace stepwell::json {
namespace {

TEST(JsonWriter, PlacesCommasAndColons) {
    Writer writer;
    writer.begin_object().member("a", "x").member_integer("b", -7).key("c").begin_array();
    writer.integer(1)
        .boolean(true)
        .null()
        .begin_object()
        .end_object()
        .begin_array()
        .end_array()
        .raw("{\"r\":1}");
    writer.end_array().member_boolean("d", false).member_raw("e", "[0]").end_object();
    EXPECT_EQ(writer.text(),
              R"({"a":"x","b":-7,"c":[1,true,null,{},[],{"r":1}],"d":false,"e":[0]})");
}

TEST(JsonWriter, StartsAfreshWhenCleared) {
    Writer writer;
    writer.begin_array().integer(1).end_array();
    writer.clear();
    writer.string("x");
    EXPECT_EQ(writer.take(), "\"x\"");
}

TEST(JsonWriter, NumbersReadBackTheSame) {
    for (const double value : {0.1, 1.0, -2.5, 1e300, 5e-324, 123456789.125}) {
        Writer writer;
        writer.number(value);
        const auto document = Document::parse(writer.text());
        ASSERT_TRUE(document.has_value()) << writer.text();
        EXPECT_EQ(document->root().number(), value);
    }
}

TEST(JsonWriter, EscapesOnlyWhatJsonRequires) {
    std::string out;
    append_string(out, "\"\\/\b\f\n\r\t\x01\x1f é😀\x7f");
    EXPECT_EQ(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F é😀\x7f\"");
}

TEST(JsonWriter, EveryStringReadsBackTheSame) {
    for (int byte = 0; byte < 128; ++byte) {
        const std::string text = std::string("before ") + static_cast<char>(byte) + " after";
        std::string out;
        append_string(out, text);
        const auto document = Document::parse(out);
        ASSERT_TRUE(document.has_value()) << byte;
        EXPECT_EQ(document->root().string(), text);
    }
}

// Whatever stands around it, and wherever: texts are looked at eight bytes at a time.
TEST(JsonWriter, EscapesAtEveryPosition) {
    for (const std::string_view around : {"x", "!", "#", "[", "]", "\x80", "\xA2", "\xFF", "~"}) {
        for (std::size_t at = 0; at < 24; ++at) {
            for (const auto& [byte, escaped] :
                 {std::pair{'"', "\\\""}, {'\\', "\\\\"}, {'\x1f', "\\u001F"}, {'\0', "\\u0000"}}) {
                std::string before;
                std::string after;
                for (std::size_t i = 0; i < at; ++i) before += around;
                for (std::size_t i = at; i < 23; ++i) after += around;
                std::string out;
                append_string(out, before + byte + after);
                ASSERT_EQ(out, '"' + before + escaped + after + '"');
            }
        }
    }
}

}  // namespace
}  // namespace stepwell::json
