#include "asl/path.hpp"

#include <gtest/gtest.h>

#include "asl/reference.hpp"
#include "machine.hpp"

namespace stepwell::asl {
namespace {

using testing::value_of;

constexpr std::string_view store = R"({"store":{"book":[
  {"category":"reference","author":"Rees","title":"Sayings","price":8.95},
  {"category":"fiction","author":"Waugh","title":"Sword","price":12.99},
  {"category":"fiction","author":"Melville","title":"Moby","isbn":"0-553","price":8.99}],
  "bicycle":{"color":"red","price":19.95}},"expensive":10,"odd name":{"a.b":1,"it's":2},"null":null})";

std::string found(std::string_view path) { return value_of(path, store); }

TEST(JsonPath, NamesMembersAndElements) {
    EXPECT_EQ(found("$.store.bicycle.color"), R"("red")");
    EXPECT_EQ(found("$['store']['bicycle'][\"color\"]"), R"("red")");
    EXPECT_EQ(found("$.store.book[0].author"), R"("Rees")");
    EXPECT_EQ(found("$.store.book[-1].title"), R"("Moby")");
    EXPECT_EQ(found("$['odd name']['a.b']"), "1");
    EXPECT_EQ(found("$['odd name']['it\\'s']"), "2");
    EXPECT_EQ(found("$.null"), "null");
}

TEST(JsonPath, AnIndefinitePathGivesAnArray) {
    EXPECT_EQ(found("$.store.book[*].price"), "[8.95,12.99,8.99]");
    EXPECT_EQ(found("$.store.book[1:].price"), "[12.99,8.99]");
    EXPECT_EQ(found("$.store.book[:1].price"), "[8.95]");
    EXPECT_EQ(found("$.store.book[-2:].price"), "[12.99,8.99]");
    EXPECT_EQ(found("$.store.book[0,2].price"), "[8.95,8.99]");
    EXPECT_EQ(found("$.store.bicycle['color','price']"), R"(["red",19.95])");
    EXPECT_EQ(found("$.store.bicycle.*"), R"(["red",19.95])");
    EXPECT_EQ(found("$.absent.deeper[*]"), "[]");
    EXPECT_EQ(found("$.absent[1:]"), "[]");
}

TEST(JsonPath, ScansDeeplyInDocumentOrder) {
    EXPECT_EQ(found("$..price"), "[8.95,12.99,8.99,19.95]");
    EXPECT_EQ(found("$.store..author"), R"(["Rees","Waugh","Melville"])");
    EXPECT_EQ(found("$..book[0].title"), R"(["Sayings"])");
    EXPECT_EQ(value_of("$..*", R"({"a":{"b":1},"c":[2]})"), R"([{"b":1},[2],1,2])");
}

TEST(JsonPath, Filters) {
    EXPECT_EQ(found("$.store.book[?(@.isbn)].title"), R"(["Moby"])");
    EXPECT_EQ(found("$.store.book[?(!@.isbn)].title"), R"(["Sayings","Sword"])");
    EXPECT_EQ(found("$.store.book[?(@.price < 10)].title"), R"(["Sayings","Moby"])");
    EXPECT_EQ(found("$.store.book[?(@.price > $.expensive)].title"), R"(["Sword"])");
    EXPECT_EQ(found("$.store.book[?(@.category == 'fiction' && @.price<=8.99)].title"),
              R"(["Moby"])");
    EXPECT_EQ(found("$.store.book[?(@.author=='Rees' || (@.price >= 12))].title"),
              R"(["Sayings","Sword"])");
    EXPECT_EQ(found("$.store.book[?(@.category != 'fiction')].title"), R"(["Sayings"])");
    EXPECT_EQ(found("$.store.book[?(@.author in ['Waugh','Rees'])].price"), "[8.95,12.99]");
    EXPECT_EQ(found("$.store.book[?(@.author nin ['Waugh','Rees'])].price"), "[8.99]");
    EXPECT_EQ(found("$..[?(@.color == 'red')].price"), "[19.95]");
    EXPECT_EQ(value_of("$.a[?(@ > 1)]", R"({"a":[1,2,3]})"), "[2,3]");
}

TEST(JsonPath, FiltersByPatternsAndLists) {
    EXPECT_EQ(found("$.store.book[?(@.author =~ /W.*/)].title"), R"(["Sword"])");
    EXPECT_EQ(found("$.store.book[?(@.author =~ /wau/i)].title"), "[]");  // the whole of it
    EXPECT_EQ(found("$.store.book[?(@.author =~ /wau.*/i)].title"), R"(["Sword"])");
    EXPECT_EQ(found("$.store.book[?(@.price =~ /8.*/)].title"), "[]");
    const std::string_view tagged = R"([{"t":["a","b"]},{"t":["c"]},{"t":[]},{"t":"a"}])";
    EXPECT_EQ(value_of("$[?(@.t subsetof ['a','b','x'])]", tagged),
              R"([{"t":["a","b"]},{"t":[]}])");
    EXPECT_EQ(value_of("$[?(@.t anyof ['a'])]", tagged), R"([{"t":["a","b"]}])");
    EXPECT_EQ(value_of("$[?(@.t noneof ['a'])]", tagged), R"([{"t":["c"]},{"t":[]}])");
    EXPECT_EQ(value_of("$[?(@ > .5)]", "[0.25,0.75]"), "[0.75]");
}

