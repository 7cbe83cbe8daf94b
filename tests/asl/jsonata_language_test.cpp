#include <gtest/gtest.h>

#include "jsonata.hpp"

namespace stepwell::asl::jsonata {
namespace {

using testing::evaluate;
using testing::Setting;

constexpr std::string_view orders = R"({"account":"Firefly","order":[
  {"id":"o1","product":[{"sku":"a","price":3,"quantity":2},{"sku":"b","price":5,"quantity":1}]},
  {"id":"o2","product":[{"sku":"a","price":4,"quantity":1}]}],"one":[{"x":1}],"none":[],"null":null})";

std::string of_orders(std::string_view text) { return evaluate(text, orders); }

TEST(JsonataPath, AnArrayStandsForItsElements) {
    EXPECT_EQ(of_orders("order.product.price"), "[3,5,4]");
    EXPECT_EQ(of_orders("order.id"), R"(["o1","o2"])");
    EXPECT_EQ(of_orders("account.nothing"), "undefined");
    EXPECT_EQ(of_orders("null"), "null");
    EXPECT_EQ(evaluate("$.a", R"([{"a":1},{"a":[2,3]}])"), "[1,2,3]");
}

TEST(JsonataPath, ASequenceOfOneIsItsElement) {
    EXPECT_EQ(of_orders("one.x"), "1");
    EXPECT_EQ(of_orders("one"), R"([{"x":1}])");
    EXPECT_EQ(of_orders("one.x[]"), "[1]");
    EXPECT_EQ(of_orders("one[].x"), "[1]");
    EXPECT_EQ(of_orders("none"), "[]");
    EXPECT_EQ(of_orders("none.x"), "undefined");
}

TEST(JsonataPath, PredicatesSelectByPositionOrCondition) {
    EXPECT_EQ(of_orders("order.product[0].sku"), R"(["a","a"])");
    EXPECT_EQ(of_orders("(order.product)[0].sku"), R"("a")");
    EXPECT_EQ(of_orders("order.product[-1].sku"), R"(["b","a"])");
    EXPECT_EQ(of_orders("order.product[price > 3].sku"), R"(["b","a"])");
    EXPECT_EQ(of_orders("order[[0..1]].id"), R"(["o1","o2"])");
    EXPECT_EQ(of_orders("order[7]"), "undefined");
}

TEST(JsonataPath, WildcardsLookAtMembersOfAnyName) {
    EXPECT_EQ(of_orders("one.*"), "1");
    EXPECT_EQ(of_orders("**.sku"), R"(["a","b","a"])");
    EXPECT_EQ(of_orders("order.*[0]"), R"(["o1","o2"])");
}

TEST(JsonataPath, ParentsPositionsAndContextsCanBeNamed) {
    EXPECT_EQ(of_orders("(order.product.{'o': %.id, 's': sku})[[0, 2]]"),
              R"([{"o":"o1","s":"a"},{"o":"o2","s":"a"}])");
    EXPECT_EQ(of_orders("order.product[%.id = 'o2'].price"), "4");
    EXPECT_EQ(of_orders("order#$i.product.($i & sku)"), R"(["0a","0b","1a"])");
    EXPECT_EQ(of_orders("order@$o.product[price > 4].[$o.id, order[0].id]"), "undefined");
    EXPECT_EQ(of_orders("order@$o.one.{'id': $o.id, 'x': x}"),
              R"([{"id":"o1","x":1},{"id":"o2","x":1}])");
    EXPECT_EQ(of_orders("%.id"), "S0217");
    EXPECT_EQ(of_orders("order[0]@$o.id"), "S0215");
}

TEST(JsonataPath, SortsAndGroups) {
    EXPECT_EQ(of_orders("order.product^(>price).price"), "[5,4,3]");
    EXPECT_EQ(of_orders("order.product^(sku, >price).price"), "[4,3,5]");
    EXPECT_EQ(of_orders("order.product{sku: price}"), R"({"a":[3,4],"b":5})");
    EXPECT_EQ(of_orders("order.product{sku: $sum($.(price * quantity))}"), R"({"a":10,"b":5})");
    EXPECT_EQ(of_orders("order.product^(nothing).price"), "[3,5,4]");
    EXPECT_EQ(of_orders("order^(product)"), "T2008");
    EXPECT_EQ(of_orders("order{price: 1, id: 2}{id: 3}"), "S0210");
    EXPECT_EQ(of_orders("order.product{price: sku}"), "T1003");
}

