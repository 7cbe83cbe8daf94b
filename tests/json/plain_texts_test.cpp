#include "json/plain_texts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace stepwell::json {
namespace {

TEST(PlainTexts, AreReadWithoutADocument) {
    const auto read = [](std::string body, std::size_t max = 100) {
        std::array<PlainText, 2> members{{{"a", 1, max}, {"b", 0, max}}};
        if (!read_plain_texts(body, members)) return std::string("not plain");
        return std::string(members[0].value) + "|" +
               (members[1].is_present ? std::string(members[1].value) : "-");
    };
    EXPECT_EQ(read(R"({"a":"x"})"), "x|-");
    EXPECT_EQ(read(R"( {"b":"\"\u00e9\ud83e\udd86\/","z":{"a":[1]},"a":"y"} )"), "y|\"é🦆/");
    EXPECT_EQ(read(R"({"b":"x"})"), "not plain");
    EXPECT_EQ(read(R"({"a":null})"), "not plain");
    EXPECT_EQ(read(R"({"a":""})"), "not plain");
    EXPECT_EQ(read(R"({"a":1})"), "not plain");
    EXPECT_EQ(read(R"({"a":"12345"})", 4), "not plain");
    for (const char* body : {"", "{", "[]", "\"a\"", R"({"a":"x"} 1)", R"({"a":"x",})",
                             R"({"a":"\ud83e"})", "{\"a\":\"\xff\"}"}) {
        EXPECT_EQ(read(body), "not plain") << body;
    }
}

}  // namespace
}  // namespace stepwell::json
