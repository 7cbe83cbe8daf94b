// Paths: steps, filters, wildcards, and the tuples that carry what earlier steps have bound.
#include "asl/jsonata/evaluator.hpp"
#include "base/try.hpp"

#include <cmath>

namespace stepwell::asl::jsonata {

namespace {

Value sequence_of(Arena& arena, Value only) {
    Array array;
    array.is_sequence = true;
    array.size = 1;
    array.values = arena.make(only);
    return Value::of(arena.make(array));
}

/// Whether nothing but the member's value can come of the step.
bool is_plain_name(const Node& node) {
    return node.kind == NodeKind::name && node.stages.empty() && !node.is_tuple;
}

bool keeps_together(Value value) {
    return value.built_array() != nullptr && value.built_array()->is_constructed;
}

}  // namespace

Value Evaluator::with_keeping(Value sequence) {
    Array array = *sequence.built_array();
    array.keeps_singleton = true;
    return Value::of(arena_.make(array));
}

// Between steps a value that is no array stands for a sequence of one.
Outcome<Value> Evaluator::path(const Node& node, Value input, Frame* frame) {
    const std::vector<Node*>& steps = node.operands;
    bool is_tuples = false;
    Value current = input;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        is_tuples = is_tuples || steps[i]->is_tuple;
        if (is_tuples) {
            // a variable does not look at the elements of its context one by one
            const bool is_whole =
                i == 0 && steps[i]->kind == NodeKind::variable && current.is_array();
            const Value from = is_whole ? sequence_of(arena_, current) : current;
            SW_TRY(current, tuple_step(*steps[i], from, frame));
            continue;
        }
        SW_TRY(current, plain_step(node, i, current, frame));
        const bool is_empty = current.is_array() && elements_if_array(current).size == 0;
        if (is_empty && i + 1 < steps.size() && !keeps_together(current)) current = Value{};
        if (current.is_undefined() || is_empty) break;
    }
    if (is_tuples && node.group == nullptr && !node.is_tuple) {
        Elements values{arena_};
        const Array tuples = elements_of(current);
        for (std::size_t i = 0; i < tuples.size; ++i) values.push(tuples[i]);
        current = values.sequence(arena_);
    }
    if (node.keeps_singleton && !current.is_undefined() && !is_tuple_stream(current)) {
        const bool is_plain_array =
            current.is_array() && !is_sequence(current) && !keeps_together(current);
        if (!is_plain_array && !is_sequence(current)) current = sequence_of(arena_, current);
        if (!is_plain_array) current = with_keeping(current);
    }
    if (node.group == nullptr) return current;
    return group_path(*node.group, current, frame);
}

// One step of a path that binds nothing.
Outcome<Value> Evaluator::plain_step(const Node& path, std::size_t i, Value current, Frame* frame) {
    const Node& node = *path.operands[i];
    const bool is_last = i + 1 == path.operands.size();
    if (i == 0 && node.is_constructed) return evaluate(node, current, frame);
    const bool starts_anew = i == 0 && node.kind == NodeKind::variable;
    const Array items = starts_anew ? Array{.size = 1, .values = &current} : elements_of(current);
    if (!is_plain_name(node) || items.size != 1 || items[0].is_array()) {
        return step(node, items, frame, is_last);
    }
    if (!spend(1)) return Failed{};
    return member_of(items[0], node.text);  // where it is an array, what follows sees its elements
}

Outcome<Value> Evaluator::step(const Node& node, const Array& items, Frame* frame, bool is_last) {
    if (node.kind == NodeKind::sort) {
        Array sequence = items;
        sequence.is_sequence = true;
        sequence.is_constructed = false;
        Value input = Value::of(arena_.make(sequence));
        SW_TRY(input, sort(node, input, frame));
        return stages(node, input, frame);
    }
    Elements results{arena_};
    for (std::size_t i = 0; i < items.size; ++i) {
        SW_TRY(Value result, evaluate(node, items[i], frame));
        if (!node.stages.empty()) {
            SW_TRY(result, stages(node, result, frame));
        }
        if (!result.is_undefined()) results.push(result);
    }
    return flattened(results, is_last);
}

Outcome<Value> Evaluator::flattened(const Elements& results, bool is_last) {
    if (is_last && results.size() == 1) {
        const Value only = results.data()[0];
        if (only.is_array() && !is_sequence(only)) return only;
    }
    Elements flat{arena_};
    bool has_arrays = false;
    for (const Value result : results.all()) has_arrays = has_arrays || result.is_array();
    if (!has_arrays) return results.sequence(arena_);
    for (const Value result : results.all()) {
        if (keeps_together(result)) {
            flat.push(result);
            continue;
        }
        if (result.is_array() && !spend(elements_if_array(result).size)) return Failed{};
        flat.push_flat(result);
    }
    return flat.sequence(arena_);
}