TEST(JsonataConstructor, ArraysKeepTheirShape) {
    EXPECT_EQ(evaluate("[1, [2, 3], []]"), "[1,[2,3],[]]");
    EXPECT_EQ(evaluate("[1..3, 7]"), "[1,2,3,7]");
    EXPECT_EQ(evaluate("[3..1]"), "[]");
    EXPECT_EQ(of_orders("order.[product.price]"), "[[3,5],[4]]");
    EXPECT_EQ(of_orders("[nothing, 1]"), "[1]");
    EXPECT_EQ(evaluate("[1.5..3]"), "T2003");
    EXPECT_EQ(evaluate("[1..1e8]"), "D2014");
}

TEST(JsonataConstructor, ObjectsLeaveUndefinedMembersOut) {
    EXPECT_EQ(of_orders("{'a': account, 'n': nothing, 'null': null}"),
              R"({"a":"Firefly","null":null})");
    EXPECT_EQ(evaluate("{1: 2}"), "T1003");
    EXPECT_EQ(evaluate("[1, 2].{'n': $}"), R"([{"n":1},{"n":2}])");
}

TEST(JsonataOperator, NumbersAreDoubles) {
    EXPECT_EQ(evaluate("0.1 + 0.2"), "0.30000000000000004");
    EXPECT_EQ(evaluate("7 % 4 - -2 * 3"), "9");
    EXPECT_EQ(evaluate("1e21"), "1e+21");
    EXPECT_EQ(evaluate("1e-7"), "1e-7");
    EXPECT_EQ(evaluate("1 / 0"), "D1001");
    EXPECT_EQ(evaluate("'1' + 1"), "T2001");
    EXPECT_EQ(evaluate("1 + '1'"), "T2002");
    EXPECT_EQ(evaluate("nothing + 1"), "undefined");
}

TEST(JsonataOperator, WhatPassesThroughKeepsItsText) {
    EXPECT_EQ(evaluate("a", R"({"a": [12345678901234567890, 1.0,  "\u00e9"]})"),
              R"([12345678901234567890,1.0,"\u00e9"])");
}

TEST(JsonataOperator, ComparesLikeWithLike) {
    EXPECT_EQ(evaluate("1 < 2 and 'a' < 'b' and 2 >= 2"), "true");
    EXPECT_EQ(evaluate("1 < 'a'"), "T2009");
    EXPECT_EQ(evaluate("null < 1"), "T2010");
    EXPECT_EQ(evaluate("{'a': [1], 'b': 2} = {'b': 2, 'a': [1]}"), "true");
    EXPECT_EQ(evaluate("nothing = nothing"), "false");
    EXPECT_EQ(evaluate("2 in [1, 2]"), "true");
}

TEST(JsonataOperator, FallsBack) {
    EXPECT_EQ(evaluate("0 ?: 5"), "5");
    EXPECT_EQ(evaluate("0 ?? 5"), "0");
    EXPECT_EQ(evaluate("nothing ?? 5"), "5");
    EXPECT_EQ(evaluate("false ? 1"), "undefined");
    EXPECT_EQ(evaluate("'a' & 1 & nothing & [true]"), R"("a1[true]")");
}

TEST(JsonataFunction, ClosesOverItsSurroundings) {
    EXPECT_EQ(evaluate("($n := 2; $f := function($x) { $x * $n }; $n := 3; $f(5))"), "15");
    EXPECT_EQ(evaluate("($add := λ($x, $y) { $x + $y }; $inc := $add(?, 1); $inc(5))"), "6");
    EXPECT_EQ(evaluate("[1..3] ~> $map(function($x) { $x * 2 }) ~> $sum()"), "12");
    EXPECT_EQ(evaluate("($f := $trim ~> $uppercase; $f(' a '))"), R"("A")");
    EXPECT_EQ(evaluate("foo(1)"), "T1006");
    EXPECT_EQ(evaluate("sum([1])"), "T1005");
    EXPECT_EQ(evaluate("1 ~> 2"), "T2006");
}

TEST(JsonataFunction, ACallAtItsEndTakesNoDepth) {
    EXPECT_EQ(
        evaluate("($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, $a + $n) }; $f(20000, 0))"),
        "200010000");
}

TEST(JsonataFunction, SignaturesCheckArguments) {
    EXPECT_EQ(evaluate("function($x)<n:n> { $x }(1)"), "1");
    EXPECT_EQ(evaluate("function($x)<n:n> { $x }('a')"), "T0410");
    EXPECT_EQ(evaluate("function($x)<a<n>:a> { $x }(1)"), "[1]");
    EXPECT_EQ(evaluate("function($x)<a<n>:a> { $x }(['a'])"), "T0412");
    EXPECT_EQ(evaluate("('a').function($x)<s-:s> { $x }()"), R"("a")");
    EXPECT_EQ(evaluate("function($x)<n<n>:n> { $x }(1)"), "S0401");
}

