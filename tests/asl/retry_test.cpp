#include <gtest/gtest.h>

#include "asl/evaluate.hpp"

namespace stepwell::asl {
namespace {

TEST(ErrorEquals, MatchesNamesAndAwsWildcards) {
    EXPECT_TRUE(matches({"A", "Custom.Error"}, "Custom.Error"));
    EXPECT_FALSE(matches({"A"}, "Custom.Error"));
    EXPECT_FALSE(matches({}, "A"));
    EXPECT_TRUE(matches({"States.ALL"}, "Custom.Error"));
    EXPECT_TRUE(matches({"States.ALL"}, "States.Timeout"));
    EXPECT_TRUE(matches({"States.TaskFailed"}, "Custom.Error"));
    EXPECT_TRUE(matches({"States.TaskFailed"}, "Lambda.Unknown"));
    EXPECT_FALSE(matches({"States.TaskFailed"}, "States.Timeout"));
    EXPECT_TRUE(matches({"States.Timeout"}, "States.HeartbeatTimeout"));
    EXPECT_FALSE(matches({"States.HeartbeatTimeout"}, "States.Timeout"));
}

TEST(ErrorEquals, RuntimeAndDataLimitErrorsOnlyMatchByName) {
    for (const std::string_view error : {"States.Runtime", "States.DataLimitExceeded"}) {
        EXPECT_FALSE(matches({"States.ALL"}, error)) << error;
        EXPECT_FALSE(matches({"States.TaskFailed"}, error)) << error;
        EXPECT_TRUE(matches({std::string{error}}, error)) << error;
    }
}

TEST(RetryDelay, GrowsByTheBackoffRateUpToTheMaximum) {
    Retrier retrier;
    retrier.interval_seconds = 3;
    retrier.backoff_rate = 2;
    EXPECT_EQ(retry_delay(retrier, 1, 0.5), milliseconds{3000});
    EXPECT_EQ(retry_delay(retrier, 2, 0.5), milliseconds{6000});
    EXPECT_EQ(retry_delay(retrier, 4, 0.5), milliseconds{24000});
    retrier.delay_seconds_max = 10;
    EXPECT_EQ(retry_delay(retrier, 4, 0.5), milliseconds{10000});
}

TEST(RetryDelay, FullJitterDrawsFromZeroToTheDelay) {
    Retrier retrier;
    retrier.interval_seconds = 4;
    retrier.has_full_jitter = true;
    EXPECT_EQ(retry_delay(retrier, 1, 0.0), milliseconds{0});
    EXPECT_EQ(retry_delay(retrier, 2, 0.25), milliseconds{2000});
}

TEST(RetryDelay, NeverOverflows) {
    Retrier retrier;
    retrier.backoff_rate = 1e300;
    EXPECT_EQ(retry_delay(retrier, 99'999'999, 0.5), milliseconds{31'622'400'000});
}

}  // namespace
}  // namespace stepwell::asl