// ---- tuples
// ----------------------------------------------------------------------------------------

Value Evaluator::tuple_stream(const Collector<Tuple>& tuples) {
    Array array;
    array.source = Array::Source::tuples;
    array.is_sequence = true;
    array.size = tuples.size();
    array.tuples = tuples.data();
    return Value::of(arena_.make(array));
}

Frame* Evaluator::item_frame(const Array& items, std::size_t index, Frame* frame) {
    if (items.source != Array::Source::tuples) return frame;
    return new_frame(frame, items.tuples[index].bindings);
}

Outcome<Value> Evaluator::tuple_step(const Node& node, Value input, Frame* frame) {
    const Array items = elements_of(input);
    Collector<Tuple> found{arena_};
    if (node.kind == NodeKind::sort) {
        SW_TRY(const Value sorted, sort(node, input, frame));
        if (items.source == Array::Source::tuples) return stages(node, sorted, frame);
        const Array values = elements_of(sorted);
        for (std::size_t i = 0; i < values.size; ++i) {
            Tuple tuple{values[i], nullptr};
            if (!node.index.empty()) {
                tuple.bindings = arena_.make(Binding{node.index, Value::of(i), nullptr});
            }
            found.push(tuple);
        }
        return stages(node, tuple_stream(found), frame);
    }
    for (std::size_t i = 0; i < items.size; ++i) {
        const bool is_tuple = items.source == Array::Source::tuples;
        const Tuple tuple = is_tuple ? items.tuples[i] : Tuple{items[i], nullptr};
        if (!tuples_of(node, tuple, frame, found)) return Failed{};
    }
    return stages(node, tuple_stream(found), frame);
}

// What one step finds from one tuple.
Outcome<void> Evaluator::tuples_of(const Node& node, const Tuple& tuple, Frame* frame,
                                   Collector<Tuple>& found) {
    SW_TRY(const Value result, evaluate(node, tuple.value, new_frame(frame, tuple.bindings)));
    if (result.is_undefined()) return {};
    const Array values = elements_of(result);
    if (!spend(values.size)) return Failed{};
    for (std::size_t i = 0; i < values.size; ++i) {
        Tuple next{values[i], tuple.bindings};
        const auto bound = [&](std::string_view name, Value value) {
            next.bindings = arena_.make(Binding{name, value, next.bindings});
        };
        if (values.source == Array::Source::tuples) {
            for (const Binding* b = values.tuples[i].bindings; b != nullptr; b = b->next) {
                bound(b->name, b->value);
            }
            found.push(next);
            continue;
        }
        if (!node.focus.empty()) {
            bound(node.focus, values[i]);
            next.value = tuple.value;
        }
        if (!node.index.empty()) bound(node.index, Value::of(i));
        if (node.ancestor != nullptr) bound(node.ancestor->label, tuple.value);
        found.push(next);
    }
    return {};
}

Outcome<Value> Evaluator::stages(const Node& node, Value input, Frame* frame) {
    for (const Stage& stage : node.stages) {
        if (stage.filter != nullptr) {
            SW_TRY(input, filter(*stage.filter, input, frame));
            continue;
        }
        const Array items = elements_of(input);
        Collector<Tuple> indexed{arena_};
        for (std::size_t i = 0; i < items.size; ++i) {
            const bool is_tuple = items.source == Array::Source::tuples;
            Tuple tuple = is_tuple ? items.tuples[i] : Tuple{items[i], nullptr};
            tuple.bindings = arena_.make(Binding{stage.index, Value::of(i), tuple.bindings});
            indexed.push(tuple);
        }
        input = tuple_stream(indexed);
    }
    return input;
}

// ---- filters
// ---------------------------------------------------------------------------------------

namespace {

/// Whether `index`, from the end when negative, is the position.
bool is_position(double index, std::size_t position, std::size_t size) {
    const double floor = std::floor(index);
    const double from_start = floor < 0 ? floor + static_cast<double>(size) : floor;
    return from_start == static_cast<double>(position);
}

}  // namespace

