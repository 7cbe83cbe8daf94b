// The death of the process: what was acknowledged is there afterwards, in order.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <random>
#include <sstream>

#include "journal/storage_fixture.hpp"

namespace stepwell::journal {
namespace {

/// A row of commits that check each other: commit n puts `row/n`, sets `last` to n, erases `row/(n
/// - kept)`, and puts and erases something that nobody must ever see.
constexpr std::uint64_t kept = 50;

std::string row_key(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return "row/" + std::string(12 - digits.size(), '0') + digits;
}

std::string row_value(std::uint64_t number) {
    return std::to_string(number) + std::string(number * 37 % 3000, '.');
}

StorageOptions options_for(const std::filesystem::path& directory, Durability durability) {
    return {.directory = directory,
            .durability = durability,
            .on_failure = [](const Error&) { std::abort(); },
            .segment_bytes_max = 2 << 20,
            .checkpoint_log_bytes = 1 << 20,
            .overlay_bytes_max = 64 << 10};
}

/// Commits until it is killed; writes each acknowledged number into the pipe.
[[noreturn]] void commit_forever(const std::filesystem::path& directory, Durability durability,
                                 std::uint64_t first, int ledger) {
    auto storage = open_storage(options_for(directory, durability));
    if (!storage.has_value()) {
        std::fprintf(stderr, "%s\n", storage.error().message().c_str());
        std::_Exit(1);
    }
    std::atomic<std::uint64_t> acknowledged{first - 1};
    for (std::uint64_t number = first;; ++number) {
        Effects effects;
        effects.put(Table::message, "fleeting/" + std::to_string(number), "x");
        effects.put(Table::history, row_key(number), row_value(number));
        effects.put(Table::meta, "last", std::to_string(number));
        if (number > kept) effects.erase(Table::history, row_key(number - kept));
        effects.erase(Table::message, "fleeting/" + std::to_string(number));
        effects.when_durable([number, ledger, &acknowledged] {
            if (::write(ledger, &number, sizeof(number)) != sizeof(number)) std::_Exit(2);
            acknowledged = number;
            acknowledged.notify_one();
        });
        (*storage)->commit(std::move(effects));
        // Some commits alone, some in groups.
        while (number % 7 != 0 && number > acknowledged + 20) acknowledged.wait(acknowledged);
    }
}

constexpr const char* committer_variable = "STEPWELL_TEST_COMMITTER";

/// In a fresh child: this program anew, as the committer below. A forked one has lost its parent's
/// threads.
[[noreturn]] void become_committer(const std::filesystem::path& directory, Durability durability,
                                   std::uint64_t first, int ledger) {
    const std::string order = std::to_string(static_cast<int>(durability)) + " " +
                              std::to_string(first) + " " + std::to_string(ledger) + " " +
                              directory.string();
    ::setenv(committer_variable, order.c_str(), 1);
    ::execl("/proc/self/exe", "committer", "--gtest_filter=Committer.*", "--gtest_brief=1",
            nullptr);
    std::_Exit(3);
}

TEST(Committer, CommitsUntilItIsKilledWhenItIsTold) {
    const char* const order = std::getenv(committer_variable);
    if (order == nullptr) GTEST_SKIP() << "this is the child of the crash test";
    std::istringstream in(order);
    int durability = 0;
    std::uint64_t first = 0;
    int ledger = -1;
    std::string directory;
    in >> durability >> first >> ledger >> directory;
    commit_forever(directory, static_cast<Durability>(durability), first, ledger);
}

/// Reads the ledger to its end: the last number that was acknowledged. They come in order, without
/// a gap.
std::uint64_t read_ledger(int ledger, std::uint64_t last) {
    std::uint64_t number = 0;
    while (::read(ledger, &number, sizeof(number)) == sizeof(number)) {
        EXPECT_EQ(number, last + 1);
        last = number;
    }
    return last;
}

void check_rows(const Storage& storage, std::uint64_t acknowledged, std::uint64_t& last) {
    const auto stored = storage.get(Table::meta, "last");
    last = 0;
    if (stored) std::from_chars(stored->data(), stored->data() + stored->size(), last);
    EXPECT_GE(last, acknowledged);
    Entries expected;
    for (std::uint64_t number = last > kept ? last - kept + 1 : 1; number <= last; ++number) {
        expected.emplace_back(row_key(number), row_value(number));
    }
    EXPECT_EQ(entries_of(storage, Table::history), expected);
    EXPECT_EQ(entries_of(storage, Table::message), Entries{});
    EXPECT_EQ(static_cast<std::uint64_t>(storage.durable()), last);
}

class CrashTest : public testing::TestWithParam<Durability> {};

TEST_P(CrashTest, EveryAcknowledgedCommitIsThereAfterAKillAtAnyMoment) {
    constexpr int kills = 20;
    TemporaryDirectory directory;
    const auto data = directory.path() / "data";
    std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()) + 7);
    std::uint64_t last = 0;
    for (int kill = 0; kill < kills; ++kill) {
        int ledger[2];
        ASSERT_EQ(::pipe(ledger), 0);
        ASSERT_EQ(::fcntl(ledger[0], F_SETFD, FD_CLOEXEC), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) become_committer(data, GetParam(), last + 1, ledger[1]);
        ::close(ledger[1]);
        // The moment: after a random number of acknowledgements, at whatever the threads are doing
        // then.
        const std::uint64_t acknowledgements = random() % 400;
        std::uint64_t acknowledged = last;
        for (std::uint64_t i = 0; i < acknowledgements; ++i) {
            std::uint64_t number = 0;
            ASSERT_EQ(::read(ledger[0], &number, sizeof(number)),
                      static_cast<ssize_t>(sizeof(number)));
            ASSERT_EQ(number, acknowledged + 1);
            acknowledged = number;
        }
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        acknowledged = read_ledger(ledger[0], acknowledged);
        ::close(ledger[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
        auto options = options_for(data, GetParam());
        options.checkpoint_on_close = random() % 2 == 0;
        auto storage = open_storage(std::move(options));
        ASSERT_TRUE(storage.has_value()) << storage.error().message();
        check_rows(**storage, acknowledged, last);
        if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, CrashTest, testing::Values(Durability::sync, Durability::os),
                         [](const auto& parameter) {
                             return parameter.param == Durability::sync ? "sync" : "os";
                         });

TEST(DataDirectory, ASecondProcessIsRefused) {
    TemporaryDirectory directory;
    const auto first = open_storage({.directory = directory.path()});
    ASSERT_TRUE(first.has_value());
    const auto second = open_storage({.directory = directory.path()});
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code(), "InUse");
    EXPECT_EQ(second.error().message(), "data directory " + directory.path().string() +
                                            " is in use by process " + std::to_string(::getpid()));
}

}  // namespace
}  // namespace stepwell::journal
