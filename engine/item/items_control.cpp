#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "item/errors.hpp"
#include "item/items.hpp"

namespace stepwell::item {

namespace {

constexpr std::size_t erased_at_once_max = 1'000;

Error damaged(std::string_view what) {
    return {stepwell::errors::system_failure,
            "A stored " + std::string(what) + " is damaged, or of a newer version."};
}

}  // namespace

DescribedTable Items::described(const State& state) {
    DescribedTable described{state.table, state.items.size(), state.bytes, {}};
    for (const auto& [name, entries] : state.indexes)
        described.index_items.emplace(name, entries.size());
    return described;
}

Result<DescribedTable> Items::describe_table(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const State* const state = find(name);
    if (state == nullptr) return errors::no_such_table(name);
    return described(*state);
}

std::vector<std::string> Items::table_names(std::string_view after, std::size_t max) const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> names;
    for (auto at = tables_.upper_bound(after); at != tables_.end() && names.size() < max; ++at)
        names.push_back(at->first);
    return names;
}

void Items::create_table(NewTable input, Completion<DescribedTable> done) {
    Result<Table> made = make_table(std::move(input));
    if (!made.has_value()) return done(made.error());
    std::unique_lock lock(mutex_);
    if (find(made->name) != nullptr) {
        lock.unlock();
        return done(Error{errors::resource_in_use, "Table already exists: " + made->name});
    }
    made->number = ++last_number_;
    made->id = make_uuid();
    made->created = clock_.now();
    auto state = std::make_unique<State>();
    state->table = std::make_shared<const Table>(*std::move(made));
    for (const Index& index : state->table->indexes) state->indexes[index.name];
    DescribedTable answer = described(*state);
    Effects effects;
    std::string number;
    append_big_endian(number, last_number_);
    effects.put(stepwell::Table::meta, table_number_key, number);
    effects.put(stepwell::Table::control, table_key(state->table->name),
                encode_table(*state->table));
    effects.when_durable([done = std::move(done), answer = std::move(answer)]() mutable {
        done(std::move(answer));
    });
    tables_.emplace(state->table->name, std::move(state));
    commit(std::move(effects));
}

void Items::delete_table(std::string_view name, Completion<DescribedTable> done) {
    std::unique_lock lock(mutex_);
    const auto found = tables_.find(name);
    if (found == tables_.end() || found->second->table->is_protected) {
        const bool is_there = found != tables_.end();
        lock.unlock();
        return done(
            is_there
                ? errors::invalid("Resource cannot be deleted as it is currently protected against "
                                  "deletion. Disable deletion protection first.")
                : errors::no_such_table(name));
    }
    const std::unique_ptr<State> state = std::move(found->second);
    tables_.erase(found);
    Effects effects;
    effects.erase(stepwell::Table::control, table_key(name));
    effects.when_durable([done = std::move(done), answer = described(*state)]() mutable {
        done(std::move(answer));
    });
    commit(std::move(effects));
    // Nobody reaches the items any more; what a crash leaves of them, recovery erases.
    std::vector<std::string> keys;
    for (const auto& [key, item] : state->items)
        keys.push_back(item_key(state->table->number, key));
    erase_items(keys);
}

void Items::erase_items(const std::vector<std::string>& keys) {
    for (std::size_t begin = 0; begin < keys.size(); begin += erased_at_once_max) {
        Effects effects;
        for (std::size_t i = begin; i < keys.size() && i < begin + erased_at_once_max; ++i)
            effects.erase(stepwell::Table::item, keys[i]);
        commit(std::move(effects));
    }
}

void Items::fill_index(State& state, const Index& index) {
    Entries& entries = state.indexes[index.name];
    for (const auto& [key, item] : state.items) {
        if (auto index_key = index_key_of(index, *item, key))
            entries.emplace(*std::move(index_key), item);
    }
}

