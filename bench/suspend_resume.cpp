// What does it cost to suspend a coroutine and to resume it, with many suspended?
//
// suspend_resume/live:N          our Task, frames from a slab, resumed in order
// suspend_resume_random/live:N   the same in random order
// suspend_resume_asio/live:N     asio::awaitable with one frame each, in order: what executions
// would cost there

#include <benchmark/benchmark.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <coroutine>
#include <numeric>
#include <vector>

#include "base/random.hpp"
#include "sched/slab.hpp"
#include "sched/task.hpp"

namespace {

using namespace stepwell;

struct Owner {
    sched::Slab memory;
    sched::Slab& slab() { return memory; }
};

// Suspends for ever, counting how often it was resumed.
sched::Task waits(Owner& owner, std::uint64_t& resumed) {
    for (;;) {
        co_await std::suspend_always{};
        ++resumed;
        benchmark::DoNotOptimize(&owner);
    }
}

void run(benchmark::State& state, bool is_random) {
    const auto live = static_cast<std::size_t>(state.range(0));
    Owner owner;
    std::uint64_t resumed = 0;
    std::vector<sched::Task> tasks;
    tasks.reserve(live);
    for (std::size_t i = 0; i < live; ++i) {
        tasks.push_back(waits(owner, resumed));
        tasks.back().handle().resume();
    }
    std::vector<std::uint32_t> order(live);
    std::iota(order.begin(), order.end(), 0U);
    Random random(1);
    for (std::size_t i = live; is_random && i > 1; --i)
        std::swap(order[i - 1], order[random.next() % i]);

    std::size_t at = 0;
    for (auto _ : state) {
        tasks[order[at]].handle().resume();
        if (++at == live) at = 0;
    }
    if (resumed != static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("a resume was lost");
    state.SetItemsProcessed(state.iterations());
    state.counters["frame_bytes"] =
        static_cast<double>(owner.memory.bytes_in_use()) / static_cast<double>(live);
}

void suspend_resume(benchmark::State& state) { run(state, false); }
BENCHMARK(suspend_resume)->ArgName("live")->Arg(1'000)->Arg(1'000'000);

void suspend_resume_random(benchmark::State& state) { run(state, true); }
BENCHMARK(suspend_resume_random)->ArgName("live")->Arg(1'000'000);

void create_suspend_resume_destroy(benchmark::State& state) {
    Owner owner;
    std::uint64_t resumed = 0;
    for (auto _ : state) {
        const sched::Task task = waits(owner, resumed);
        task.handle().resume();
        task.handle().resume();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(create_suspend_resume_destroy);

namespace asio = boost::asio;

void suspend_resume_asio(benchmark::State& state) {
    const auto live = static_cast<std::size_t>(state.range(0));
    asio::io_context context;
    std::vector<std::function<void()>> parked(live);
    std::uint64_t resumed = 0;
    for (std::size_t i = 0; i < live; ++i) {
        const auto waits_for_ever = [](std::function<void()>& place,
                                       std::uint64_t& count) -> asio::awaitable<void> {
            for (;;) {
                co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
                    [&place](auto handler) {
                        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
                        place = [shared] { std::move (*shared)(); };
                    },
                    asio::use_awaitable);
                ++count;
            }
        };
        asio::co_spawn(context, waits_for_ever(parked[i], resumed), asio::detached);
    }
    context.poll();  // until all are suspended; run() would wait for them
    std::size_t at = 0;
    for (auto _ : state) {
        const std::function<void()> resume = std::move(parked[at]);
        resume();
        if (++at == live) at = 0;
    }
    if (resumed != static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("a resume was lost");
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(suspend_resume_asio)->ArgName("live")->Arg(1'000)->Arg(100'000);

}  // namespace
