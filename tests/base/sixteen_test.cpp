#include "base/sixteen.hpp"

#include <gtest/gtest.h>

namespace stepwell {
namespace {

TEST(Sixteen, AnswersForEveryByteAtEveryPlace) {
    for (int value = 0; value < 256; ++value) {
        for (std::size_t place = 0; place < Sixteen::bytes; ++place) {
            char text[Sixteen::bytes];
            std::memset(text, value == 'x' ? 'y' : 'x', sizeof text);
            text[place] = static_cast<char>(value);
            const Sixteen sixteen(text);
            const std::uint32_t bit = 1U << place;
            EXPECT_EQ(sixteen.equal_to(static_cast<char>(value)), bit);
            EXPECT_EQ(sixteen.controls(), value < 0x20 ? bit : 0U);
            EXPECT_EQ(sixteen.not_ascii(), value >= 0x80 ? bit : 0U);
        }
    }
}

}  // namespace
}  // namespace stepwell
