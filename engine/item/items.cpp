#include "item/items.hpp"

#include <set>

#include "base/try.hpp"
#include "item/errors.hpp"

namespace stepwell::item {

namespace {

const Item& or_empty(const ItemPtr& item) {
    static const Item empty;
    return item == nullptr ? empty : *item;
}

}  // namespace

Items::Items(Identity identity, Clock& clock, Storage& storage)
    : identity_(std::move(identity)), clock_(clock), storage_(storage) {}

Items::State* Items::find(std::string_view name) const {
    const auto found = tables_.find(name);
    return found == tables_.end() ? nullptr : found->second.get();
}

void Items::commit(Effects effects) { last_commit_ = storage_.commit(std::move(effects)); }

void Items::when_settled(UniqueFunction<void()> action) const {
    {
        const std::shared_lock lock(mutex_);
        if (storage_.durable() < last_commit_) {
            Effects effects;
            effects.when_durable(std::move(action));
            storage_.commit(std::move(effects));
            return;
        }
    }
    action();
}

// --- Writing

Result<> Items::update(const Write& write, Written& written) {
    const Table& table = *written.table;
    for (const UpdateAction& action : write.update.actions) {
        const std::string& name = action.path[0].name;
        if (table.keys.has(name)) {
            return errors::invalid_value("Cannot update attribute " + name +
                                         ". This attribute is part of the key");
        }
    }
    if (written.before == nullptr && write.update.only_removes()) return {};
    SW_TRY(Item after,
           apply_update(write.update, written.before == nullptr ? write.item : *written.before));
    if (const auto checked = check_index_keys(table, after); !checked.has_value()) {
        return errors::invalid(
            "The update expression attempted to update the secondary index key to unsupported "
            "type");
    }
    if (bytes_of(after) > item_bytes_max)
        return errors::invalid("Item size to update has exceeded the maximum allowed size");
    written.after = std::make_shared<const Item>(std::move(after));
    return {};
}

Result<Items::Prepared> Items::prepare(const Write& write) const {
    Prepared prepared;
    prepared.state = find(write.table);
    if (prepared.state == nullptr) return errors::no_such_resource();
    Written& written = prepared.written;
    written.table = prepared.state->table;
    SW_TRY(prepared.key, write.kind == Write::Kind::put ? key_of_item(*written.table, write.item)
                                                        : key_of(*written.table, write.item));
    if (write.kind == Write::Kind::put) {
        if (const auto checked = check_index_keys(*written.table, write.item); !checked.has_value())
            return checked.error();
        if (bytes_of(write.item) > item_bytes_max)
            return errors::invalid("Item size has exceeded the maximum allowed size");
    }
    const auto found = prepared.state->items.find(prepared.key);
    if (found != prepared.state->items.end()) written.before = found->second;
    if (write.condition.has_value() && !holds(*write.condition, or_empty(written.before))) {
        written.failure = errors::condition_failed();
        return prepared;
    }
    if (write.kind == Write::Kind::put) {
        written.after = std::make_shared<const Item>(write.item);
    } else if (write.kind == Write::Kind::check) {
        written.after = written.before;
    } else if (write.kind == Write::Kind::update) {
        if (const auto done = update(write, written); !done.has_value())
            written.failure = done.error();
    }
    return prepared;
}

void Items::replace(Effects& effects, Prepared& prepared) {
    State& state = *prepared.state;
    const Written& written = prepared.written;
    if (written.before == written.after) return;
    const std::string stored_key = item_key(state.table->number, prepared.key);
    for (const Index& index : state.table->indexes) {
        Entries& entries = state.indexes[index.name];
        if (written.before != nullptr) {
            if (const auto key = index_key_of(index, *written.before, prepared.key))
                entries.erase(*key);
        }
        if (written.after != nullptr) {
            if (auto key = index_key_of(index, *written.after, prepared.key))
                entries.insert_or_assign(*std::move(key), written.after);
        }
    }
    if (written.before != nullptr) state.bytes -= bytes_of(*written.before);
    if (written.after == nullptr) {
        state.items.erase(prepared.key);
        effects.erase(stepwell::Table::item, stored_key);
        return;
    }
    state.bytes += bytes_of(*written.after);
    effects.put(stepwell::Table::item, stored_key, encode_item(*written.after));
    state.items.insert_or_assign(std::move(prepared.key), written.after);
}

void Items::write(WriteCall call, Completion<std::string> done) {
    std::unique_lock lock(mutex_);
    const auto refuse = [&](Error error) {
        lock.unlock();
        done(std::move(error));
    };
    const Result<const Answer*> kept = kept_answer(call);
    if (!kept.has_value()) return refuse(kept.error());
    Effects effects;
    std::string body;
    if (*kept != nullptr) {
        body = (*kept)->body;
    } else {
        std::vector<Prepared> all;
        std::set<std::pair<const State*, std::string_view>> keys;
        bool has_failed = false;
        all.reserve(call.writes.size());
        for (const Write& write : call.writes) {
            Result<Prepared> prepared = prepare(write);
            if (!prepared.has_value()) return refuse(prepared.error());
            all.push_back(*std::move(prepared));
            has_failed |= all.back().written.failure.has_value();
            if (!keys.emplace(all.back().state, all.back().key).second)
                return refuse(errors::invalid(std::string(call.duplicates_message)));
        }
        std::vector<Written> written;
        for (const Prepared& each : all) written.push_back(each.written);
        if (has_failed) return refuse(call.refuse(written));
        keys.clear();  // it points into what moves now
        for (Prepared& each : all) replace(effects, each);
        body = call.answer(written);
        keep_answer(effects, call, body);
    }
    effects.when_durable(
        [done = std::move(done), body = std::move(body)]() mutable { done(std::move(body)); });
    commit(std::move(effects));
}

// --- Answers to calls that may come again

Result<const Answer*> Items::kept_answer(const WriteCall& call) const {
    const auto found = answers_.find(call.token);
    if (call.token.empty() || found == answers_.end()) return nullptr;
    if (found->second.request_hash == call.request_hash) return &found->second;
    return Error{errors::idempotent_parameter_mismatch,
                 "The request uses the same client token as a previous, but non-identical request. "
                 "Do not reuse a client token with different requests, unless the requests are "
                 "identical"};
}

void Items::keep_answer(Effects& effects, const WriteCall& call, const std::string& body) {
    const TimePoint now = clock_.now();
    while (!answers_end_.empty() && answers_end_.begin()->first <= now) {
        effects.erase(stepwell::Table::item_answer, answers_end_.begin()->second);
        answers_.erase(answers_end_.begin()->second);
        answers_end_.erase(answers_end_.begin());
    }
    if (call.token.empty()) return;
    const Answer answer{call.request_hash, call.token_lifetime.count(), body};
    effects.put(stepwell::Table::item_answer, call.token, encode_answer(answer));
    answers_end_.emplace(now + call.token_lifetime, call.token);
    answers_.insert_or_assign(call.token, answer);
}

// --- Reading

Result<std::vector<Items::Found>> Items::get(const std::vector<Key>& keys,
                                             std::string_view duplicates_message) const {
    const std::shared_lock lock(mutex_);
    std::vector<Found> all;
    std::set<std::pair<const State*, std::string>> seen;
    for (const Key& each : keys) {
        const State* const state = find(each.table);
        if (state == nullptr) return errors::no_such_resource();
        SW_TRY(std::string key, key_of(*state->table, each.key));
        const auto item = state->items.find(key);
        all.push_back({state->table, item == state->items.end() ? nullptr : item->second});
        if (!seen.emplace(state, std::move(key)).second)
            return errors::invalid(std::string(duplicates_message));
    }
    return all;
}

}  // namespace stepwell::item
