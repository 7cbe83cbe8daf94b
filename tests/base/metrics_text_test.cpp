#include "base/metrics_text.hpp"

#include <gtest/gtest.h>

namespace stepwell {
namespace {

TEST(MetricsText, IsAsPrometheusReadsIt) {
    MetricsText text;
    text.family("a_total", MetricsText::Type::counter, "What it counts.");
    text.sample(1, {{"queue", "work"}, {"code", "200"}});
    text.sample(2, {{"queue", "a\"b\\c\nd"}, {"code", "400"}});
    text.single("b", MetricsText::Type::gauge, "What it is.", 7);
    EXPECT_EQ(text.take(),
              "# HELP a_total What it counts.\n"
              "# TYPE a_total counter\n"
              "a_total{queue=\"work\",code=\"200\"} 1\n"
              "a_total{queue=\"a\\\"b\\\\c\\nd\",code=\"400\"} 2\n"
              "# HELP b What it is.\n"
              "# TYPE b gauge\n"
              "b 7\n");
}

}  // namespace
}  // namespace stepwell
