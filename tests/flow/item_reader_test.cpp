// How objects become the items of a Map.
#include <gtest/gtest.h>

#include "flow/item_reader.hpp"

namespace stepwell::flow {
namespace {

using asl::ItemFormat;

std::string items(const ItemSource& source, std::string_view text) {
    const Result<Payload> read = items_of_text(source, text);
    return read.has_value() ? std::string(read->text())
                            : "failed: " + std::string(read.error().message());
}

ItemSource source(ItemFormat format) {
    ItemSource source;
    source.config.format = format;
    return source;
}

TEST(ItemsOfJson, AreTheElementsOfTheArray) {
    ItemSource json = source(ItemFormat::json);
    EXPECT_EQ(items(json, R"( [1, {"a": 2} ,"x"] )"), R"([1,{"a": 2},"x"])");
    json.items_max = 2;
    EXPECT_EQ(items(json, "[1,2,3]"), "[1,2]");
    EXPECT_EQ(items(json, "[]"), "[]");
    EXPECT_EQ(items(json, R"({"a":1})"), "failed: Attempting to map over non-iterable node.");
    EXPECT_TRUE(items(json, "[1,").starts_with("failed: "));
}

TEST(ItemsOfJson, MayStandWhereAPointerSays) {
    ItemSource json = source(ItemFormat::json);
    json.config.items_pointer = "/a~1b/1/c";
    EXPECT_EQ(items(json, R"({"a/b":[0,{"c":[7]}]})"), "[7]");
    EXPECT_TRUE(items(json, R"({"a/b":[0]})").starts_with("failed: The ItemsPointer"));
}

TEST(ItemsOfJsonLines, AreItsLines) {
    ItemSource lines = source(ItemFormat::jsonl);
    EXPECT_EQ(items(lines, "{\"a\":1}\r\n\n2\n\"x\""), R"([{"a":1},2,"x"])");
    lines.items_max = 1;
    EXPECT_EQ(items(lines, "1\n2\n"), "[1]");
    EXPECT_TRUE(items(source(ItemFormat::jsonl), "1\n{").starts_with("failed: Line 2"));
}

TEST(ItemsOfCsv, HaveTheNamesOfTheFirstRow) {
    ItemSource csv = source(ItemFormat::csv);
    EXPECT_EQ(items(csv, "A,B\n1,2\n,,,\nx,\n   \n"),
              R"([{"A":"1","B":"2"},{"A":"","B":""},{"A":"x","B":""},{"A":"   ","B":""}])");
    EXPECT_EQ(items(csv,
                    "\xef\xbb\xbf"
                    "A\r\n1\r\n\r\n2"),
              R"([{"A":"1"},{"A":"2"}])");
    csv.items_max = 1;
    EXPECT_EQ(items(csv, "A\n1\n2\n"), R"([{"A":"1"}])");
    EXPECT_EQ(items(csv, "A\n"), "[]");
    EXPECT_EQ(items(csv, ""), "failed: The CSV file has no header row");
}

TEST(ItemsOfCsv, HaveTheNamesThatAreGiven) {
    ItemSource csv = source(ItemFormat::csv);
    csv.config.has_header_row = false;
    csv.config.csv_headers = {"H1"};
    EXPECT_EQ(items(csv, "a,b\nc\n"), R"([{"H1":"a"},{"H1":"c"}])");
    csv.config.csv_headers = {"H1", "H2"};
    csv.config.csv_delimiter = '|';
    EXPECT_EQ(items(csv, "a|b\nc\n"), R"([{"H1":"a","H2":"b"},{"H1":"c","H2":""}])");
}

TEST(ItemsOfCsv, MayHaveFieldsInQuotes) {
    EXPECT_EQ(items(source(ItemFormat::csv), "A,B\n\"1,\n2\",\"say \"\"hi\"\"\"\nit's,5\" x\n"),
              R"([{"A":"1,\n2","B":"say \"hi\""},{"A":"it's","B":"5\" x"}])");
}

TEST(ItemsOfAListing, AreTheObjects) {
    const Payload listed = items_of_listing({{"\"e\"", "k", TimePoint{milliseconds{2'500}}, 7}});
    EXPECT_EQ(
        listed.text(),
        R"([{"Etag":"\"e\"","Key":"k","LastModified":2,"Size":7,"StorageClass":"STANDARD"}])");
}

}  // namespace
}  // namespace stepwell::flow
