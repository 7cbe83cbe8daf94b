// What every storage does, whatever it is made of.
#include "journal/storage.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "journal/storage_fixture.hpp"

namespace stepwell::journal {
namespace {

class StorageTest : public testing::TestWithParam<Durability> {
 protected:
    void SetUp() override { open(); }

    void open() {
        storage_.reset();
        StorageOptions options;
        options.directory = directory_.path() / "data";
        options.durability = GetParam();
        options.overlay_bytes_max = 64 << 10;  // small, so that reads meet all levels of the store
        options.on_failure = [](const Error& error) { ADD_FAILURE() << error.message(); };
        auto opened = open_storage(std::move(options));
        ASSERT_TRUE(opened.has_value()) << opened.error().message();
        storage_ = std::move(*opened);
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Storage> storage_;
};

TEST_P(StorageTest, StartsEmpty) {
    EXPECT_EQ(storage_->durable(), JournalSequence{0});
    EXPECT_EQ(storage_->get(Table::meta, "anything"), std::nullopt);
    EXPECT_TRUE(entries_of(*storage_, Table::control).empty());
    storage_->wait_until_applied(JournalSequence{0});
}

TEST_P(StorageTest, NumbersCommitsWithoutGaps) {
    EXPECT_EQ(put(*storage_, Table::meta, "a", "1"), JournalSequence{1});
    EXPECT_EQ(put(*storage_, Table::meta, "b", "2"), JournalSequence{2});
    EXPECT_EQ(erase(*storage_, Table::meta, "a"), JournalSequence{3});
    wait_until_released(*storage_);
    EXPECT_EQ(storage_->durable(), JournalSequence{3});
}

TEST_P(StorageTest, AStepWithoutChangesWaitsForWhatWasBeforeAndTakesNoNumber) {
    put(*storage_, Table::meta, "a", "1");
    std::promise<JournalSequence> seen;
    Effects effects;
    effects.when_durable([&] { seen.set_value(storage_->durable()); });
    EXPECT_EQ(storage_->commit(std::move(effects)), JournalSequence{1});
    EXPECT_EQ(seen.get_future().get(), JournalSequence{1});
    EXPECT_EQ(put(*storage_, Table::meta, "b", "2"), JournalSequence{2});
}

TEST_P(StorageTest, ReadsSeeACommitOnceItIsApplied) {
    storage_->wait_until_applied(put(*storage_, Table::control, "queue/orders", "here"));
    EXPECT_EQ(storage_->get(Table::control, "queue/orders"), "here");
    EXPECT_EQ(storage_->get(Table::meta, "queue/orders"), std::nullopt);
    storage_->wait_until_applied(put(*storage_, Table::control, "queue/orders", ""));
    EXPECT_EQ(storage_->get(Table::control, "queue/orders"), "");
    storage_->wait_until_applied(erase(*storage_, Table::control, "queue/orders"));
    EXPECT_EQ(storage_->get(Table::control, "queue/orders"), std::nullopt);
}

TEST_P(StorageTest, WithinAStepTheLaterChangeWins) {
    Effects effects;
    effects.put(Table::message, "a", "1");
    effects.put(Table::message, "a", "2");
    effects.put(Table::message, "b", "1");
    effects.erase(Table::message, "b");
    effects.erase(Table::message, "c");
    effects.put(Table::message, "c", "3");
    storage_->wait_until_applied(storage_->commit(std::move(effects)));
    EXPECT_EQ(entries_of(*storage_, Table::message), (Entries{{"a", "2"}, {"c", "3"}}));
}

TEST_P(StorageTest, AnActionForAnAppliedCommitRunsAtOnceAndMayRead) {
    const JournalSequence sequence = put(*storage_, Table::meta, "a", "1");
    storage_->wait_until_applied(sequence);
    const auto here = std::this_thread::get_id();
    std::thread::id ran_on;
    storage_->when_applied(sequence, [&] {
        ran_on = std::this_thread::get_id();
        EXPECT_EQ(storage_->get(Table::meta, "a"), "1");
    });
    EXPECT_EQ(ran_on, here);
}

TEST_P(StorageTest, AnActionForALaterCommitRunsWhenItIsAppliedAndMayRead) {
    std::promise<std::optional<std::string>> seen;
    storage_->when_applied(JournalSequence{2},
                           [&] { seen.set_value(storage_->get(Table::meta, "a")); });
    put(*storage_, Table::meta, "a", "1");
    put(*storage_, Table::meta, "a", "2");
    EXPECT_EQ(seen.get_future().get(), "2");
}

TEST_P(StorageTest, ScansInByteOrder) {
    Effects effects;
    const std::vector<std::string> keys{
        std::string("\0", 1), "a", "a\xff", "a\xff\xff", "b", "\xff", "\xff\xff"};
    for (auto key = keys.rbegin(); key != keys.rend(); ++key)
        effects.put(Table::history, *key, "v");
    effects.put(Table::execution, "c", "another table");
    effects.put(Table::continuation, "c", "another table");
    storage_->wait_until_applied(storage_->commit(std::move(effects)));
    EXPECT_EQ(keys_of(*storage_, Table::history), keys);
    EXPECT_EQ(keys_of(*storage_, Table::history, {.reverse = true}),
              std::vector<std::string>(keys.rbegin(), keys.rend()));
}

TEST_P(StorageTest, ScansAPrefixFromAKeyBothWays) {
    Effects effects;
    for (const auto* key : {"a/1", "b", "b/", "b/1", "b/2", "b/3", "b0", "c"}) {
        effects.put(Table::log, key, key);
    }
    storage_->wait_until_applied(storage_->commit(std::move(effects)));
    using Keys = std::vector<std::string>;
    const auto scan = [&](ScanRange range) { return keys_of(*storage_, Table::log, range); };
    EXPECT_EQ(scan({.prefix = "b/"}), (Keys{"b/", "b/1", "b/2", "b/3"}));
    EXPECT_EQ(scan({.prefix = "b/", .reverse = true}), (Keys{"b/3", "b/2", "b/1", "b/"}));
    EXPECT_EQ(scan({.prefix = "b/", .from = "b/2"}), (Keys{"b/2", "b/3"}));
    EXPECT_EQ(scan({.prefix = "b/", .from = "b/2", .reverse = true}), (Keys{"b/2", "b/1", "b/"}));
    EXPECT_EQ(scan({.prefix = "b/", .from = "b/11"}), (Keys{"b/2", "b/3"}));
    EXPECT_EQ(scan({.prefix = "b/", .from = "b/11", .reverse = true}), (Keys{"b/1", "b/"}));
    EXPECT_EQ(scan({.prefix = "b/", .from = "a"}), (Keys{"b/", "b/1", "b/2", "b/3"}));
    EXPECT_EQ(scan({.prefix = "b/", .from = "a", .reverse = true}), Keys{});
    EXPECT_EQ(scan({.prefix = "b/", .from = "c"}), Keys{});
    EXPECT_EQ(scan({.prefix = "b/", .from = "c", .reverse = true}),
              (Keys{"b/3", "b/2", "b/1", "b/"}));
    EXPECT_EQ(scan({.prefix = "d"}), Keys{});
}

TEST_P(StorageTest, AScanStopsWhenToldAndMayReadAndCommit) {
    Effects effects;
    for (int i = 100; i < 300; ++i) effects.put(Table::log, std::to_string(i), "v");
    storage_->wait_until_applied(storage_->commit(std::move(effects)));
    std::vector<std::string> seen;
    storage_->scan(Table::log, {}, [&](std::string_view key, std::string_view) {
        EXPECT_EQ(storage_->get(Table::log, key), "v");
        storage_->wait_until_applied(put(*storage_, Table::meta, key, "seen"));
        seen.emplace_back(key);
        return seen.size() < 150;
    });
    EXPECT_EQ(seen.size(), 150U);
    EXPECT_EQ(seen.back(), "249");
    EXPECT_EQ(keys_of(*storage_, Table::meta).size(), 150U);
}

TEST_P(StorageTest, ReleasesInTheOrderOfCommits) {
    // Each thread's own commits, and those that happened after another's, stand in that order.
    constexpr int threads = 8;
    constexpr int commits_each = 2000;
    std::vector<std::uint64_t> released;  // by the storage's thread only
    released.reserve(threads * commits_each);
    std::mutex baton;
    std::vector<std::uint64_t> called;
    std::vector<std::thread> committers;
    for (int t = 0; t < threads; ++t) {
        committers.emplace_back([&, t] {
            for (int i = 0; i < commits_each; ++i) {
                const auto id = static_cast<std::uint64_t>(t * commits_each + i);
                Effects effects;
                effects.put(Table::meta, std::to_string(id % 100), std::to_string(id));
                effects.when_durable([&released, id] { released.push_back(id); });
                const std::scoped_lock lock(baton);  // makes one happen before the next
                called.push_back(id);
                storage_->commit(std::move(effects));
            }
        });
    }
    for (auto& committer : committers) committer.join();
    wait_until_released(*storage_);
    EXPECT_EQ(released, called);
}

TEST_P(StorageTest, SequencesFollowTheOrderOfReleases) {
    constexpr int threads = 4;
    constexpr int commits_each = 3000;
    struct Slot {
        std::atomic<std::uint64_t> sequence{0};
    };
    std::vector<Slot> slots(threads * commits_each);
    std::vector<std::size_t> released;
    std::vector<std::thread> committers;
    for (int t = 0; t < threads; ++t) {
        committers.emplace_back([&, t] {
            for (int i = 0; i < commits_each; ++i) {
                const auto slot = static_cast<std::size_t>(t * commits_each + i);
                Effects effects;
                effects.put(Table::meta, "k", "v");
                effects.when_durable([&released, slot] { released.push_back(slot); });
                slots[slot].sequence =
                    static_cast<std::uint64_t>(storage_->commit(std::move(effects)));
            }
        });
    }
    for (auto& committer : committers) committer.join();
    wait_until_released(*storage_);
    ASSERT_EQ(released.size(), slots.size());
    for (std::size_t i = 0; i < released.size(); ++i) {
        ASSERT_EQ(slots[released[i]].sequence, i + 1);
    }
}

TEST_P(StorageTest, NothingIsReleasedBeforeItIsDurable) {
    for (int i = 0; i < 200; ++i) {
        std::promise<void> released;
        Effects effects;
        effects.put(Table::meta, "k", std::to_string(i));
        effects.when_durable([&] {
            EXPECT_GE(storage_->durable(), JournalSequence{static_cast<std::uint64_t>(i) + 1});
            released.set_value();
        });
        storage_->commit(std::move(effects));
        released.get_future().wait();
    }
}

TEST_P(StorageTest, DestructionReleasesAllThatWasCommittedAlsoByReleasedActions) {
    int released = 0;
    for (int i = 0; i < 1000; ++i) {
        Effects effects;
        effects.put(Table::meta, std::to_string(i), "v");
        effects.when_durable([&, storage = storage_.get()] {
            Effects next;
            next.put(Table::meta, "next", "v");
            next.when_durable([&released] { ++released; });
            storage->commit(std::move(next));
        });
        storage_->commit(std::move(effects));
    }
    storage_.reset();
    EXPECT_EQ(released, 1000);
}

TEST_P(StorageTest, AgreesWithAMapOnRandomOperations) {
    using Model = std::map<std::string, std::string>;
    std::vector<Model> model(table_count);
    std::mt19937_64 random(20261124);
    const auto below = [&](std::uint64_t bound) { return random() % bound; };
    const auto random_key = [&] {
        std::string key = std::to_string(below(300));
        if (below(10) == 0) key.insert(0, 1, '\xff');
        return key;
    };
    for (int round = 0; round < 300; ++round) {
        Effects effects;
        for (auto changes = below(40) + 1; changes > 0; --changes) {
            const auto table = static_cast<std::uint8_t>(below(3));
            const std::string key = random_key();
            if (below(3) == 0) {
                model[table].erase(key);
                effects.erase(Table{table}, key);
            } else {
                const std::string value(below(600), static_cast<char>('a' + below(26)));
                model[table][key] = value;
                effects.put(Table{table}, key, value);
            }
        }
        storage_->wait_until_applied(storage_->commit(std::move(effects)));
        if (GetParam() != Durability::none && below(40) == 0) open();
        const auto table = static_cast<std::uint8_t>(below(3));
        const std::string key = random_key();
        const auto found = model[table].find(key);
        ASSERT_EQ(storage_->get(Table{table}, key),
                  found == model[table].end() ? std::nullopt : std::optional(found->second));
        const std::string prefix = key.substr(0, below(3));
        const std::string from = below(2) == 0 ? "" : random_key();
        const bool reverse = below(2) == 0;
        Entries expected;
        for (const auto& [k, v] : model[table]) {
            if (!k.starts_with(prefix)) continue;
            if (!from.empty() && (reverse ? k > from : k < from)) continue;
            expected.emplace_back(k, v);
        }
        if (reverse) std::reverse(expected.begin(), expected.end());
        ASSERT_EQ(entries_of(*storage_, Table{table},
                             {.prefix = prefix, .from = from, .reverse = reverse}),
                  expected)
            << "round " << round << " prefix " << prefix << " from " << from;
    }
}

TEST_P(StorageTest, CountsItsWork) {
    for (int i = 0; i < 10; ++i)
        storage_->wait_until_applied(put(*storage_, Table::meta, "k", "v"));
    wait_until_released(*storage_);
    const auto statistics = storage_->statistics();
    EXPECT_EQ(statistics.commits, 10U);
    EXPECT_GE(statistics.groups, 1U);
    if (GetParam() == Durability::sync) {
        EXPECT_GE(statistics.syncs, 1U);
        EXPECT_GT(statistics.journal_bytes, 0U);
    }
}

std::string name_of_durability(const testing::TestParamInfo<Durability>& parameter) {
    switch (parameter.param) {
        case Durability::sync:
            return "sync";
        case Durability::os:
            return "os";
        case Durability::none:
            return "memory";
    }
    return "unknown";
}
INSTANTIATE_TEST_SUITE_P(Every, StorageTest,
                         testing::Values(Durability::sync, Durability::os, Durability::none),
                         name_of_durability);

}  // namespace
}  // namespace stepwell::journal
