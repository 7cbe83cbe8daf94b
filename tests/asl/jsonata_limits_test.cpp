// Hostile expressions get an error, soon.
#include <gtest/gtest.h>

#include "jsonata.hpp"

namespace stepwell::asl::jsonata {
namespace {

using testing::evaluate;
using testing::Setting;

std::string repeated(std::string_view part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
}

TEST(JsonataLimits, NestingOfTheText) {
    for (const std::string_view part :
         {"(", "[", "{'a':", "-", "$f(", "a[", "a?", "function($x){", "1+", "a^(", "1?1:", "|"}) {
        EXPECT_EQ(evaluate(repeated(part, 100'000) + "1"), "U1001") << part;
    }
    EXPECT_EQ(evaluate("a" + repeated(".a", 100'000)), "U1001");
    EXPECT_EQ(evaluate("a" + repeated(".%", 100'000)), "U1001");
    EXPECT_EQ(evaluate(repeated("(", 400) + "1" + repeated(")", 400)), "1");
}

TEST(JsonataLimits, RecursionWithoutEnd) {
    EXPECT_EQ(evaluate("($f := function($x) { 1 + $f($x) }; $f(1))"), "U1001");
    EXPECT_EQ(evaluate("($f := function($x) { [$f($x)] }; $f(1))"), "U1001");
    EXPECT_EQ(evaluate("($f := function($x) { $f($x) }; $f(1))"), "U1001");
    EXPECT_EQ(evaluate("($f := function() { $map([1], function($x) { $f() }) }; $f())"), "U1001");
    EXPECT_EQ(evaluate("($e := '$eval($e)'; $eval($e))"), "U1001");
    EXPECT_EQ(evaluate("($f := function($x) { $x ~> $f }; $f(1))"), "U1001");
}

TEST(JsonataLimits, TheStackWhateverTheDepth) {
    Setting setting;
    setting.options.depth_max = 1'000'000'000;
    setting.options.stack_bytes_max = 256 << 10;
    EXPECT_EQ(evaluate("($f := function($x) { 1 + $f($x) }; $f(1))", setting), "U1001");
}

TEST(JsonataLimits, RegularExpressionsThatBacktrack) {
    EXPECT_EQ(evaluate("$contains($pad('', 5000, 'a') & 'b', /(a+)+$/)"), "false");
    EXPECT_EQ(evaluate("$contains($pad('', 5000, 'a'), /(a*)*b/)"), "false");
    EXPECT_EQ(evaluate("$contains($pad('', 3000, 'a'), /" + repeated("a?", 300) + "b/)"), "false");
    EXPECT_EQ(evaluate("$contains($pad('', 60, 'a'), /^(a|aa)+\\1b$/)"), "U1001");
    EXPECT_EQ(evaluate("$contains($pad('', 60, 'a'), /(?=(a+)+b)/)"), "U1001");
    EXPECT_EQ(evaluate("/((a{1000}){1000}){1000}/"), "S0303");
    EXPECT_EQ(evaluate("/" + repeated("(?:", 1000) + "a" + repeated(")", 1000) + "/"), "S0303");
}

TEST(JsonataLimits, LargeTextsAndArrays) {
    EXPECT_EQ(evaluate("$pad('a', 1e15)"), "U1001");
    EXPECT_EQ(evaluate("$count([1..1e7])"), "10000000");
    EXPECT_EQ(evaluate("[1..1e7].($ + 1)"), "U1001");
    EXPECT_EQ(evaluate("$reduce([1..100], function($a, $x) { $a & $a }, 'aaaaaaaa')"), "U1001");
    EXPECT_EQ(evaluate("$reduce([1..100], function($a, $x) { $append($a, $a) }, [1])"), "U1001");
    EXPECT_EQ(evaluate("$replace($pad('', 1e5, 'a'), /a/, $pad('', 1e5, 'b'))"), "U1001");
    EXPECT_EQ(evaluate("$join([1..1e5].$string(), $pad('', 1e5, 'b'))"), "U1001");
    EXPECT_EQ(evaluate("$formatInteger(1e300, 'I')"), "U1001");
}

TEST(JsonataLimits, ValuesThatHoldThemselvesManyTimes) {
    const std::string shared = "$a := $reduce([1..60], function($a, $x) { [[$a], [$a]] }, [0]); ";
    for (const std::string_view use :
         {"$a = $a", "$boolean($a)", "$a.x", "$a.**", "{'a': $a}.*", "$string($a)", "$a"}) {
        EXPECT_NE(evaluate("(" + shared + std::string{use} + ")"), "true") << use;
    }
    EXPECT_EQ(evaluate("$ ~> |$|{'self': $, 'again': $}|", "{}"), "U1001");
    EXPECT_EQ(evaluate("$reduce([1..5000], function($a, $x) { [[$a]] }, [0])"), "U1001");
}

TEST(JsonataLimits, StepsMemoryAndTime) {
    Setting setting;
    setting.options.steps_max = 100;
    EXPECT_EQ(evaluate("[1..200].($ + 1)", setting), "U1001");
    EXPECT_EQ(evaluate("1 + 1", setting), "2");
    setting = {};
    setting.options.bytes_max = 10'000;
    EXPECT_EQ(evaluate("[1..2000].($ + 1)", setting), "U1001");
    setting = {};
    setting.options.deadline = std::chrono::steady_clock::time_point{};
    EXPECT_EQ(evaluate("[1..20000].($ + 1)", setting), "U1001");
}

TEST(JsonataLimits, AccumulatingIsLinear) {
    EXPECT_EQ(
        evaluate("$length($reduce([1..20000], function($a, $x) { $a & $string($x) & ',' }, ''))"),
        "108894");
    EXPECT_EQ(evaluate("$count($reduce([1..20000], function($a, $x) { $append($a, $x) }, []))"),
              "20000");
    EXPECT_EQ(evaluate("$length($replace($pad('', 1e5, 'x'), /x/, 'yy'))"), "200000");
}

}  // namespace
}  // namespace stepwell::asl::jsonata