TEST(JsonataTransform, ChangesACopy) {
    EXPECT_EQ(evaluate("($b := $ ~> |a|{'x': y + 1}, 'y'|; [$b, $])", R"({"a":{"y":1}})"),
              R"([{"a":{"x":2}},{"a":{"y":1}}])");
    EXPECT_EQ(evaluate("$ ~> |a|5|", R"({"a":{}})"), "T2011");
    EXPECT_EQ(evaluate("$ ~> |a|{}, 5|", R"({"a":{}})"), "T2012");
}

TEST(JsonataSyntax, ErrorsHaveCodes) {
    const struct {
        std::string_view text, code;
    } mistakes[] = {{"1 +", "S0207"},
                    {"(1", "S0203"},
                    {"[1)", "S0202"},
                    {"1 2", "S0201"},
                    {"'abc", "S0101"},
                    {"1e999", "S0102"},
                    {"'\\q'", "S0103"},
                    {"'\\u12'", "S0104"},
                    {"`abc", "S0105"},
                    {"/* a", "S0106"},
                    {"a ! b", "S0204"},
                    {"+ 1", "S0211"},
                    {"1 := 2", "S0212"},
                    {"a.5", "S0213"},
                    {"a@b", "S0214"},
                    {"a^(b)@$c", "S0216"},
                    {"function(x){1}", "S0208"},
                    {"//", "S0301"},
                    {"/a", "S0302"},
                    {"/(/)", "S0302"}};
    for (const auto& [text, code] : mistakes) EXPECT_EQ(evaluate(text), code) << text;
}

TEST(JsonataSyntax, ErrorsSayWhereAndWhat) {
    ExpressionError error;
    EXPECT_FALSE(Expression::compile("[1, 2)", Dialect::jsonata, error));
    EXPECT_EQ(error.position, 5u);
    EXPECT_EQ(error.message, "Expected \"]\", got \")\"");
    const auto expression = Expression::compile("1 + 'a'", Dialect::jsonata, error);
    const Answer answer = expression->evaluate({}, {}, {});
    EXPECT_EQ(answer.error.position, 2u);
    EXPECT_EQ(answer.error.message,
              R"(The right side of the "+" operator must evaluate to a number)");
}

TEST(JsonataVariables, ComeFromTheCaller) {
    EXPECT_EQ(evaluate("$x + $y.z", Setting{.variables = R"({"x":1,"y":{"z":2}})"}), "3");
    EXPECT_EQ(evaluate("$sum", Setting{.variables = R"({"sum":1})"}), "1");
    const auto order = *json::Document::parse(R"({"total": 40})");
    const auto context = *json::Document::parse(R"({"Task": {"Token": "t"}})");
    const NamedValue members[] = {{"input", order.root()}, {"context", context.root()}};
    const BoundVariable states[] = {{"states", std::span<const NamedValue>{members}}};
    ExpressionError error;
    const auto expression = Expression::compile("$states.context.Task.Token & $states.input.total",
                                                Dialect::step_functions, error);
    EXPECT_EQ(expression->evaluate({}, states, {}).json, R"("t40")");
}

std::string references(std::string_view text) {
    ExpressionError error;
    const auto expression = Expression::compile(text, Dialect::step_functions, error);
    if (!expression) return std::string{error.code};
    std::string all = expression->input_use() ? "input" : "";
    for (const VariableReference& reference : expression->references()) {
        all.append(all.empty() ? "" : " ").append(reference.variable);
        if (!reference.member.empty()) all.append(".").append(reference.member);
    }
    return all;
}

TEST(JsonataReferences, NameWhatAnExpressionTakesFromItsSurroundings) {
    EXPECT_EQ(references("$states.input.a + $states.context.b"), "states.input states.context");
    EXPECT_EQ(references("$x & $states & $x"), "x states");
    EXPECT_EQ(references("($y := $x; $y)"), "x");
    EXPECT_EQ(references("($f := function($n) { $f($n - $step) }; $f(1))"), "step");
    EXPECT_EQ(references("($x := $x + 1; $x)"), "x");
    EXPECT_EQ(references("$sum([1, 2])"), "");
    EXPECT_EQ(references("$a.b@$c.d[$c = $e]"), "a.b e");
    EXPECT_EQ(references("$x.(y & $)"), "x");
    EXPECT_EQ(references("order.total"), "input");
    EXPECT_EQ(references("$$"), "input");
    EXPECT_EQ(references("$"), "input");
    EXPECT_EQ(references("$map($x, function($v) { $v.a })"), "x");
}

}  // namespace
}  // namespace stepwell::asl::jsonata
