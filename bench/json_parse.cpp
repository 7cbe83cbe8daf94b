// How long does JSON take from the wire to something that can be read, and what is the obvious
// way's price?
//
// Each text is parsed into a Document, checked into a Payload, and (the baseline) parsed by
// simdjson's DOM, whose tape keeps neither raw extents nor numbers' texts, behind the copy into a
// padded buffer that it needs. What was read is checked in every iteration; allocations are
// counted.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string>

#include "allocations.hpp"
#include "json/value.hpp"

namespace {

// What `items` objects of a history page take: many small members, some escapes.
std::string page(std::size_t items) {
    std::string text = R"({"events":[)";
    for (std::size_t i = 0; i < items; ++i) {
        text += i == 0 ? "" : ",";
        text +=
            R"({"timestamp":1795501800.123,"type":"TaskSucceeded","id":)" + std::to_string(i + 1);
        text += R"(,"previousEventId":)" + std::to_string(i);
        text +=
            R"(,"taskSucceededEventDetails":{"resourceType":"sqs","output":"{\"MessageId\":\"m\"}"}})";
    }
    return text + R"(],"nextToken":"end"})";
}

// A SendTaskSuccess of about 400 bytes: a token, and an output that is JSON in a string.
std::string send_task_success() {
    return R"({"taskToken":")" + std::string(168, 'A') +
           R"(","output":"{\"status\":\"done\",\"orderId\":\"0f8fad5b-d9cb-469f-a165-70867728950e\",)"
           R"(\"items\":[{\"sku\":\"A-1\",\"count\":2},{\"sku\":\"B-7\",\"count\":1}],\"total\":42.50}","nextToken":"end"})";
}

const std::string& text_of(std::int64_t which) {
    static const std::string texts[] = {send_task_success(), page(8), page(800)};
    return texts[which];
}

void report(benchmark::State& state, const std::string& text, std::uint64_t allocations_before) {
    const auto allocations = stepwell::bench::allocations() - allocations_before;
    state.counters["allocations"] =
        static_cast<double>(allocations) / static_cast<double>(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
    state.counters["bytes"] = static_cast<double>(text.size());
}

void document(benchmark::State& state) {
    const std::string& text = text_of(state.range(0));
    const std::uint64_t before = stepwell::bench::allocations();
    for (auto _ : state) {
        const auto parsed = stepwell::json::Document::parse(text);
        if (!parsed || parsed->root().find("nextToken")->string() != "end")
            state.SkipWithError("wrong value");
    }
    report(state, text, before);
}

void payload(benchmark::State& state) {
    const std::string& text = text_of(state.range(0));
    const std::uint64_t before = stepwell::bench::allocations();
    for (auto _ : state) {
        const auto parsed = stepwell::Payload::parse(text);
        if (!parsed || parsed->size() != text.size()) state.SkipWithError("wrong value");
    }
    report(state, text, before);
}

void simdjson_dom(benchmark::State& state) {
    const std::string& text = text_of(state.range(0));
    simdjson::dom::parser parser;
    const std::uint64_t before = stepwell::bench::allocations();
    for (auto _ : state) {
        std::string_view end;
        const auto error = parser.parse(text)["nextToken"].get(end);
        if (error != simdjson::SUCCESS || end != "end") state.SkipWithError("wrong value");
    }
    report(state, text, before);
}

const int parse_registered = [] {
    struct Text {
        const char* name;
        std::int64_t which;
    };
    for (const Text text :
         {Text{"send_task_success", 0}, Text{"page_2KB", 1}, Text{"page_200KB", 2}}) {
        const std::string prefix = std::string{"json_parse/"} + text.name;
        benchmark::RegisterBenchmark((prefix + "/document").c_str(), document)->Arg(text.which);
        benchmark::RegisterBenchmark((prefix + "/payload").c_str(), payload)->Arg(text.which);
        benchmark::RegisterBenchmark((prefix + "/baseline_simdjson_dom").c_str(), simdjson_dom)
            ->Arg(text.which);
    }
    return 0;
}();

}  // namespace