Outcome<Value> Evaluator::filter(const Node& predicate, Value input, Frame* frame) {
    if (input.is_undefined()) return input;
    const Array items = elements_of(input);
    const bool is_tuple = items.source == Array::Source::tuples;
    Collector<Tuple> tuples{arena_};
    Elements found{arena_};
    const auto keep = [&](std::size_t i) {
        if (is_tuple) {
            tuples.push(items.tuples[i]);
        } else {
            found.push(items[i]);
        }
    };
    if (predicate.kind == NodeKind::number ||
        (predicate.kind == NodeKind::negation && predicate.is_set)) {
        double index = std::floor(predicate.number);
        if (index < 0) index += static_cast<double>(items.size);
        if (index >= 0 && index < static_cast<double>(items.size)) {
            const auto position = static_cast<std::size_t>(index);
            if (!is_tuple && items[position].is_array()) return items[position];
            keep(position);
        }
    } else {
        for (std::size_t i = 0; i < items.size; ++i) {
            SW_TRY(const bool is_accepted, accepts(predicate, items, i, frame));
            if (is_accepted) keep(i);
        }
    }
    return is_tuple ? tuple_stream(tuples) : found.sequence(arena_);
}

// A predicate that gives numbers names positions; any other one is a condition.
Outcome<bool> Evaluator::accepts(const Node& predicate, const Array& items, std::size_t index,
                                 Frame* frame) {
    SW_TRY(const Value result, evaluate(predicate, items[index], item_frame(items, index, frame)));
    const Array values = elements_of(result);
    bool is_numbers = values.size > 0 || result.is_array();
    for (std::size_t i = 0; i < values.size && is_numbers; ++i) is_numbers = values[i].is_number();
    if (!is_numbers || values.size == 0) return is_true(result, steps_left_);
    if (!spend(values.size)) return Failed{};
    for (std::size_t i = 0; i < values.size; ++i) {
        if (is_position(values[i].number(), index, items.size)) return true;
    }
    return false;
}

// ---- names and wildcards
// ---------------------------------------------------------------------------

Outcome<Value> Evaluator::name(std::string_view name, Value input) {
    if (!input.is_array()) return member_of(input, name);
    Elements found{arena_};
    if (!lookup_in(name, input, found, json::depth_max)) return Failed{};
    return found.sequence(arena_);
}

Outcome<void> Evaluator::lookup_in(std::string_view name, Value input, Elements& found,
                                   std::size_t levels_left) {
    const Array items = elements_if_array(input);
    if (!spend(items.size)) return Failed{};
    for (std::size_t i = 0; i < items.size; ++i) {
        const Value item = items[i];
        if (!item.is_array()) {
            found.push_flat(member_of(item, name));
        } else if (levels_left > 0 && !lookup_in(name, item, found, levels_left - 1)) {
            return Failed{};
        }
    }
    return {};
}

Outcome<Value> Evaluator::wildcard(Value input) {
    const Array* built = input.built_array();
    if (built != nullptr && built->is_outer_wrapper && built->size > 0) input = (*built)[0];
    Elements found{arena_};
    const auto visit = [&](Value value) -> Outcome<void> {
        if (value.is_array()) return flatten(value, found, json::depth_max);
        found.push(value);
        return spend(1);
    };
    if (input.is_array()) {
        const Array items = elements_if_array(input);
        for (std::size_t i = 0; i < items.size; ++i) {
            if (!visit(items[i])) return Failed{};
        }
    } else if (!each_member(input, [&](std::string_view, Value value) {
                   return visit(value).has_value();
               })) {
        return Failed{};
    }
    return found.sequence(arena_);
}

Outcome<void> Evaluator::flatten(Value value, Elements& found, std::size_t levels_left) {
    if (!value.is_array() || levels_left == 0) {
        found.push_flat(value);
        return spend(1);
    }
    const Array items = elements_if_array(value);
    for (std::size_t i = 0; i < items.size; ++i) {
        if (!flatten(items[i], found, levels_left - 1)) return Failed{};
    }
    return {};
}

Outcome<Value> Evaluator::descendants(Value input) {
    if (input.is_undefined()) return input;
    Elements found{arena_};
    if (!descend(input, found, json::depth_max)) return Failed{};
    if (found.size() == 1) return found.data()[0];
    return found.sequence(arena_);
}

Outcome<void> Evaluator::descend(Value value, Elements& found, std::size_t levels_left) {
    if (!spend(1)) return Failed{};
    if (!value.is_array()) found.push(value);
    if (levels_left == 0) return {};
    const Array items = elements_if_array(value);
    for (std::size_t i = 0; i < items.size; ++i) {
        if (!descend(items[i], found, levels_left - 1)) return Failed{};
    }
    const bool is_done = each_member(value, [&](std::string_view, Value member) {
        return descend(member, found, levels_left - 1).has_value();
    });
    if (!is_done) return Failed{};
    return {};
}

}  // namespace stepwell::asl::jsonata