TEST(JsonPath, ReadsWhatTheLibraryThatAwsUsesReads) {
    EXPECT_EQ(found("$.store.['bicycle'].color"), R"("red")");
    EXPECT_EQ(found("$.store.book.[*].price"), "[8.95,12.99,8.99]");
    EXPECT_EQ(found("$.store.book[0:2:1].price"), "[8.95,12.99]");
    EXPECT_EQ(found("$.store.bicycle.color  "), R"("red")");
}

TEST(JsonPath, EndsWithAFunction) {
    EXPECT_EQ(found("$.store.book.length()"), "3");
    EXPECT_EQ(found("$.store.book[*].price.length()"), "3");
    EXPECT_EQ(value_of("$.length()", R"("naïve")"), "5");
    EXPECT_EQ(found("$.store.bicycle.keys()"), R"(["color","price"])");
    EXPECT_EQ(value_of("$.a.first()", R"({"a":[1,2]})"), "1");
    EXPECT_EQ(value_of("$.a.last()", R"({"a":[1,2]})"), "2");
    EXPECT_EQ(value_of("$.a.sum()", R"({"a":[1,2,6]})"), "9");
    EXPECT_EQ(value_of("$.a.min()", R"({"a":[4,2,6]})"), "2");
    EXPECT_EQ(value_of("$.a.max()", R"({"a":[4,2,6]})"), "6");
    EXPECT_EQ(value_of("$.a.avg()", R"({"a":[4,2,6]})"), "4");
    EXPECT_EQ(value_of("$.a.stddev()", R"({"a":[2,4]})"), "1");
    EXPECT_FALSE(Reference::parse_whole("$.a.length()")->path().is_reference());
}

std::string why_not(std::string_view text, std::string_view json) {
    const auto document = json::Document::parse(json);
    auto rest = text.substr(1);
    const auto path = Path::parse(rest, Path::Context::alone);
    EXPECT_TRUE(path && rest.empty() && path->is_definite()) << text;
    std::string reason;
    EXPECT_FALSE(path->find(document->root(), &reason).has_value()) << text;
    return reason;
}

TEST(JsonPath, ExplainsWhyAPathLeadsNowhere) {
    EXPECT_EQ(why_not("$.a", "{}"), "No results for path: $['a']");
    EXPECT_EQ(why_not("$.a.b", "{}"), "Missing property in path $['a']");
    EXPECT_EQ(why_not("$.a[3]", R"({"a":[1]})"), "No results for path: $['a'][3]");
    EXPECT_EQ(why_not("$.a[0]", R"({"a":{"b": 1}})"),
              R"(Filter: [0] can only be applied to arrays. Current context is: {"b":1})");
    EXPECT_EQ(why_not("$.a[0]", R"({"a":null})"), "The path $['a'] is null");
}

TEST(JsonPath, RefusesWhatIsMalformed) {
    for (const std::string_view text : {"",
                                        "a",
                                        "$a.",
                                        "$.",
                                        "$..",
                                        "$[",
                                        "$[]",
                                        "$['a'",
                                        "$['a]",
                                        "$.a b",
                                        "$[1:x]",
                                        "$[:]",
                                        "$.a[?(@.b]",
                                        "$.a[?@.b]",
                                        "$.a[?(@.b =~ x)]",
                                        "$.a[?(@.b =~ /x)]",
                                        "$.a.length().b",
                                        "$.a.nope()",
                                        "$.a[?(@.b.length() > 1)]",
                                        "$[?()]",
                                        "$.a[99999999999]",
                                        "$.a]"}) {
        EXPECT_FALSE(Reference::parse_whole(text).has_value()) << text;
    }
}

TEST(JsonPath, ADeepFilterExpressionIsRefused) {
    const std::string text =
        "$[?(" + std::string(5000, '(') + "@.a" + std::string(5000, ')') + ")]";
    EXPECT_FALSE(Reference::parse_whole(text).has_value());
}

TEST(JsonPath, AScanThatWouldExplodeIsStopped) {
    std::string nested = "1";
    for (int i = 0; i < 900; ++i) nested = "[" + nested + ",1]";
    const std::string error = value_of("$..*..*..*..*", nested);
    EXPECT_TRUE(error.starts_with("States.Runtime: ")) << error.substr(0, 100);
}

TEST(JsonPath, AFilterThatWouldScanForEachElementIsStopped) {
    std::string wide = "[0";
    for (int i = 0; i < 50'000; ++i) wide += ",1";
    const std::string error = value_of("$[?(@ == $..nope)]", wide + "]");
    EXPECT_TRUE(error.starts_with("States.Runtime: ")) << error.substr(0, 100);
}

TEST(ReferencePath, IsOneThatNamesASingleValue) {
    const auto is_reference = [](std::string_view text) {
        const auto reference = Reference::parse_whole(text);
        return reference && reference->path().is_reference();
    };
    for (const std::string_view text :
         {"$", "$.a", "$.a.b[0]", "$['a']", "$$", "$$.Execution.Id", "$var", "$var.a[1]"}) {
        EXPECT_TRUE(is_reference(text)) << text;
    }
    for (const std::string_view text :
         {"$.*", "$..a", "$.a[*]", "$.a[1:2]", "$.a[0,1]", "$.a[?(@.b)]"}) {
        EXPECT_FALSE(is_reference(text)) << text;
    }
}

}  // namespace
}  // namespace stepwell::asl
