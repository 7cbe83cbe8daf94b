// How many commits a second become durable, and how long does one alone take?
//
// journal_commit/log/{sync,os}/N      our log alone: groups of N records of 224 bytes
// journal_commit/{memory,os,sync}/N   a whole storage: commits of one change of 224 bytes, N under
// way at a time journal_commit/rocksdb_wal/N        the obvious way: RocksDB's own log, synced,
// batches of N (baseline/rocksdb_wal.cpp)
//
// Counters: sync_floor_us, what one write of 4 KiB and its sync take on this disk, measured in the
// same run; log_bytes per record; records_per_group. Results are checked: all of it can be read
// back, in order.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <stepwell/journal.hpp>
#include <string>
#include <vector>

#include "baseline/rocksdb_wal.hpp"
#include "journal/segmented_log.hpp"
#include "journal/storage.hpp"

namespace {

using namespace stepwell;
using namespace stepwell::journal;

constexpr std::size_t record_bytes = 224;

/// A directory where the data would be: STEPWELL_BENCH_DIR, or the system's temporary one.
class BenchDirectory {
 public:
    BenchDirectory() {
        const char* const chosen = std::getenv("STEPWELL_BENCH_DIR");
        const auto parent = chosen != nullptr ? std::filesystem::path(chosen)
                                              : std::filesystem::temp_directory_path();
        std::string name = (parent / "stepwell-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~BenchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    BenchDirectory(const BenchDirectory&) = delete;
    BenchDirectory& operator=(const BenchDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};

template <class T>
T or_stop(Result<T> result, benchmark::State& state) {
    if (!result.has_value()) {
        state.SkipWithError(result.error().message().c_str());
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::abort();
    }
    return std::move(*result);
}

/// The median of 32 writes of a block to a filled file, each on the device.
double sync_floor_us(const std::filesystem::path& directory, Access access) {
    const auto file = posix_file_system().open(directory / "floor", access);
    if (!file.has_value()) return 0;
    BlockBuffer block;
    block.reserve(block_bytes);
    std::fill_n(block.data(), block_bytes, 'x');
    std::vector<double> times;
    for (int i = 0; i < 48; ++i) {
        const auto start = std::chrono::steady_clock::now();
        if (!write_all(**file, 0, block.first(block_bytes)).has_value()) return 0;
        if (!(*file)->is_direct() && (*file)->sync() != 0) return 0;
        const std::chrono::duration<double, std::micro> took =
            std::chrono::steady_clock::now() - start;
        if (i >= 16) times.push_back(took.count());
    }
    std::nth_element(times.begin(), times.begin() + 16, times.end());
    return times[16];
}

std::string encoded_record(std::uint64_t number) {
    Batch batch;
    std::string value(record_bytes, 'v');
    batch.put(Table::history, std::to_string(number % 100'000), value);
    return std::string(batch.encoded());
}

void count(benchmark::State& state, std::uint64_t records, std::uint64_t groups,
           std::uint64_t bytes) {
    state.SetItemsProcessed(static_cast<std::int64_t>(records));
    state.counters["records_per_group"] =
        static_cast<double>(records) / static_cast<double>(std::max<std::uint64_t>(groups, 1));
    state.counters["log_bytes"] =
        static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(records, 1));
}

void log_alone(benchmark::State& state, Durability durability) {
    const auto group = static_cast<std::size_t>(state.range(0));
    BenchDirectory directory;
    const SegmentedLog::Options options{.directory = directory.path(),
                                        .id = {1},
                                        .durability = durability,
                                        .file_system = &posix_file_system()};
    if (!SegmentedLog::create(options).has_value()) std::abort();
    auto log = or_stop(SegmentedLog::open(options), state);
    or_stop(log->replay(log->origin(), {}), state);
    std::vector<std::string> records;
    for (std::size_t i = 0; i < group; ++i) records.push_back(encoded_record(i));
    const std::vector<std::string_view> views(records.begin(), records.end());
    // The first segments are small, so that an idle server is: two large records bring it to
    // full-sized ones.
    Batch large;
    large.put(Table::blob, "large", std::string(16 << 20, 'v'));
    const std::vector<std::string_view> large_view{large.encoded()};
    or_stop(log->append(large_view), state);
    Position end = or_stop(log->append(large_view), state);
    const auto before = log->statistics();
    const auto first = end.sequence;
    for (auto _ : state) {
        end = or_stop(log->append(views), state);
        if (!log->truncate(end).has_value()) std::abort();
    }
    const auto after = log->statistics();
    const auto appended =
        static_cast<std::uint64_t>(end.sequence) - static_cast<std::uint64_t>(first);
    if (appended != static_cast<std::uint64_t>(state.iterations()) * group) std::abort();
    count(state, appended, after.groups - before.groups, after.bytes - before.bytes);
    state.counters["sync_floor_us"] = sync_floor_us(
        directory.path(), durability == Durability::sync ? Access::write_direct : Access::write);
}

void storage_commits(benchmark::State& state, Durability durability) {
    const auto window = static_cast<std::uint64_t>(state.range(0));
    BenchDirectory directory;
    StorageOptions options;
    options.directory = directory.path() / "data";
    options.durability = durability;
    options.on_failure = [](const Error& error) {
        std::fprintf(stderr, "%s\n", error.message().c_str());
        std::abort();
    };
    auto storage = or_stop(open_storage(std::move(options)), state);
    std::mutex mutex;
    std::condition_variable released;
    std::uint64_t done = 0;  // under mutex
    std::uint64_t started = 0;
    const std::string value(record_bytes, 'v');
    std::vector<std::string> keys;
    for (std::uint64_t i = 0; i < 10'000; ++i) keys.push_back(std::to_string(i));
    for (auto _ : state) {
        Effects effects;
        effects.put(Table::history, keys[started % keys.size()], value);
        const std::uint64_t number = ++started;
        effects.when_durable([&, number] {
            const std::scoped_lock lock(mutex);
            if (done + 1 != number) std::abort();  // released out of order
            done = number;
            if (done % std::max<std::uint64_t>(window / 4, 1) == 0) released.notify_one();
        });
        storage->commit(std::move(effects));
        std::unique_lock lock(mutex);
        released.wait(lock, [&] { return started - done < window; });
    }
    storage->wait_until_applied(JournalSequence{started});
    const auto statistics = storage->statistics();
    std::uint64_t found = 0;
    storage->scan(Table::history, {},
                  [&](std::string_view, std::string_view) { return ++found > 0; });
    if (found != std::min<std::uint64_t>(started, keys.size())) std::abort();
    count(state, started, statistics.groups, statistics.journal_bytes);
    if (durability != Durability::none) {
        state.counters["sync_floor_us"] =
            sync_floor_us(directory.path(),
                          durability == Durability::sync ? Access::write_direct : Access::write);
    }
}

void rocksdb_wal(benchmark::State& state) {
    const auto group = static_cast<std::size_t>(state.range(0));
    BenchDirectory directory;
    bench::RocksDbWal baseline(directory.path() / "rocksdb");
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < group; ++i) keys.push_back(std::to_string(i));
    const std::string value(record_bytes, 'v');
    for (auto _ : state) {
        if (!baseline.commit(keys, value)) std::abort();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(group));
    state.counters["sync_floor_us"] = sync_floor_us(directory.path(), Access::write);
}

BENCHMARK_CAPTURE(log_alone, sync, Durability::sync)
    ->Name("journal_commit/log/sync")
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime();
BENCHMARK_CAPTURE(log_alone, os, Durability::os)
    ->Name("journal_commit/log/os")
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime();
BENCHMARK_CAPTURE(storage_commits, sync, Durability::sync)
    ->Name("journal_commit/sync")
    ->Arg(1)
    ->Arg(64)
    ->Arg(1024)
    ->Arg(16384)
    ->UseRealTime();
BENCHMARK_CAPTURE(storage_commits, os, Durability::os)
    ->Name("journal_commit/os")
    ->Arg(1)
    ->Arg(1024)
    ->Arg(16384)
    ->UseRealTime();
BENCHMARK_CAPTURE(storage_commits, memory, Durability::none)
    ->Name("journal_commit/memory")
    ->Arg(1)
    ->Arg(1024)
    ->Arg(16384)
    ->UseRealTime();
BENCHMARK(rocksdb_wal)
    ->Name("journal_commit/rocksdb_wal")
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime();

}  // namespace
