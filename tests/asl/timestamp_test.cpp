#include "asl/timestamp.hpp"

#include <gtest/gtest.h>

namespace stepwell::asl {
namespace {

std::int64_t milliseconds_of(std::string_view text) {
    const auto timestamp = Timestamp::parse(text);
    EXPECT_TRUE(timestamp.has_value()) << text;
    return timestamp ? timestamp->rounded_up().time_since_epoch().count() : -1;
}

TEST(Timestamp, ReadsWhatRfc3339Says) {
    EXPECT_EQ(milliseconds_of("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(milliseconds_of("2016-03-14T01:59:00Z"), 1'457'920'740'000);
    EXPECT_EQ(milliseconds_of("2016-03-14T01:59:00.5Z"), 1'457'920'740'500);
    EXPECT_EQ(milliseconds_of("2016-03-14T03:59:00+02:00"), 1'457'920'740'000);
    EXPECT_EQ(milliseconds_of("2016-03-13T20:29:00-05:30"), 1'457'920'740'000);
    EXPECT_EQ(milliseconds_of("2024-02-29T23:59:59Z"), 1'709'251'199'000);
    EXPECT_EQ(milliseconds_of("9999-12-31T23:59:59.999Z"), 253'402'300'799'999);
}

TEST(Timestamp, RoundsUpSoThatNoTimerIsEarly) {
    EXPECT_EQ(milliseconds_of("1970-01-01T00:00:00.000000001Z"), 1);
    EXPECT_EQ(milliseconds_of("2016-03-05T21:29:29.243167252Z"), 1'457'213'369'244);
}

TEST(Timestamp, OrdersByInstantToTheNanosecond) {
    const auto at = [](std::string_view text) { return *Timestamp::parse(text); };
    EXPECT_EQ(at("2012-10-09T19:00:55Z"), at("2012-10-09T18:00:55-01:00"));
    EXPECT_LT(at("2012-10-09T19:00:55.000000001Z"), at("2012-10-09T19:00:55.000000002Z"));
}

TEST(Timestamp, RefusesEverythingElse) {
    for (const std::string_view text :
         {"", "2016-12-05", "2016-12-05T21:29:29", "2016-12-05 21:29:29Z", "05-12-2016T21:29:29Z",
          "2016-12-05T25:29:29Z", "2016-12-05T21:60:29Z", "2016-12-05T21:29:60Z",
          "2016-13-05T21:29:29Z", "2016-02-30T21:29:29Z", "2015-02-29T00:00:00Z",
          "2016-12-05t21:29:29z", "2016-12-05T21:29:29.Z", "2016-12-05T21:29:29.0123456789Z",
          "2016-12-05T21:29:29+0100", "2016-12-05T21:29:29+19:00", "2016-12-05T21:29:29ZZ",
          "2016-1-05T21:29:29Z", "+016-12-05T21:29:29Z"}) {
        EXPECT_FALSE(Timestamp::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace stepwell::asl
