#include <gtest/gtest.h>

#include "base/random.hpp"
#include "jsonata.hpp"

namespace stepwell::asl::jsonata {
namespace {

using testing::evaluate;
using testing::Setting;

TEST(JsonataStrings, CountCharacters) {
    EXPECT_EQ(evaluate("$length('a😀é')"), "3");
    EXPECT_EQ(evaluate("$substring('a😀bc', 1, 2)"), R"("😀b")");
    EXPECT_EQ(evaluate("$substring('hello', -3, 2)"), R"("ll")");
    EXPECT_EQ(evaluate("$pad('é', -3, '#')"), R"("##é")");
    EXPECT_EQ(evaluate("$uppercase('straße')"), R"("STRASSE")");
    EXPECT_EQ(evaluate("$length('\\ud83d\\ude00')"), "1");
    EXPECT_EQ(evaluate("$encodeUrl('\\ud800')"), "D3140");
}

TEST(JsonataStrings, NumbersHave15Digits) {
    EXPECT_EQ(evaluate("$string(0.1 + 0.2)"), R"("0.3")");
    EXPECT_EQ(evaluate("$string(1e21)"), R"("1e+21")");
    EXPECT_EQ(evaluate("$string([1, {'a': $sum}])"), R"("[1,{\"a\":\"\"}]")");
    EXPECT_EQ(evaluate("$string({'a': [1]}, true)"), R"("{\n  \"a\": [\n    1\n  ]\n}")");
}

TEST(JsonataStrings, MatchWithRegularExpressions) {
    EXPECT_EQ(evaluate("$match('ababbxa', /ab+/).index"), "[0,2]");
    EXPECT_EQ(evaluate("$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')"), R"("Smith, John")");
    EXPECT_EQ(evaluate("$replace('aXb', /x/i, function($m) { '[' & $m.match & ']' })"),
              R"("a[X]b")");
    EXPECT_EQ(evaluate("$split('a, b ,c', /\\s*,\\s*/)"), R"(["a","b","c"])");
    EXPECT_EQ(evaluate("$contains('foobaz', /foo(?!baz)/)"), "false");
    EXPECT_EQ(evaluate("$match('abab', /(ab)\\1/).match"), R"("abab")");
    EXPECT_EQ(evaluate("$match('xfoo', /(?<=x)f(o+)/).groups"), R"(["oo"])");
    EXPECT_EQ(evaluate("$match('a\\nb', /^b$/m).index"), "2");
    EXPECT_EQ(evaluate("$match('abc', /(a)(x)?/).groups"), R"(["a",null])");
    EXPECT_EQ(evaluate("$replace('abc', /.*?/, '-')"), "D1004");
    EXPECT_EQ(evaluate("$match('é1', /\\d/).index"), "1");
}

TEST(JsonataNumbers, RoundHalfToEven) {
    EXPECT_EQ(evaluate("[0.5, 1.5, 2.5, -0.5].$round($)"), "[0,2,2,0]");
    EXPECT_EQ(evaluate("$round(4.525, 2)"), "4.52");
    EXPECT_EQ(evaluate("$round(12350, -2)"), "12400");
    EXPECT_EQ(evaluate("$number('0x1F') + $number('1e2')"), "131");
    EXPECT_EQ(evaluate("$number('1 ')"), "D3030");
    EXPECT_EQ(evaluate("$power(10, 400)"), "D3061");
    EXPECT_EQ(evaluate("$formatBase(-255, 16)"), R"("-ff")");
}

TEST(JsonataNumbers, FollowPictures) {
    EXPECT_EQ(evaluate("$formatNumber(1234567.891, '#,##0.00')"), R"("1,234,567.89")");
    EXPECT_EQ(evaluate("$formatNumber(0.14, '01%')"), R"("14%")");
    EXPECT_EQ(evaluate("$formatNumber(-6, '0;(0)')"), "\"(6)\"");
    EXPECT_EQ(evaluate("$formatNumber(1234.5678, '00.000e0')"), R"("12.346e2")");
    EXPECT_EQ(evaluate("$formatNumber(5, '0.0.0')"), "D3081");
    EXPECT_EQ(evaluate("$formatInteger(1999, 'I')"), R"("MCMXCIX")");
    EXPECT_EQ(evaluate("$formatInteger(121, 'w;o')"), R"("one hundred and twenty-first")");
    EXPECT_EQ(evaluate("$formatInteger(1234567, '#,##0;o')"), R"("1,234,567th")");
    EXPECT_EQ(evaluate("$formatInteger(27, 'A')"), R"("AA")");
    EXPECT_EQ(evaluate("$parseInteger('one thousand and five', 'w')"), "1005");
    EXPECT_EQ(evaluate("$parseInteger('1,234', '#,##0')"), "1234");
}

TEST(JsonataTimes, FollowPictures) {
    EXPECT_EQ(evaluate("$fromMillis(1510067557121)"), R"("2017-11-07T15:12:37.121Z")");
    EXPECT_EQ(evaluate("$fromMillis(1510067557121, '[FNn], the [Dwo] of [MNn] [Y]')"),
              R"("Tuesday, the seventh of November 2017")");
    EXPECT_EQ(evaluate("$fromMillis(1510067557121, '[h]:[m01] [P] [z]', '-0530')"),
              R"("9:42 am GMT-05:30")");
    EXPECT_EQ(evaluate("$fromMillis(1420113600000, '[X]-W[W01]-[F1]')"), R"("2015-W01-4")");
    EXPECT_EQ(evaluate("$toMillis('2017-11-07T15:12:37.121Z')"), "1510067557121");
    EXPECT_EQ(evaluate("$toMillis('7th November 2017', '[D1o] [MNn] [Y]')"), "1510012800000");
    EXPECT_EQ(evaluate("$toMillis('20171107', '[Y0001][M01][D01]')"), "1510012800000");
    EXPECT_EQ(evaluate("$toMillis('2018-22', '[Y]-[D]')"), "D3136");
    EXPECT_EQ(evaluate("$toMillis('x', '[Y]')"), "undefined");
    EXPECT_EQ(evaluate("$toMillis('yesterday')"), "D3110");
}

TEST(JsonataTimes, ComeFromTheCaller) {
    Setting setting;
    setting.options.now = std::chrono::system_clock::time_point{std::chrono::seconds{86'400}};
    EXPECT_EQ(evaluate("[$now(), $millis()]", setting), R"(["1970-01-02T00:00:00.000Z",86400000])");
    EXPECT_EQ(evaluate("$toMillis('3', '[H]')", setting), "97200000");
}

TEST(JsonataRandomness, ComesFromTheCaller) {
    Random random{7};
    Random same{7};
    Setting setting;
    setting.options.random = &random;
    Setting again;
    again.options.random = &same;
    const std::string_view text = "[$random(), $shuffle([1..20])]";
    EXPECT_EQ(evaluate(text, setting), evaluate(text, again));
    EXPECT_EQ(evaluate(text), evaluate(text));
    EXPECT_EQ(evaluate("$shuffle([1..20]) ~> $sort() = [1..20]"), "true");
}

TEST(JsonataArrays, AreSortedMergedAndCut) {
    EXPECT_EQ(evaluate("$sort([3, 1, 2])"), "[1,2,3]");
    EXPECT_EQ(evaluate("$sort([3, 1, 2], function($a, $b) { $a < $b })"), "[3,2,1]");
    EXPECT_EQ(evaluate("$sort([1, 'a'])"), "D3070");
    EXPECT_EQ(evaluate("$distinct([1, '1', 1, {'a': 1}, {'a': 1}])"), R"([1,"1",{"a":1}])");
    EXPECT_EQ(evaluate("$zip([1, 2], ['a', 'b', 'c'])"), R"([[1,"a"],[2,"b"]])");
    EXPECT_EQ(evaluate("$append([1], [2, [3]])"), "[1,2,[3]]");
    EXPECT_EQ(evaluate("$reduce([1..5], function($a, $b) { $a * $b })"), "120");
    EXPECT_EQ(evaluate("$single([1..5], function($x) { $x = 3 })"), "3");
    EXPECT_EQ(evaluate("$single([1..5])"), "D3138");
    EXPECT_EQ(evaluate("$filter([1..5], function($x, $i) { $i > 2 })"), "[4,5]");
}

TEST(JsonataArrays, GrowingOneLeavesTheOthersAlone) {
    EXPECT_EQ(
        evaluate(
            "($a := $append([1], 2); $b := $append($a, 3); $c := $append($a, 4); [[$b], [$c]])"),
        "[[1,2,3],[1,2,4]]");
    EXPECT_EQ(
        evaluate("($pad := $pad('', 70, 'x'); $a := $pad & 'a'; $b := $a & 'b'; $c := $a & 'c';"
                 " [$substring($b, -2), $substring($c, -2)])"),
        R"(["ab","ac"])");
}

TEST(JsonataObjects, AreTakenApartAndMerged) {
    EXPECT_EQ(evaluate("$keys([{'a': 1}, {'b': 1, 'a': 2}])"), R"(["a","b"])");
    EXPECT_EQ(evaluate("$merge([{'a': 1}, {'b': 2}, {'a': 3}])"), R"({"a":3,"b":2})");
    EXPECT_EQ(evaluate("$each({'a': 1, 'b': 2}, function($v, $k) { $k & $v })"), R"(["a1","b2"])");
    EXPECT_EQ(evaluate("$sift({'a': 1, 'b': 2}, function($v) { $v > 1 })"), R"({"b":2})");
    EXPECT_EQ(evaluate("$spread({'a': 1, 'b': 2})"), R"([{"a":1},{"b":2}])");
    EXPECT_EQ(evaluate("$lookup({'a b': 1}, 'a b')"), "1");
    EXPECT_EQ(evaluate("$count($keys([1..100]{$string($): $}))"), "100");
    EXPECT_EQ(evaluate("$keys($)", R"({"a":1,"a":2})"), R"("a")");
}

TEST(JsonataErrors, CanBeRaised) {
    EXPECT_EQ(evaluate("$error('x')"), "D3137");
    EXPECT_EQ(evaluate("$assert(1 = 2)"), "D3141");
    EXPECT_EQ(evaluate("$sum()"), "T0410");
    EXPECT_EQ(evaluate("5.$length()"), "S0213");
    EXPECT_EQ(evaluate("(5).$length()"), "T0411");
}

std::string in_step_functions(std::string_view text) {
    return evaluate(text, Setting{.dialect = Dialect::step_functions});
}

TEST(JsonataInStepFunctions, HasFunctionsOfItsOwn) {
    EXPECT_EQ(in_step_functions("$partition([1..5], 2)"), "[[1,2],[3,4],[5]]");
    EXPECT_EQ(in_step_functions("$range(1, 10, 4)"), "[1,5,9]");
    EXPECT_EQ(in_step_functions("$range(3, 1, -1)"), "[3,2,1]");
    EXPECT_EQ(in_step_functions("$range(1, 9, 9)"), "1");
    EXPECT_EQ(in_step_functions("$hash('hello', 'SHA-1')"),
              R"("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")");
    EXPECT_EQ(in_step_functions("$hash('hello', 'CRC')"), "D3150");
    EXPECT_EQ(in_step_functions("$random(1) = $random(1)"), "true");
    EXPECT_EQ(in_step_functions("$length($uuid())"), "36");
    EXPECT_EQ(in_step_functions("$parse('{\"a\": [1, 2]}').a"), "[1,2]");
    EXPECT_EQ(in_step_functions("$parse('{')"), "D3150");
    EXPECT_EQ(in_step_functions("$eval('1')"), "T1006");
    EXPECT_EQ(evaluate("$partition([1], 1)"), "T1006");
}

}  // namespace
}  // namespace stepwell::asl::jsonata
