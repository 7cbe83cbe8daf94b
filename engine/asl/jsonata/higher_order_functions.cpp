// $map, $filter, $reduce and their like.
#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

Result map(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    const Array items = elements_of(call[0]);
    Elements found{evaluator.arena()};
    for (std::size_t i = 0; i < items.size; ++i) {
        SW_TRY(const Value value,
               evaluator.apply_to_element(call[1], items[i], Value::of(i), call[0]));
        if (!value.is_undefined()) found.push(value);
    }
    return found.sequence(evaluator.arena());
}

Result filter(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    const Array items = elements_of(call[0]);
    Elements found{evaluator.arena()};
    for (std::size_t i = 0; i < items.size; ++i) {
        SW_TRY(const Value result,
               evaluator.apply_to_element(call[1], items[i], Value::of(i), call[0]));
        if (evaluator.holds(result)) found.push(items[i]);
    }
    return found.sequence(evaluator.arena());
}

Result single(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    const Array items = elements_of(call[0]);
    Value found;
    bool has_found = false;
    for (std::size_t i = 0; i < items.size; ++i) {
        bool is_wanted = call[1].is_undefined();
        if (!is_wanted) {
            SW_TRY(const Value result,
                   evaluator.apply_to_element(call[1], items[i], Value::of(i), call[0]));
            is_wanted = evaluator.holds(result);
        }
        if (!is_wanted) continue;
        if (has_found) return evaluator.fail("D3138");
        found = items[i];
        has_found = true;
    }
    if (!has_found) return evaluator.fail("D3139");
    return found;
}

Result reduce(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    const std::size_t arity = call[1].is_function() ? Evaluator::arity_of(*call[1].function()) : 0;
    if (arity < 2) return evaluator.fail("D3050");
    const Array items = elements_of(call[0]);
    Value result = call[2];
    std::size_t i = 0;
    if (result.is_undefined() && items.size > 0) result = items[i++];
    for (; i < items.size; ++i) {
        const Value arguments[] = {result, items[i], Value::of(i), call[0]};
        const std::size_t count = std::min<std::size_t>(arity, 4);
        SW_TRY(result, evaluator.apply(call[1], {arguments, count}, {}));
    }
    return result;
}

Result each(const Call& call) {
    Evaluator& evaluator = call.evaluator;
    Elements found{evaluator.arena()};
    const bool is_done = each_member(call[0], [&](std::string_view key, Value value) {
        const Result result = evaluator.apply_to_element(call[1], value, Value::of(key), call[0]);
        if (result && !result->is_undefined()) found.push(*result);
        return result.has_value();
    });
    if (!is_done) return Failed{};
    return found.sequence(evaluator.arena());
}

Result sift(const Call& call) {
    Evaluator& evaluator = call.evaluator;
    Object* const sifted = evaluator.arena().make(Object{});
    const bool is_done = each_member(call[0], [&](std::string_view key, Value value) {
        const Result result = evaluator.apply_to_element(call[1], value, Value::of(key), call[0]);
        if (result && evaluator.holds(*result)) sifted->set(evaluator.arena(), key, value);
        return result.has_value();
    });
    if (!is_done) return Failed{};
    if (sifted->size == 0) return Value{};
    return Value::of(sifted);
}

constexpr LibraryEntry higher_order_entries[] = {
    {"map", "<af>", 2, map},        {"filter", "<af>", 2, filter},
    {"single", "<af?>", 2, single}, {"reduce", "<afj?:j>", 3, reduce},
    {"each", "<o-f:a>", 2, each},   {"sift", "<o-f?:o>", 2, sift},
};

}  // namespace

LibraryPart higher_order_functions() { return higher_order_entries; }

}  // namespace stepwell::asl::jsonata
