// Operators.
#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/serialization.hpp"
#include "base/try.hpp"

#include <cmath>

namespace stepwell::asl::jsonata {

namespace {

bool is_integer(Value value) {
    return value.is_number() && std::isfinite(value.number()) &&
           std::floor(value.number()) == value.number();
}

}  // namespace

Outcome<Value> Evaluator::negation(const Node& node, Value input, Frame* frame) {
    if (node.is_set) return Value::of(node.number);  // of a literal
    SW_TRY(const Value value, evaluate(*node.operands[0], input, frame));
    if (value.is_undefined()) return value;
    if (!value.is_number()) return fail("D1002", {.token = "-", .value = short_text_of(value)});
    return Value::of(-value.number());
}

Outcome<Value> Evaluator::binary(const Node& node, Value input, Frame* frame) {
    const Operation operation = node.operation;
    if (operation == Operation::logical_and || operation == Operation::logical_or) {
        return logical(node, input, frame);
    }
    SW_TRY(const Value left, evaluate(*node.operands[0], input, frame));
    SW_TRY(const Value right, evaluate(*node.operands[1], input, frame));
    switch (operation) {
        case Operation::equal:
        case Operation::not_equal:
            if (left.is_undefined() || right.is_undefined()) return Value::of(false);
            return Value::of(equal(left, right, steps_left_) == (operation == Operation::equal));
        case Operation::less:
        case Operation::less_equal:
        case Operation::greater:
        case Operation::greater_equal:
            return comparison(operation, left, right);
        case Operation::concatenate: {
            SW_TRY(const Value first, text_of(left));
            SW_TRY(const Value second, text_of(right));
            return concatenate(first.is_undefined() ? "" : first.string(),
                               second.is_undefined() ? "" : second.string());
        }
        case Operation::in:
            return inclusion(left, right);
        default:
            return arithmetic(operation, left, right);
    }
}

Outcome<Value> Evaluator::arithmetic(Operation operation, Value left, Value right) {
    const std::string_view token = jsonata::text_of(operation);
    if (!left.is_undefined() && !left.is_number()) {
        return fail("T2001", {.token = token, .value = short_text_of(left)});
    }
    if (!right.is_undefined() && !right.is_number()) {
        return fail("T2002", {.token = token, .value = short_text_of(right)});
    }
    if (left.is_undefined() || right.is_undefined()) return Value{};
    const double a = left.number();
    const double b = right.number();
    // What is out of range may be computed, but not be computed with.
    if (!std::isfinite(a)) return fail("D1001", {.value = number_text(a)});
    if (!std::isfinite(b)) return fail("D1001", {.value = number_text(b)});
    switch (operation) {
        case Operation::add:
            return Value::of(a + b);
        case Operation::subtract:
            return Value::of(a - b);
        case Operation::multiply:
            return Value::of(a * b);
        case Operation::divide:
            return Value::of(a / b);
        default:
            return Value::of(std::fmod(a, b));
    }
}

Outcome<Value> Evaluator::comparison(Operation operation, Value left, Value right) {
    const std::string_view token = jsonata::text_of(operation);
    const auto is_comparable = [](Value value) {
        return value.is_undefined() || value.is_number() || value.is_string();
    };
    if (!is_comparable(left) || !is_comparable(right)) return fail("T2010", {.token = token});
    if (left.is_undefined() || right.is_undefined()) return Value{};
    if (left.kind() != right.kind()) return fail("T2009", {.token = token});
    const auto holds = [operation](const auto& a, const auto& b) {
        switch (operation) {
            case Operation::less:
                return a < b;
            case Operation::less_equal:
                return a <= b;
            case Operation::greater:
                return a > b;
            default:
                return a >= b;
        }
    };
    return Value::of(left.is_number() ? holds(left.number(), right.number())
                                      : holds(left.string(), right.string()));
}

Outcome<Value> Evaluator::logical(const Node& node, Value input, Frame* frame) {
    SW_TRY(const Value left, evaluate(*node.operands[0], input, frame));
    const bool decides = node.operation == Operation::logical_or;
    if (is_true(left, steps_left_) == decides) return Value::of(decides);
    SW_TRY(const Value right, evaluate(*node.operands[1], input, frame));
    return Value::of(is_true(right, steps_left_));
}

// Texts, numbers and the like by value; arrays and objects are never in.
Outcome<Value> Evaluator::inclusion(Value left, Value right) {
    if (left.is_undefined() || right.is_undefined()) return Value::of(false);
    const Array items = elements_of(right);
    if (!spend(items.size)) return Failed{};
    if (left.is_array() || left.is_object()) return Value::of(false);
    for (std::size_t i = 0; i < items.size; ++i) {
        if (equal(left, items[i], steps_left_)) return Value::of(true);
    }
    return Value::of(false);
}

Outcome<Value> Evaluator::range(const Node& node, Value input, Frame* frame) {
    SW_TRY(const Value first, evaluate(*node.operands[0], input, frame));
    SW_TRY(const Value last, evaluate(*node.operands[1], input, frame));
    if (!first.is_undefined() && !is_integer(first)) {
        return fail("T2003", {.value = short_text_of(first)});
    }
    if (!last.is_undefined() && !is_integer(last)) {
        return fail("T2004", {.value = short_text_of(last)});
    }
    if (first.is_undefined() || last.is_undefined()) return Value{};
    if (first.number() > last.number()) return Value{};
    const double size = last.number() - first.number() + 1;
    if (size > range_elements_max) return fail("D2014", {.value = short_text_of(Value::of(size))});
    Array array;
    array.source = Array::Source::range;
    array.is_sequence = true;
    array.keeps_singleton = true;
    array.size = static_cast<std::size_t>(size);
    array.first = first.number();
    return Value::of(arena_.make(array));
}

Outcome<Value> Evaluator::condition(const Node& node, Value input, Frame* frame) {
    SW_TRY(const Value condition, evaluate(*node.operands[0], input, frame));
    if (is_true(condition, steps_left_)) return evaluate(*node.operands[1], input, frame);
    if (node.operands.size() < 3) return Value{};
    return evaluate(*node.operands[2], input, frame);
}

Outcome<Value> Evaluator::fallback(const Node& node, Value input, Frame* frame) {
    SW_TRY(const Value value, evaluate(*node.operands[0], input, frame));
    const bool is_wanted = node.is_set ? !value.is_undefined() : is_true(value, steps_left_);
    if (is_wanted) return value;
    return evaluate(*node.operands[1], input, frame);
}

}  // namespace stepwell::asl::jsonata
