// Each call of the operating system fails once: what was acknowledged before is there afterwards.
#include <gtest/gtest.h>

#include <atomic>

#include "journal/faulty_file_system.hpp"
#include "journal/storage_fixture.hpp"

namespace stepwell::journal {
namespace {

using Fault = FaultyFileSystem::Fault;

struct Story {
    std::uint64_t acknowledged = 0;
    bool was_opened = false;
    std::vector<std::string> failures;
};

/// Opens, makes 30 commits that fill a segment and half of another, and closes.
Story run(const std::filesystem::path& directory, FaultyFileSystem& files, Durability durability) {
    Story result;
    StorageOptions options;
    options.directory = directory;
    options.durability = durability;
    options.segment_bytes_max = 1 << 20;
    options.checkpoint_log_bytes = 1 << 20;
    options.file_system = &files;
    options.on_failure = [&](const Error& error) { result.failures.push_back(error.message()); };
    auto storage = open_storage(std::move(options));
    if (!storage.has_value()) {
        result.failures.push_back(storage.error().message());
        return result;
    }
    result.was_opened = true;
    for (std::uint64_t i = 1; i <= 30; ++i) {
        Effects effects;
        effects.put(Table::history, std::to_string(i), std::string(60'000, 'v'));
        effects.when_durable([&result, i] {
            EXPECT_EQ(result.acknowledged + 1, i);
            result.acknowledged = i;
        });
        (*storage)->commit(std::move(effects));
        if (i % 3 == 0) wait_until_released(**storage);
    }
    storage->reset();
    return result;
}

// Each call fails in turn; with a sanitizer, which needs several times as long, each third.
#ifdef STEPWELL_SANITIZED
constexpr std::uint64_t calls_between = 3;
#else
constexpr std::uint64_t calls_between = 1;
#endif

class FaultTest : public testing::TestWithParam<Durability> {
 protected:
    void every_call(Fault fault, bool must_succeed) {
        FaultyFileSystem counting;
        {
            TemporaryDirectory directory(TemporaryDirectory::Place::in_memory);
            ASSERT_EQ(run(directory.path(), counting, GetParam()).acknowledged, 30U);
        }
        ASSERT_GT(counting.calls(), 60U);
        for (std::uint64_t call = 1; call <= counting.calls(); call += calls_between) {
            TemporaryDirectory directory(TemporaryDirectory::Place::in_memory);
            FaultyFileSystem files(call, fault);
            const Story first = run(directory.path(), files, GetParam());
            const std::string where = "call " + std::to_string(call);
            if (must_succeed) {
                EXPECT_EQ(first.acknowledged, 30U) << where;
                EXPECT_TRUE(first.failures.empty()) << where << ": " << first.failures.front();
            }
            EXPECT_LE(first.failures.size(), 1U) << where;
            if (first.acknowledged < 30) {
                EXPECT_EQ(first.failures.size(), 1U) << where;
            }
            StorageOptions options;
            options.directory = directory.path();
            options.durability = GetParam();
            const auto storage = open_storage(std::move(options));
            ASSERT_TRUE(storage.has_value()) << where << ": " << storage.error().message();
            EXPECT_GE(static_cast<std::uint64_t>((*storage)->durable()), first.acknowledged)
                << where;
            for (std::uint64_t i = 1; i <= first.acknowledged; ++i) {
                EXPECT_TRUE((*storage)->get(Table::history, std::to_string(i)))
                    << where << " " << i;
            }
            if (HasFailure()) return;
        }
    }
};

TEST_P(FaultTest, AnErrorOfAnyCallLosesNothingThatWasAcknowledged) {
    every_call(Fault::error, false);
}

TEST_P(FaultTest, AFullDiskLosesNothingThatWasAcknowledged) { every_call(Fault::disk_full, false); }

TEST_P(FaultTest, AnInterruptedCallIsMadeAgain) { every_call(Fault::interrupted, true); }

TEST_P(FaultTest, AShortReadOrWriteIsContinued) { every_call(Fault::short_count, true); }

// Also where a segment begins: what is left of a write that was never acknowledged is no damage.
TEST_P(FaultTest, AWriteThatLosesItsFirstBlockLosesNothingThatWasAcknowledged) {
    every_call(Fault::torn_write, false);
}

INSTANTIATE_TEST_SUITE_P(Every, FaultTest, testing::Values(Durability::sync, Durability::os),
                         [](const auto& parameter) {
                             return parameter.param == Durability::sync ? "sync" : "os";
                         });

TEST(Failure, NothingIsAcknowledgedAfterwardsAndTheMessageSaysWhy) {
    TemporaryDirectory directory(TemporaryDirectory::Place::in_memory);
    FaultyFileSystem counting;
    {
        StorageOptions options;
        options.directory = directory.path();
        options.file_system = &counting;
        ASSERT_TRUE(open_storage(std::move(options)).has_value());
        counting.reboot();
    }
    // The first write of a record after opening is the first call that a commit makes.
    FaultyFileSystem reopening;
    std::uint64_t opening_calls = 0;
    {
        StorageOptions options;
        options.directory = directory.path();
        options.file_system = &reopening;
        auto storage = open_storage(std::move(options));
        ASSERT_TRUE(storage.has_value());
        opening_calls = reopening.calls();
    }
    FaultyFileSystem files(opening_calls + 1, Fault::disk_full);
    std::promise<std::string> message;
    StorageOptions options;
    options.directory = directory.path();
    options.file_system = &files;
    options.on_failure = [&](const Error& error) { message.set_value(error.message()); };
    auto storage = open_storage(std::move(options));
    ASSERT_TRUE(storage.has_value());
    bool was_acknowledged = false;
    for (int i = 0; i < 10; ++i) {
        Effects effects;
        effects.put(Table::meta, "k", "v");
        effects.when_durable([&] { was_acknowledged = true; });
        const auto sequence = (*storage)->commit(std::move(effects));
        (*storage)->wait_until_applied(sequence);  // ends, though it never will be
    }
    const std::string expected = "cannot write at offset 0 of " +
                                 (directory.path() / "log/0000000000000001.log").string() +
                                 ": No space left on device";
    EXPECT_EQ(message.get_future().get(), expected);
    storage->reset();
    EXPECT_FALSE(was_acknowledged);
}

}  // namespace
}  // namespace stepwell::journal
