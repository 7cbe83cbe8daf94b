// Tables and items: keys, queries, conditions, transactions, and what a restart keeps.
#include "item/items.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stepwell/testing.hpp>

#include "item/errors.hpp"
#include "item/item_of.hpp"
#include "item/store_check.hpp"
#include "journal/storage.hpp"

namespace stepwell::item {
namespace {

using namespace std::chrono_literals;

class ItemsTest : public testing::Test {
 protected:
    ItemsTest() {
        restart();
        // A table of (h, r), with an index of (g, n) and a local one of (h, n).
        NewTable table;
        table.table.name = "things";
        table.table.is_on_demand = true;
        table.table.attributes = {{"h", Type::s}, {"r", Type::n}, {"g", Type::s}, {"n", Type::n}};
        table.keys = {{"h", "HASH"}, {"r", "RANGE"}};
        table.indexes.push_back({{.name = "by-g", .is_global = true, .projection = "KEYS_ONLY"},
                                 {{"g", "HASH"}, {"n", "RANGE"}}});
        table.indexes.push_back({{.name = "by-n"}, {{"h", "HASH"}, {"n", "RANGE"}}});
        EXPECT_TRUE(create(std::move(table)).has_value());
    }

    std::uint64_t restart() {
        storage->wait_until_applied(storage->commit({}));
        items.emplace(Identity{}, clock, *storage);
        return items->recover().value();
    }

