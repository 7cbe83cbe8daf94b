// What does a JSONata expression of a workflow cost, once it is compiled?
//
// `typical` is what stands in most states: a path into the state's input and an operator.
// `template` makes an object of several parts; `orders` filters, sorts and sums 1,000 orders. Each
// result is checked in every iteration, allocations are counted. The baseline reads the same member
// through the JSON document alone, multiplies, and writes the number: what evaluating can at best
// cost.
#include <benchmark/benchmark.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "allocations.hpp"
#include "asl/jsonata/expression.hpp"

namespace {

namespace jsonata = stepwell::asl::jsonata;
namespace json = stepwell::json;

constexpr std::string_view input_text =
    R"({"order":{"id":"o-17","total":42.5,"customer":{"name":"Ada","tier":"gold"},)"
    R"("items":[{"sku":"A-1","count":2},{"sku":"B-7","count":1}]},"attempt":3})";
constexpr std::string_view context_text =
    R"({"Execution":{"Id":"arn:aws:states:us-east-1:000000000000:execution:m:e"},"Task":{"Token":"t"}})";

struct Case {
    const char* name;
    std::string_view text;
    std::string_view result;
};
constexpr Case cases[] = {
    {"typical", "$states.input.order.total * 1.1", "46.75000000000001"},
    {"path", "$states.input.order.customer.name", R"("Ada")"},
    {"condition", "$states.input.attempt < 5 and $states.input.order.customer.tier = 'gold'",
     "true"},
    {"concatenation",
     "'order ' & $states.input.order.id & ' of ' & $states.input.order.customer.name",
     R"("order o-17 of Ada")"},
    {"template",
     "{'id': $states.input.order.id, 'count': $sum($states.input.order.items.count),"
     " 'token': $states.context.Task.Token}",
     R"({"id":"o-17","count":3,"token":"t"})"},
};

void report(benchmark::State& state, std::uint64_t allocations_before) {
    const auto allocations = stepwell::bench::allocations() - allocations_before;
    state.counters["allocations"] =
        static_cast<double>(allocations) / static_cast<double>(state.iterations());
}

void compile(benchmark::State& state) {
    const std::string_view text = cases[state.range(0)].text;
    const std::uint64_t before = stepwell::bench::allocations();
    for (auto _ : state) {
        jsonata::ExpressionError error;
        if (!jsonata::Expression::compile(text, jsonata::Dialect::step_functions, error)) {
            state.SkipWithError("not compiled");
        }
    }
    report(state, before);
}

void evaluate(benchmark::State& state) {
    const Case& chosen = cases[state.range(0)];
    jsonata::ExpressionError error;
    const auto expression =
        jsonata::Expression::compile(chosen.text, jsonata::Dialect::step_functions, error);
    const auto input = *json::Document::parse(input_text);
    const auto context = *json::Document::parse(context_text);
    const std::array members{jsonata::NamedValue{"input", input.root()},
                             jsonata::NamedValue{"context", context.root()}};
    const std::array variables{
        jsonata::BoundVariable{"states", std::span<const jsonata::NamedValue>{members}}};
    const jsonata::Options options;
    const std::uint64_t before = stepwell::bench::allocations();
    for (auto _ : state) {
        const jsonata::Answer answer = expression->evaluate({}, variables, options);
        if (answer.json != chosen.result) state.SkipWithError("wrong result");
    }
    report(state, before);
}

void baseline_document(benchmark::State& state) {
    const auto input = *json::Document::parse(input_text);
    const std::uint64_t before = stepwell::bench::allocations();
    for (auto _ : state) {
        const double total = input.root().find("order")->find("total")->number();
        std::array<char, 32> text;
        const auto end = std::to_chars(text.data(), text.data() + text.size(), total * 1.1).ptr;
        const std::string result{text.data(), end};
        if (result != "46.75000000000001") state.SkipWithError("wrong result");
    }
    report(state, before);
}

// `count` orders of three items each.
std::string orders(std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) {
        text += i == 0 ? "" : ",";
        text += R"({"id":"o)" + std::to_string(i) + R"(","customer":"c)" + std::to_string(i % 10) +
                R"(","items":[{"price":3,"count":)" + std::to_string(i % 7) +
                R"(},{"price":5.5,"count":1},{"price":20,"count":2}]})";
    }
    return text + "]";
}

void evaluate_orders(benchmark::State& state) {
    jsonata::ExpressionError error;
    const auto expression = jsonata::Expression::compile(
        "$[$sum(items.(price * count)) > 60]^(>id){customer: $sum(items.(price * count))}",
        jsonata::Dialect::jsonata, error);
    const auto input = *json::Document::parse(orders(static_cast<std::size_t>(state.range(0))));
    const jsonata::Options options;
    const std::uint64_t before = stepwell::bench::allocations();
    for (auto _ : state) {
        const jsonata::Answer answer = expression->evaluate(input.root(), {}, options);
        if (!answer.is_value()) state.SkipWithError("wrong result");
    }
    report(state, before);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

const int jsonata_registered = [] {
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        const auto which = static_cast<std::int64_t>(i);
        const std::string name = cases[i].name;
        benchmark::RegisterBenchmark(("jsonata/compile/" + name).c_str(), compile)->Arg(which);
        benchmark::RegisterBenchmark(("jsonata/evaluate/" + name).c_str(), evaluate)->Arg(which);
    }
    benchmark::RegisterBenchmark("jsonata/evaluate/baseline_document", baseline_document);
    benchmark::RegisterBenchmark("jsonata/evaluate/orders", evaluate_orders)->Arg(1000);
    return 0;
}();

}  // namespace
