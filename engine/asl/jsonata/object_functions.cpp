// $keys, $lookup, $merge and their like; also kinds, conditions and errors.
#include <unordered_set>

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

Result keys(const Call& call) {
    Evaluator& evaluator = call.evaluator;
    Elements found{evaluator.arena()};
    std::unordered_set<std::string_view> known;
    const Value from = call[0];
    const Array items = elements_of(from);
    const bool is_array = from.is_array();
    for (std::size_t i = 0; i < items.size; ++i) {
        each_member(items[i], [&](std::string_view key, Value) {
            if (!is_array || known.insert(key).second) found.push(Value::of(key));
            return true;
        });
        if (!evaluator.spend(1)) return Failed{};
    }
    return found.sequence(evaluator.arena());
}

Result lookup(const Call& call) {
    if (call[1].is_undefined()) return Value{};
    const std::string_view key = call[1].string();
    if (!call[0].is_array()) return member_of(call[0], key);
    Elements found{call.evaluator.arena()};
    const Array items = elements_of(call[0]);
    if (!call.evaluator.spend(items.size)) return Failed{};
    for (std::size_t i = 0; i < items.size; ++i) {
        const Value arguments[] = {items[i], call[1]};
        SW_TRY(const Value value, lookup(Call{call.evaluator, arguments, {}, nullptr}));
        found.push_flat(value);
        if (!call.evaluator.spend(1)) return Failed{};
    }
    return found.sequence(call.evaluator.arena());
}

Result spread(const Call& call) {
    const Value from = call[0];
    if (!from.is_array() && !from.is_object()) return from;
    Evaluator& evaluator = call.evaluator;
    Elements found{evaluator.arena()};
    const Array items = elements_of(from);
    for (std::size_t i = 0; i < items.size; ++i) {
        if (!items[i].is_object()) found.push_flat(items[i]);
        each_member(items[i], [&](std::string_view key, Value value) {
            Object* const object = evaluator.arena().make(Object{});
            object->set(evaluator.arena(), key, value);
            found.push(Value::of(object));
            return true;
        });
        if (!evaluator.spend(1)) return Failed{};
    }
    const bool is_array = from.is_array() && items.size > 0;
    return is_array ? found.array(evaluator.arena()) : found.sequence(evaluator.arena());
}

Result merge(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    Object* const merged = evaluator.arena().make(Object{});
    const Array items = elements_of(call[0]);
    for (std::size_t i = 0; i < items.size; ++i) {
        each_member(items[i], [&](std::string_view key, Value value) {
            merged->set(evaluator.arena(), key, value);
            return true;
        });
        if (!evaluator.spend(member_count(items[i]) + 1)) return Failed{};
    }
    return Value::of(merged);
}

Result clone(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return call.evaluator.clone(call[0]);
}

// ---- kinds and conditions
// --------------------------------------------------------------------------

Result type(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return Value::of(name_of(call[0].kind()));
}

Result boolean(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return Value::of(call.evaluator.holds(call[0]));
}

Result negate(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return Value::of(!call.evaluator.holds(call[0]));
}

Result exists(const Call& call) { return Value::of(!call[0].is_undefined()); }

Result error(const Call& call) {
    const bool has_message = call[0].is_string();
    return call.evaluator.fail(
        "D3137", {.value = has_message ? call[0].string() : "$error() function evaluated"});
}

Result assert_condition(const Call& call) {
    if (call[0].is_boolean() && call[0].boolean()) return Value{};
    const bool has_message = call[1].is_string();
    return call.evaluator.fail(
        "D3141", {.value = has_message ? call[1].string() : "$assert() statement failed"});
}

constexpr LibraryEntry object_entries[] = {
    {"keys", "<x-:a<s>>", 1, keys},
    {"lookup", "<x-s:x>", 2, lookup},
    {"spread", "<x-:a<o>>", 1, spread},
    {"merge", "<a<o>:o>", 1, merge},
    {"clone", "<(oa)-:o>", 1, clone},
    {"type", "<x:s>", 1, type},
    {"boolean", "<x-:b>", 1, boolean},
    {"not", "<x-:b>", 1, negate},
    {"exists", "<x:b>", 1, exists},
    {"error", "<s?:x>", 1, error},
    {"assert", "<bs?:x>", 2, assert_condition},
};

}  // namespace

LibraryPart object_functions() { return object_entries; }

}  // namespace stepwell::asl::jsonata