    template <class T, class Start>
    static Result<T> wait(Start start) {
        std::promise<Result<T>> promise;
        start([&](Result<T> result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    }
    Result<DescribedTable> create(NewTable table) {
        return wait<DescribedTable>(
            [&](auto done) { items->create_table(std::move(table), std::move(done)); });
    }
    Result<DescribedTable> remove(std::string_view name) {
        return wait<DescribedTable>([&](auto done) { items->delete_table(name, std::move(done)); });
    }

    static Write write_of(Write::Kind kind, std::string_view item,
                          std::string_view condition = "") {
        Write write{.kind = kind, .table = "things", .item = item_of(item)};
        Placeholders none;
        if (!condition.empty()) write.condition = *parse_condition(condition, "Condition", none);
        return write;
    }
    static Write put_of(std::string_view item, std::string_view condition = "") {
        return write_of(Write::Kind::put, item, condition);
    }
    /// "done", or what was said.
    std::string write(std::vector<Write> writes, std::string token = "", std::uint64_t hash = 0) {
        WriteCall call{.writes = std::move(writes), .duplicates_message = "twice"};
        call.token = std::move(token);
        call.request_hash = hash;
        call.token_lifetime = 10min;
        call.answer = [](const std::vector<Written>& all) {
            return all[0].before == nullptr ? "done" : "replaced";
        };
        call.refuse = [](const std::vector<Written>& all) {
            for (const Written& each : all) {
                if (each.failure.has_value()) return *each.failure;
            }
            return errors::condition_failed();
        };
        const auto body =
            wait<std::string>([&](auto done) { items->write(std::move(call), std::move(done)); });
        return body.has_value() ? *body : body.error().message();
    }
    std::string put(std::string_view item) { return write({put_of(item)}); }
    std::string add(std::string_view key, std::string_view expression) {
        Write write = write_of(Write::Kind::update, key);
        Placeholders known = *Placeholders::make(std::nullopt, item_of(R"({":one":{"N":"1"}})"));
        write.update = *parse_update(expression, known);
        return this->write({std::move(write)});
    }

    std::string get(std::string_view key) const {
        const auto found = items->get({{"things", item_of(key)}}, "");
        if (!found.has_value()) return found.error().message();
        if ((*found)[0].item == nullptr) return "nothing";
        return text_of(*(*found)[0].item);
    }
    /// The r of what is found, in order; then "..." when there may be more.
    std::string query(std::string_view condition, Query query = {}) const {
        Placeholders known = *Placeholders::make(
            std::nullopt,
            item_of(
                R"({":a":{"S":"a"},":b":{"S":"b"},":0":{"N":"0"},":2":{"N":"2"},":9":{"N":"9"},":x":{"S":"x"}})"));
        std::optional<Node> node;
        if (!condition.empty()) {
            auto parsed = parse_condition(condition, "KeyConditionExpression", known);
            if (!parsed.has_value()) return parsed.error().message();
            node = *std::move(parsed);
            query.key_condition = &*node;
        }
        query.table = "things";
        const Result<Page> page = items->query(query);
        if (!page.has_value()) return page.error().message();
        std::string found;
        for (const ItemPtr& item : page->items)
            found.append(found.empty() ? "" : " ").append(item->at("r").number().text());
        return page->last_key.has_value() ? found + " ..." : found;
    }
    void fill() {
        for (const std::string_view r : {"-10", "-2.5", "0", "1", "2", "10", "100"}) {
            put(R"({"h":{"S":"a"},"r":{"N":")" + std::string(r) + R"("},"g":{"S":"x"},"n":{"N":")" +
                std::to_string(100 - static_cast<int>(std::strtod(r.data(), nullptr))) + R"("}})");
        }
        put(R"({"h":{"S":"b"},"r":{"N":"7"}})");
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    std::optional<Items> items;
};

TEST_F(ItemsTest, AreThereAfterARestart) {
    EXPECT_EQ(
        put(R"({"h":{"S":"a"},"r":{"N":"1"},"v":{"L":[{"NULL":true},{"NS":["1","2.50"]},{"B":"AAEC"}]}})"),
        "done");
    EXPECT_EQ(put(R"({"h":{"S":"a"},"r":{"N":"2"}})"), "done");
    EXPECT_EQ(add(R"({"h":{"S":"a"},"r":{"N":"1"}})", "ADD n :one REMOVE g"), "replaced");
    EXPECT_EQ(write({write_of(Write::Kind::erase, R"({"h":{"S":"a"},"r":{"N":"2"}})")}),
              "replaced");
    EXPECT_EQ(restart(), 1U);
    EXPECT_EQ(get(R"({"h":{"S":"a"},"r":{"N":"1.0"}})"),
              R"({"h":{"S":"a"},"n":{"N":"1"},"r":{"N":"1"},)"
              R"("v":{"L":[{"NULL":true},{"NS":["1","2.5"]},{"B":"AAEC"}]}})");
    EXPECT_EQ(get(R"({"h":{"S":"a"},"r":{"N":"2"}})"), "nothing");
    EXPECT_EQ(query("h = :a", {.index = "by-n"}), "1");
    const CheckedItems checked = check_items(*storage);
    EXPECT_EQ(checked.items, 1U);
    EXPECT_EQ(checked.problem_count, 0U);
}

TEST_F(ItemsTest, AreQueriedInTheOrderOfTheirKeys) {
    fill();
    EXPECT_EQ(query("h = :a"), "-10 -2.5 0 1 2 10 100");
    EXPECT_EQ(query("h = :a", {.is_forward = false}), "100 10 2 1 0 -2.5 -10");
    EXPECT_EQ(query("h = :a AND r > :0"), "1 2 10 100");
    EXPECT_EQ(query("h = :a AND r >= :0"), "0 1 2 10 100");
    EXPECT_EQ(query(":0 > r and h = :a"), "-10 -2.5");
    EXPECT_EQ(query("h = :a AND r <= :2"), "-10 -2.5 0 1 2");
    EXPECT_EQ(query("h = :a AND r BETWEEN :0 AND :9"), "0 1 2");
    EXPECT_EQ(query("h = :a AND r = :2"), "2");
    EXPECT_EQ(query("h = :b"), "7");
    EXPECT_EQ(query("h = :x"), "");
    EXPECT_EQ(query("g = :x", {.index = "by-g"}), "100 10 2 1 0 -2.5 -10");
    EXPECT_EQ(query("h = :a AND n > :9", {.index = "by-n"}), "10 2 1 0 -2.5 -10");
}

TEST_F(ItemsTest, ComeInPages) {
    fill();
    EXPECT_EQ(query("h = :a", {.limit = 3}), "-10 -2.5 0 ...");
    EXPECT_EQ(query("h = :a", {.limit = 2, .start = item_of(R"({"h":{"S":"a"},"r":{"N":"0"}})")}),
              "1 2 ...");
    EXPECT_EQ(query("h = :a",
                    {.is_forward = false, .start = item_of(R"({"h":{"S":"a"},"r":{"N":"0"}})")}),
              "-2.5 -10");
    EXPECT_EQ(
        query("g = :x",
              {.index = "by-g",
               .limit = 1,
               .start = item_of(R"({"h":{"S":"a"},"r":{"N":"10"},"g":{"S":"x"},"n":{"N":"90"}})")}),
        "2 ...");
    EXPECT_EQ(query("h = :a", {.start = item_of(R"({"h":{"S":"b"},"r":{"N":"7"}})")}),
              "The provided starting key is outside query boundaries based on provided conditions");
    EXPECT_EQ(query("h = :a", {.start = item_of(R"({"h":{"S":"b"}})")}),
              "The provided starting key is invalid: The provided key element does not match the "
              "schema");
    // Each item is in one segment of a scan.
    std::size_t seen = 0;
    for (std::uint64_t segment = 0; segment < 3; ++segment) {
        const Result<Page> page =
            items->query({.table = "things", .segment = segment, .segments = 3});
        seen += page->items.size();
    }
    EXPECT_EQ(seen, 8U);
}

TEST_F(ItemsTest, APageHasAMegabyte) {
    const std::string long_text(300'000, 'x');
    for (const std::string_view r : {"1", "2", "3", "4", "5"}) {
        EXPECT_EQ(put(R"({"h":{"S":"a"},"r":{"N":")" + std::string(r) + R"("},"v":{"S":")" +
                      long_text + R"("}})"),
                  "done");
    }
    EXPECT_EQ(query("h = :a"), "1 2 3 4 ...");
    EXPECT_EQ(
        put(R"({"h":{"S":"a"},"r":{"N":"1"},"v":{"S":")" + std::string(409'600, 'x') + R"("}})"),
        "Item size has exceeded the maximum allowed size");
}

