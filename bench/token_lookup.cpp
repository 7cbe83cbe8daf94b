// How fast is it from a token's text to what waits on it, with millions waiting?
//
// token_lookup/waiting:N       decode, MAC, slot, generation, in batches of 8 with prefetch; random
// tokens token_lookup_one/waiting:N   the same one at a time token_lookup_hash_map/...    the
// obvious way: a mutex and a hash map from text

#include <benchmark/benchmark.h>

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "sched/task_token.hpp"
#include "sched/token_table.hpp"

namespace {

using namespace stepwell;
using sched::TokenAddress;
using sched::TokenText;

constexpr sched::TokenKey key{{0x1234, 0x5678}};
constexpr std::size_t asked_count = 1 << 16;
constexpr std::size_t tokens_at_once = 8;

struct Waiter {
    std::uint64_t execution;
};

/// A table full of open tokens, and some of their texts in random order.
struct TokenWorld {
    explicit TokenWorld(std::size_t waiting) : waiters(waiting) {
        Random random(1);
        for (std::size_t i = 0; i < waiting; ++i) {
            waiters[i].execution = i + 1;
            table.open(waiters[i], i + 1, 1);
        }
        for (std::size_t i = 0; i < asked_count; ++i) {
            const auto slot = static_cast<std::uint32_t>(random.next() % waiting);
            asked.push_back({0, slot, 1, std::uint64_t{slot} + 1});
            texts.push_back(sched::encode_token(key, asked.back()));
        }
    }
    std::vector<Waiter> waiters;
    sched::TokenTable<Waiter> table;
    std::vector<TokenAddress> asked;
    std::vector<TokenText> texts;
};

std::string_view view(const TokenText& text) { return {text.data(), text.size()}; }

void token_lookup(benchmark::State& state) {
    const TokenWorld world(static_cast<std::size_t>(state.range(0)));
    std::size_t at = 0;
    for (auto _ : state) {
        TokenAddress addresses[tokens_at_once];
        for (std::size_t i = 0; i < tokens_at_once; ++i) {
            const auto address =
                sched::decode_token(key, view(world.texts[(at + i) % asked_count]));
            if (!address.has_value()) return state.SkipWithError("a token did not verify");
            addresses[i] = *address;
            world.table.prefetch(address->slot);
        }
        for (std::size_t i = 0; i < tokens_at_once; ++i) {
            const Waiter* waiter = world.table.find(addresses[i]);
            if (waiter == nullptr) return state.SkipWithError("a token was not found");
            benchmark::DoNotOptimize(waiter);
        }
        at += tokens_at_once;
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(tokens_at_once));
}
BENCHMARK(token_lookup)->ArgName("waiting")->Arg(1'000)->Arg(1'000'000)->Arg(10'000'000);

void token_lookup_one(benchmark::State& state) {
    const TokenWorld world(static_cast<std::size_t>(state.range(0)));
    std::size_t at = 0;
    for (auto _ : state) {
        const auto address = sched::decode_token(key, view(world.texts[at++ % asked_count]));
        const Waiter* waiter = address.has_value() ? world.table.find(*address) : nullptr;
        if (waiter == nullptr) return state.SkipWithError("a token was not found");
        benchmark::DoNotOptimize(waiter->execution);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(token_lookup_one)->ArgName("waiting")->Arg(1'000)->Arg(1'000'000)->Arg(10'000'000);

void token_lookup_hash_map(benchmark::State& state) {
    const TokenWorld world(static_cast<std::size_t>(state.range(0)));
    std::mutex mutex;
    std::unordered_map<std::string, std::uint64_t> map;
    for (std::size_t i = 0; i < world.waiters.size(); ++i) {
        map.emplace(view(sched::encode_token(key, {0, static_cast<std::uint32_t>(i), 1, i + 1})),
                    i + 1);
    }
    std::size_t at = 0;
    for (auto _ : state) {
        const std::scoped_lock lock(mutex);
        const auto found = map.find(std::string(view(world.texts[at++ % asked_count])));
        if (found == map.end()) return state.SkipWithError("a token was not found");
        benchmark::DoNotOptimize(found->second);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(token_lookup_hash_map)->ArgName("waiting")->Arg(1'000)->Arg(1'000'000);

void token_mint(benchmark::State& state) {
    std::uint64_t execution = 0;
    for (auto _ : state) benchmark::DoNotOptimize(sched::encode_token(key, {0, 7, 1, ++execution}));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(token_mint);

}  // namespace