void Items::change_table(std::string_view name, const Mutation& mutation,
                         Completion<DescribedTable> done) {
    std::unique_lock lock(mutex_);
    State* const state = find(name);
    auto table = state == nullptr ? nullptr : std::make_shared<Table>(*state->table);
    const Result<> changed =
        state == nullptr ? Result<>(errors::no_such_table(name)) : mutation(*table);
    if (!changed.has_value()) {
        lock.unlock();
        return done(changed.error());
    }
    state->table = std::move(table);
    std::erase_if(state->indexes, [&](const auto& each) {
        return state->table->find_index(each.first) == nullptr;
    });
    for (const Index& index : state->table->indexes) {
        if (!state->indexes.contains(index.name)) fill_index(*state, index);
    }
    Effects effects;
    effects.put(stepwell::Table::control, table_key(name), encode_table(*state->table));
    effects.when_durable([done = std::move(done), answer = described(*state)]() mutable {
        done(std::move(answer));
    });
    commit(std::move(effects));
}

// --- Recovery

Result<> Items::load_items(std::map<std::uint64_t, State*>& by_number, std::uint64_t& count) {
    std::vector<std::string> left_over;  // of tables that were deleted
    bool is_damaged = false;
    storage_.scan(stepwell::Table::item, {}, [&](std::string_view key, std::string_view value) {
        ByteReader reader(key);
        const auto number = reader.big_endian<std::uint64_t>();
        const auto state = by_number.find(number);
        if (state == by_number.end()) {
            left_over.emplace_back(key);
            return true;
        }
        auto item = decode_item(value);
        is_damaged = !reader.is_good() || !item.has_value();
        if (is_damaged) return false;
        ++count;
        state->second->bytes += bytes_of(*item);
        state->second->items.emplace_hint(state->second->items.end(), reader.rest(),
                                          std::make_shared<const Item>(*std::move(item)));
        return true;
    });
    if (is_damaged) return damaged("item");
    erase_items(left_over);
    return {};
}

// The time that an answer is kept begins anew: its caller may have been away as long as we.
Result<> Items::load_answers() {
    bool is_damaged = false;
    storage_.scan(stepwell::Table::item_answer, {},
                  [&](std::string_view token, std::string_view value) {
                      auto answer = decode_answer(value);
                      is_damaged = !answer.has_value();
                      if (is_damaged) return false;
                      answers_end_.emplace(clock_.now() + milliseconds{answer->lifetime_ms}, token);
                      answers_.emplace(token, *std::move(answer));
                      return true;
                  });
    if (is_damaged) return damaged("answer");
    return {};
}

Result<std::uint64_t> Items::recover() {
    storage_.wait_until_applied(storage_.durable());
    const std::unique_lock lock(mutex_);
    if (const auto number = storage_.get(stepwell::Table::meta, table_number_key))
        last_number_ = ByteReader(*number).big_endian<std::uint64_t>();
    std::map<std::uint64_t, State*> by_number;
    bool is_damaged = false;
    storage_.scan(stepwell::Table::control, {.prefix = table_key_prefix},
                  [&](std::string_view, std::string_view value) {
                      auto table = decode_table(value);
                      is_damaged = !table.has_value();
                      if (is_damaged) return false;
                      auto state = std::make_unique<State>();
                      state->table = std::make_shared<const Table>(*std::move(table));
                      by_number.emplace(state->table->number, state.get());
                      tables_.emplace(state->table->name, std::move(state));
                      return true;
                  });
    if (is_damaged) return damaged("table");
    std::uint64_t count = 0;
    if (const auto loaded = load_items(by_number, count); !loaded.has_value())
        return loaded.error();
    for (const auto& [number, state] : by_number) {
        for (const Index& index : state->table->indexes) fill_index(*state, index);
    }
    if (const auto loaded = load_answers(); !loaded.has_value()) return loaded.error();
    return count;
}

}  // namespace stepwell::item
