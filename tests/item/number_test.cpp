// DynamoDB's numbers: what they are, how they are written, and in which order they stand.
#include "item/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace stepwell::item {
namespace {

std::string read(std::string_view text) {
    const Result<Number> number = Number::parse(text);
    return number.has_value() ? number->text() : number.error().message();
}
std::string sum(std::string_view a, std::string_view b) {
    const Result<Number> sum = Number::sum(*Number::parse(a), *Number::parse(b));
    return sum.has_value() ? sum->text() : sum.error().message();
}
std::string sortable(const Number& number) {
    std::string bytes;
    number.append_sortable(bytes);
    return bytes;
}

TEST(Number, HasOneFormOnly) {
    for (const auto& [written, text] :
         std::vector<std::pair<std::string, std::string>>{{"0", "0"},
                                                          {"-0.00", "0"},
                                                          {"007", "7"},
                                                          {"1.50", "1.5"},
                                                          {"-1.5E2", "-150"},
                                                          {"1e-3", "0.001"},
                                                          {".5", "0.5"},
                                                          {"5.", "5"},
                                                          {"+12", "12"},
                                                          {"1E+20", "100000000000000000000"}}) {
        EXPECT_EQ(read(written), text);
    }
}

TEST(Number, RefusesWhatIsNone) {
    for (const std::string_view text : {"a", "1a", "--1", "1e", "1e+", ".", "-", "1.2.3", " 1"}) {
        EXPECT_EQ(read(text),
                  "The parameter cannot be converted to a numeric value: " + std::string(text));
    }
    EXPECT_EQ(read(""), "The parameter cannot be converted to a numeric value");
}

TEST(Number, Has38DigitsAndAWSsRange) {
    const std::string digits(38, '9');
    EXPECT_EQ(read(digits), digits);
    EXPECT_EQ(read(digits + "9"),
              "Attempting to store more than 38 significant digits in a Number");
    EXPECT_EQ(read("1" + std::string(60, '0')), "1" + std::string(60, '0'));
    EXPECT_EQ(read("1E125").size(), 126U);
    EXPECT_EQ(read("1E126"),
              "Number overflow. Attempting to store a number with magnitude larger than supported "
              "range");
    EXPECT_EQ(read("-1E-130").size(), 133U);
    EXPECT_EQ(read("9.9E-131"),
              "Number underflow. Attempting to store a number with magnitude smaller than "
              "supported range");
    EXPECT_EQ(read("1E99999999999999999999").substr(0, 16), "Number overflow.");
}

TEST(Number, AddsExactly) {
    EXPECT_EQ(sum("0.1", "0.2"), "0.3");
    EXPECT_EQ(sum("999", "1"), "1000");
    EXPECT_EQ(sum("-5", "5"), "0");
    EXPECT_EQ(sum("5", "-7.25"), "-2.25");
    EXPECT_EQ(sum("-0.001", "-9.999"), "-10");
    EXPECT_EQ(sum("1E20", "0.5"), "100000000000000000000.5");
    EXPECT_EQ(sum("9.9E125", "9.9E125").substr(0, 16), "Number overflow.");
    EXPECT_EQ(sum("1E40", "1E-40"),
              "Attempting to store more than 38 significant digits in a Number");
}

TEST(Number, IsOrderedAsItsBytesAre) {
    // Against the doubles that the same texts stand for; texts are short enough to be exact.
    Random random(7);
    std::vector<Number> numbers;
    std::vector<double> doubles;
    for (int i = 0; i < 300; ++i) {
        const auto digits = static_cast<std::int64_t>(random.next() % 20'000) - 10'000;
        const auto exponent = static_cast<int>(random.next() % 9) - 4;
        const std::string text = std::to_string(digits) + "E" + std::to_string(exponent);
        numbers.push_back(*Number::parse(text));
        doubles.push_back(std::strtod(text.c_str(), nullptr));
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        for (std::size_t j = 0; j < numbers.size(); ++j) {
            ASSERT_EQ(numbers[i] < numbers[j], doubles[i] < doubles[j]) << doubles[i] << doubles[j];
            ASSERT_EQ(sortable(numbers[i]) < sortable(numbers[j]), doubles[i] < doubles[j])
                << doubles[i] << " " << doubles[j];
        }
    }
}

TEST(Number, ComesBackFromItsBytes) {
    for (const std::string& text :
         {std::string("0"), std::string("-1E-130"), std::string("123.45"), std::string(38, '9'),
          "-" + std::string(37, '8'), std::string("9.9E125")}) {
        const Number number = *Number::parse(text);
        const std::string bytes = sortable(number);
        ByteReader reader(bytes);
        EXPECT_EQ(Number::read_sortable(reader), number);
        EXPECT_TRUE(reader.is_good() && reader.is_at_end());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            ByteReader cut(std::string_view(bytes).substr(0, size));
            Number::read_sortable(cut);
            EXPECT_FALSE(cut.is_good());
        }
    }
}

}  // namespace
}  // namespace stepwell::item
