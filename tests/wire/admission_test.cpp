#include "wire/admission.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace stepwell::wire {
namespace {

TEST(Admission, ThereAreSoManyPlaces) {
    Admission admission({.requests_max = 2, .bytes_max = 100});
    const auto first = admission.admit(10);
    {
        const auto second = admission.admit(10);
        EXPECT_TRUE(second.has_value());
        EXPECT_FALSE(admission.admit(10).has_value());
    }
    EXPECT_TRUE(admission.admit(10).has_value()) << "a place that was left is there again";
}

TEST(Admission, TheBodiesTogetherAreBounded) {
    Admission admission({.requests_max = 10, .bytes_max = 100});
    const auto first = admission.admit(60);
    EXPECT_FALSE(admission.admit(41).has_value());
    EXPECT_TRUE(admission.admit(40).has_value());
}

TEST(Admission, ALoneRequestIsAlwaysAdmitted) {
    Admission admission({.requests_max = 10, .bytes_max = 100});
    EXPECT_TRUE(admission.admit(1'000).has_value());
}

TEST(Admission, CountsFromAnyThread) {
    Admission admission({.requests_max = 4, .bytes_max = 1'000});
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 1'000; ++j) {
                EXPECT_TRUE(admission.admit(10).has_value());
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    MetricsText text;
    admission.write(text);
    const std::string figures = text.take();
    EXPECT_NE(figures.find("stepwell_http_requests_under_way 0\n"), std::string::npos) << figures;
    EXPECT_NE(figures.find("stepwell_http_requests_throttled_total 0\n"), std::string::npos);
}

}  // namespace
}  // namespace stepwell::wire
