// How many callback executions a second, from start to end, in process?
//
// callback_execution/<durability>/in_flight:N   the whole path: ASL, histories, queue, token,
// topic; payloads of 300 B

#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/random.hpp"
#include "callback_load.hpp"

namespace {

using namespace stepwell;

void run(benchmark::State& state, api::World& world) {
    const auto in_flight = static_cast<std::uint64_t>(state.range(0));
    bench::CallbackLoad load(world, {});
    const std::uint64_t each = std::max<std::uint64_t>(in_flight * 4, 16);
    const std::uint64_t bytes_before = world.storage().statistics().journal_bytes;
    std::uint64_t done = 0;
    for (auto _ : state) {
        load.run(each, in_flight);
        done += each;
    }
    if (load.succeeded() != done || load.duplicates() != 0)
        return state.SkipWithError("executions were lost");
    state.SetItemsProcessed(static_cast<std::int64_t>(done));
    const std::uint64_t bytes = world.storage().statistics().journal_bytes - bytes_before;
    state.counters["journal_bytes"] = static_cast<double>(bytes) / static_cast<double>(done);
    state.counters["p50_us"] = static_cast<double>(load.latencies().percentile_us(0.5));
    state.counters["p99_us"] = static_cast<double>(load.latencies().percentile_us(0.99));
}

void callback_execution(benchmark::State& state, Durability durability) {
    const std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("stepwell-bench-" + make_uuid());
    {
        api::World::Options options;
        options.durability = durability;
        options.directory = directory;
        options.shards = 2;
        options.closed_executions_max = durability == Durability::none ? 10'000 : 0;
        auto world = api::World::open(std::move(options));
        if (!world.has_value()) return state.SkipWithError(world.error().message().c_str());
        if (!(*world)->start().has_value()) return state.SkipWithError("the world did not start");
        run(state, **world);
    }
    std::filesystem::remove_all(directory);
}

BENCHMARK_CAPTURE(callback_execution, sync, Durability::sync)
    ->ArgName("in_flight")
    ->Arg(1)
    ->Arg(64)
    ->Arg(4'096)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(callback_execution, os, Durability::os)
    ->ArgName("in_flight")
    ->Arg(4'096)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(callback_execution, none, Durability::none)
    ->ArgName("in_flight")
    ->Arg(1)
    ->Arg(4'096)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
