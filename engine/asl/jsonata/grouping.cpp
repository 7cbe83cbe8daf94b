// Order and groups: `^(...)` and `{...}` behind a path.
#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/merge_sort.hpp"
#include "asl/jsonata/serialization.hpp"
#include "base/try.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace stepwell::asl::jsonata {

/// Sorts the items of a step. Each term is evaluated once for an item, when it is needed.
class Evaluator::Sorting {
 public:
    Sorting(Evaluator& evaluator, const Node& node, const Array& items, Frame* frame)
        : evaluator_(evaluator), node_(node), items_(items), frame_(frame) {
        keys_.resize(items.size * node.terms.size());
    }

    // The order of the positions; nothing when it failed.
    Outcome<std::vector<std::size_t>> order() {
        std::vector<std::size_t> positions(items_.size);
        std::iota(positions.begin(), positions.end(), std::size_t{0});
        const auto is_behind = [this](std::size_t a, std::size_t b) { return comes_behind(a, b); };
        if (!merge_sort(positions, is_behind)) return Failed{};
        return positions;
    }

 private:
    Outcome<Value> key(std::size_t item, std::size_t term) {
        std::optional<Value>& known = keys_[item * node_.terms.size() + term];
        if (!known) {
            Frame* const frame = evaluator_.item_frame(items_, item, frame_);
            SW_TRY(known, evaluator_.evaluate(*node_.terms[term].expression, items_[item], frame));
        }
        return *known;
    }

    Outcome<bool> comes_behind(std::size_t a, std::size_t b) {
        for (std::size_t term = 0; term < node_.terms.size(); ++term) {
            SW_TRY(const Value left, key(a, term));
            SW_TRY(const Value right, key(b, term));
            if (left.is_undefined() && right.is_undefined()) continue;
            if (left.is_undefined()) return true;  // what is missing comes last
            if (right.is_undefined()) return false;
            const auto is_comparable = [](Value v) { return v.is_number() || v.is_string(); };
            if (!is_comparable(left) || !is_comparable(right)) return evaluator_.fail("T2008");
            if (left.kind() != right.kind()) return evaluator_.fail("T2007");
            const int comparison = compare(left, right);
            if (comparison == 0) continue;
            return node_.terms[term].is_descending ? comparison < 0 : comparison > 0;
        }
        return false;
    }

    static int compare(Value a, Value b) {
        if (a.is_string()) return a.string().compare(b.string());
        return a.number() < b.number() ? -1 : a.number() > b.number() ? 1 : 0;
    }

    Evaluator& evaluator_;
    const Node& node_;
    const Array& items_;
    Frame* const frame_;
    std::vector<std::optional<Value>> keys_;
};

Outcome<Value> Evaluator::sort(const Node& node, Value input, Frame* frame) {
    const Array items = elements_of(input);
    if (items.size < 2) return input;
    if (!spend(items.size * node.terms.size())) return Failed{};
    if (!charge(items.size * (node.terms.size() * sizeof(Value) * 2 + 16))) return Failed{};
    Sorting sorting{*this, node, items, frame};
    SW_TRY(const std::vector<std::size_t> order, sorting.order());
    if (items.source == Array::Source::tuples) {
        Collector<Tuple> tuples{arena_};
        for (const std::size_t position : order) tuples.push(items.tuples[position]);
        return tuple_stream(tuples);
    }
    Elements sorted{arena_};
    for (const std::size_t position : order) sorted.push(items[position]);
    return sorted.array(arena_);
}

// ---- groups
// ----------------------------------------------------------------------------------------

namespace {

/// The items that have one key, by which of the pairs they got it.
struct ItemsOfKey {
    std::string_view key;
    std::size_t pair;
    std::vector<std::size_t> positions;
};

}  // namespace