TEST_F(ItemsTest, QueriesSayWhatIsWrongAsAWSDoes) {
    EXPECT_EQ(query("r = :0"), "Query condition missed key schema element: h");
    EXPECT_EQ(query("h > :a"), "Query key condition not supported");
    EXPECT_EQ(query("h = :a AND n = :0"), "Query condition missed key schema element: r");
    EXPECT_EQ(query("h = :a OR r = :0"), "Invalid operator used in KeyConditionExpression: OR");
    EXPECT_EQ(query("h = :a AND h = :b"),
              "KeyConditionExpressions must only contain one condition per key");
    EXPECT_EQ(query("h = :0"),
              "One or more parameter values were invalid: Condition parameter type does not match "
              "schema type");
    Placeholders none;
    const Node filter = *parse_condition("attribute_exists(r)", "FilterExpression", none);
    EXPECT_EQ(query("h = :a", {.filter = &filter}),
              "Filter Expression can only contain non-primary key attributes: Primary key "
              "attribute: r");
    EXPECT_EQ(query("h = :a", {.index = "none"}),
              "The table does not have the specified index: none");
}

TEST_F(ItemsTest, KeysAreChecked) {
    EXPECT_EQ(put(R"({"h":{"S":"a"}})"),
              "One or more parameter values were invalid: Missing the key r in the item");
    EXPECT_EQ(put(R"({"h":{"N":"1"},"r":{"N":"1"}})"),
              "One or more parameter values were invalid: Type mismatch for key h expected: S "
              "actual: N");
    EXPECT_EQ(put(R"({"h":{"S":""},"r":{"N":"1"}})"),
              "One or more parameter values are not valid. The AttributeValue for a key attribute "
              "cannot contain an empty string value. Key: h");
    EXPECT_EQ(
        put(R"({"h":{"S":"a"},"r":{"N":"1"},"n":{"S":"no number"}})"),
        "One or more parameter values were invalid: Type mismatch for Index Key n Expected: N "
        "Actual: S IndexName: by-g");
    EXPECT_EQ(get(R"({"h":{"S":"a"}})"), "The provided key element does not match the schema");
    EXPECT_EQ(
        add(R"({"h":{"S":"a"},"r":{"N":"1"}})", "SET h = :one"),
        "One or more parameter values were invalid: Cannot update attribute h. This attribute "
        "is part of the key");
}

TEST_F(ItemsTest, AnUpdateMakesWhatIsNotThereUnlessItOnlyRemoves) {
    EXPECT_EQ(add(R"({"h":{"S":"a"},"r":{"N":"1"}})", "REMOVE v"), "done");
    EXPECT_EQ(get(R"({"h":{"S":"a"},"r":{"N":"1"}})"), "nothing");
    EXPECT_EQ(add(R"({"h":{"S":"a"},"r":{"N":"1"}})", "ADD v :one"), "done");
    EXPECT_EQ(get(R"({"h":{"S":"a"},"r":{"N":"1"}})"),
              R"({"h":{"S":"a"},"r":{"N":"1"},"v":{"N":"1"}})");
}

