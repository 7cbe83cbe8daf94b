// $append, $sort, $distinct and their like.
#include <algorithm>
#include <unordered_set>
#include <vector>

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "asl/jsonata/merge_sort.hpp"
#include "base/random.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

Result count(const Call& call) {
    if (call[0].is_undefined()) return Value::of(std::size_t{0});
    return Value::of(elements_of(call[0]).size);
}

Result append(const Call& call) { return call.evaluator.append(call[0], call[1]); }

Result reverse(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const Array source = elements_of(call[0]);
    if (source.size < 2) return call[0];
    if (!call.evaluator.spend(source.size)) return Failed{};
    Elements reversed{call.evaluator.arena()};
    for (std::size_t i = source.size; i-- > 0;) reversed.push(source[i]);
    return reversed.array(call.evaluator.arena());
}

Result shuffle(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    const Array source = elements_of(call[0]);
    if (source.size < 2) return call[0];
    if (!evaluator.spend(source.size)) return Failed{};
    Elements shuffled{evaluator.arena()};
    for (std::size_t i = 0; i < source.size; ++i) shuffled.push(source[i]);
    const std::span<Value> values = shuffled.all();
    for (std::size_t i = values.size(); i > 1; --i) {
        const double drawn = evaluator.random().next_fraction() * static_cast<double>(i);
        std::swap(values[i - 1], values[std::min(static_cast<std::size_t>(drawn), i - 1)]);
    }
    return shuffled.array(evaluator.arena());
}

/// Whether `a` belongs behind `b`, as the comparator or their own order says.
Outcome<bool> comes_behind(Evaluator& evaluator, Value comparator, Value a, Value b) {
    if (!evaluator.spend(1)) return Failed{};
    if (comparator.is_undefined()) {
        return a.is_string() ? a.string() > b.string() : a.number() > b.number();
    }
    const Value arguments[] = {a, b};
    SW_TRY(const Value result, evaluator.apply(comparator, arguments, {}));
    return evaluator.holds(result);
}

Result sort(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const Array source = elements_of(call[0]);
    if (source.size < 2) return call[0];
    Evaluator& evaluator = call.evaluator;
    if (!evaluator.charge(2 * source.size * sizeof(Value))) return Failed{};
    if (!evaluator.spend(source.size)) return Failed{};
    std::vector<Value> values;
    bool is_numbers = true;
    bool is_strings = true;
    for (std::size_t i = 0; i < source.size; ++i) {
        values.push_back(source[i]);
        is_numbers = is_numbers && source[i].is_number();
        is_strings = is_strings && source[i].is_string();
    }
    if (call[1].is_undefined() && !is_numbers && !is_strings) return evaluator.fail("D3070");
    const auto is_behind = [&](Value a, Value b) { return comes_behind(evaluator, call[1], a, b); };
    if (!merge_sort(values, is_behind)) return Failed{};
    Elements sorted{evaluator.arena()};
    for (const Value value : values) sorted.push(value);
    return sorted.array(evaluator.arena());
}

Result distinct(const Call& call) {
    if (!call[0].is_array() || elements_of(call[0]).size < 2) return call[0];
    Evaluator& evaluator = call.evaluator;
    const Array source = elements_of(call[0]);
    if (!evaluator.spend(source.size)) return Failed{};
    std::unordered_set<std::string_view> texts;
    std::unordered_set<double> numbers;
    std::vector<Value> others;
    Elements found{evaluator.arena()};
    for (std::size_t i = 0; i < source.size; ++i) {
        const Value value = source[i];
        if (value.is_string()) {
            if (texts.insert(value.string()).second) found.push(value);
        } else if (value.is_number()) {
            if (numbers.insert(value.number()).second) found.push(value);
        } else {
            const bool is_known = std::any_of(others.begin(), others.end(), [&](Value other) {
                return evaluator.equals(value, other);
            });
            if (!evaluator.spend(others.size() + 1)) return Failed{};
            if (is_known) continue;
            others.push_back(value);
            found.push(value);
        }
    }
    return is_sequence(call[0]) ? found.sequence(evaluator.arena())
                                : found.array(evaluator.arena());
}

// The elements at each position together, as far as the shortest array goes.
Result zip(const Call& call) {
    Evaluator& evaluator = call.evaluator;
    std::size_t size = static_cast<std::size_t>(-1);
    for (const Value argument : call.arguments) {
        size = std::min(size, argument.is_undefined() ? 0 : elements_of(argument).size);
    }
    if (call.arguments.empty()) size = 0;
    if (!evaluator.spend(size * call.arguments.size())) return Failed{};
    Elements rows{evaluator.arena()};
    for (std::size_t i = 0; i < size; ++i) {
        Elements row{evaluator.arena()};
        for (const Value& argument : call.arguments) row.push(elements_of(argument)[i]);
        rows.push(row.array(evaluator.arena()));
    }
    return rows.array(evaluator.arena());
}

constexpr LibraryEntry array_entries[] = {
    {"count", "<a:n>", 1, count},     {"append", "<xx:a>", 2, append},
    {"reverse", "<a:a>", 1, reverse}, {"shuffle", "<a:a>", 1, shuffle},
    {"sort", "<af?:a>", 2, sort},     {"distinct", "<x:x>", 1, distinct},
    {"zip", "<a+>", 0, zip},
};

}  // namespace

LibraryPart array_functions() { return array_entries; }

}  // namespace stepwell::asl::jsonata