// Several tuples as one: what they bind under one name, together.
Tuple Evaluator::merged(std::span<const Tuple> tuples) {
    Tuple result = tuples.front();
    if (tuples.size() == 1) return result;
    Elements values{arena_};
    for (const Tuple& tuple : tuples) values.push_flat(tuple.value);
    result.value = values.sequence(arena_);
    std::vector<std::pair<std::string_view, Elements>> bound;
    for (const Tuple& tuple : tuples) {
        std::vector<std::string_view> seen;  // a later binding hides an earlier one of its name
        for (const Binding* b = tuple.bindings; b != nullptr; b = b->next) {
            if (std::find(seen.begin(), seen.end(), b->name) != seen.end()) continue;
            seen.push_back(b->name);
            auto known = std::find_if(bound.begin(), bound.end(),
                                      [&](const auto& entry) { return entry.first == b->name; });
            if (known == bound.end()) {
                bound.emplace_back(b->name, Elements{arena_});
                known = bound.end() - 1;
            }
            known->second.push_flat(b->value);
        }
    }
    result.bindings = nullptr;
    for (const auto& [name, elements] : bound) {
        const Value value = elements.size() == 1 ? elements.data()[0] : elements.sequence(arena_);
        result.bindings = arena_.make(Binding{name, value, result.bindings});
    }
    return result;
}

// An object of one context: each key is for itself.
Outcome<Value> Evaluator::object_of(const Group& members, Value context, Frame* frame) {
    Object* const object = arena_.make(Object{});
    Object keys;  // those of undefined members, too
    for (const auto& [key_node, value_node] : members) {
        SW_TRY(const Value key, evaluate(*key_node, context, frame));
        if (key.is_undefined()) continue;
        if (!key.is_string()) return fail("T1003", {.value = short_text_of(key)});
        if (keys.position_of(key.string()) < keys.size)
            return fail("D1009", {.value = key.string()});
        keys.set(arena_, key.string(), Value{});
        SW_TRY(const Value value, evaluate(*value_node, context, frame));
        if (!value.is_undefined()) object->set(arena_, key.string(), value);
    }
    return Value::of(object);
}

Outcome<Value> Evaluator::group_path(const Group& members, Value input, Frame* frame) {
    const Array all = elements_of(input);
    const Value nothing;  // an empty input is one context without a value
    const Array items = all.size == 0 ? Array{.size = 1, .values = &nothing} : all;
    const bool is_tuple = items.source == Array::Source::tuples;
    if (items.size == 1 && !is_tuple) return object_of(members, items[0], frame);
    std::vector<ItemsOfKey> groups;
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < items.size; ++i) {
        Frame* const scope = item_frame(items, i, frame);
        for (std::size_t pair = 0; pair < members.size(); ++pair) {
            SW_TRY(const Value key, evaluate(*members[pair].first, items[i], scope));
            if (key.is_undefined()) continue;
            if (!key.is_string()) {
                return fail("T1003", {.value = short_text_of(key)});
            }
            const auto [found, is_new] = known.try_emplace(key.string(), groups.size());
            if (is_new) groups.push_back({key.string(), pair, {}});
            ItemsOfKey& group = groups[found->second];
            if (group.pair != pair) return fail("D1009", {.value = key.string()});
            group.positions.push_back(i);
        }
    }
    Object* const object = arena_.make(Object{});
    for (const ItemsOfKey& group : groups) {
        Value context;
        Frame* scope = frame;
        if (is_tuple) {
            Collector<Tuple> tuples{arena_};
            for (const std::size_t position : group.positions) tuples.push(items.tuples[position]);
            const Tuple tuple = merged(tuples.all());
            context = tuple.value;
            scope = new_frame(frame, tuple.bindings);
        } else if (group.positions.size() == 1) {
            context = items[group.positions.front()];
        } else {
            Elements values{arena_};
            for (const std::size_t position : group.positions) values.push_flat(items[position]);
            context = values.sequence(arena_);
        }
        SW_TRY(const Value value, evaluate(*members[group.pair].second, context, scope));
        if (!value.is_undefined()) object->set(arena_, group.key, value);
    }
    return Value::of(object);
}

}  // namespace stepwell::asl::jsonata