TEST_F(ItemsTest, AreWrittenTogetherOrNotAtAll) {
    const std::string_view first = R"({"h":{"S":"a"},"r":{"N":"1"}})";
    const std::string_view second = R"({"h":{"S":"a"},"r":{"N":"2"}})";
    EXPECT_EQ(put(second), "done");
    EXPECT_EQ(write({put_of(first), put_of(second, "attribute_not_exists(h)")}),
              "The conditional request failed");
    EXPECT_EQ(get(first), "nothing");
    EXPECT_EQ(write({put_of(first), write_of(Write::Kind::check, second, "attribute_exists(h)")}),
              "done");
    EXPECT_EQ(write({put_of(first), put_of(first)}), "twice");
    EXPECT_EQ(restart(), 2U);
}

TEST_F(ItemsTest, ACallThatComesAgainIsAnsweredAndNotDoneAgain) {
    Write count = write_of(Write::Kind::update, R"({"h":{"S":"a"},"r":{"N":"1"}})");
    Placeholders known = *Placeholders::make(std::nullopt, item_of(R"({":one":{"N":"1"}})"));
    count.update = *parse_update("ADD v :one", known);
    EXPECT_EQ(write({count}, "token", 1), "done");
    EXPECT_EQ(write({count}, "token", 1), "done");
    restart();
    clock.advance(9min);
    EXPECT_EQ(write({count}, "token", 1), "done");
    EXPECT_EQ(get(R"({"h":{"S":"a"},"r":{"N":"1"}})"),
              R"({"h":{"S":"a"},"r":{"N":"1"},"v":{"N":"1"}})");
    EXPECT_NE(write({count}, "token", 2).find("Do not reuse a client token"), std::string::npos);
    clock.advance(2min);
    EXPECT_EQ(write({count}, "other", 1), "replaced");  // which forgets the first
    EXPECT_EQ(write({count}, "token", 2), "replaced");
    EXPECT_EQ(check_items(*storage).problem_count, 0U);
}

TEST_F(ItemsTest, ADeletedTablesItemsNeverComeBack) {
    put(R"({"h":{"S":"a"},"r":{"N":"1"}})");
    ASSERT_TRUE(remove("things").has_value());
    EXPECT_EQ(remove("things").error().message(),
              "Requested resource not found: Table: things not found");
    EXPECT_EQ(restart(), 0U);
    EXPECT_EQ(check_items(*storage).items, 0U);
    NewTable again;
    again.table.name = "things";
    again.table.attributes = {{"h", Type::s}, {"r", Type::n}};
    again.keys = {{"h", "HASH"}, {"r", "RANGE"}};
    ASSERT_TRUE(create(again).has_value());
    EXPECT_EQ(create(again).error().message(), "Table already exists: things");
    EXPECT_EQ(get(R"({"h":{"S":"a"},"r":{"N":"1"}})"), "nothing");
}

TEST_F(ItemsTest, AnIndexThatIsAddedHasTheItemsThatAreThere) {
    fill();
    const auto changed = wait<DescribedTable>([&](auto done) {
        items->change_table(
            "things",
            [](Table& table) -> Result<> {
                table.indexes.push_back({.name = "late",
                                         .is_global = true,
                                         .keys = {{"g", Type::s}, KeyAttribute{"r", Type::n}}});
                return {};
            },
            std::move(done));
    });
    ASSERT_TRUE(changed.has_value());
    EXPECT_EQ(changed->index_items.at("late"), 7U);
    EXPECT_EQ(query("g = :x AND r < :0", {.index = "late"}), "-10 -2.5");
    restart();
    EXPECT_EQ(query("g = :x AND r < :0", {.index = "late"}), "-10 -2.5");
}

TEST_F(ItemsTest, DamageIsFound) {
    put(R"({"h":{"S":"a"},"r":{"N":"1"}})");
    Effects effects;
    storage->wait_until_applied(storage->commit({}));
    storage->scan(stepwell::Table::item, {}, [&](std::string_view key, std::string_view value) {
        effects.put(stepwell::Table::item, key, value.substr(0, value.size() - 1));
        return true;
    });
    storage->wait_until_applied(storage->commit(std::move(effects)));
    EXPECT_EQ(check_items(*storage).problem_count, 1U);
    Items damaged(Identity{}, clock, *storage);
    EXPECT_TRUE(damaged.recover().has_error());
}

}  // namespace
}  // namespace stepwell::item
