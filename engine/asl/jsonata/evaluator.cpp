#include "asl/jsonata/evaluator.hpp"

#include <chrono>

#include "asl/jsonata/parser.hpp"
#include "asl/jsonata/serialization.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

constexpr std::size_t steps_between_deadline_checks = 1024;

}  // namespace

Evaluator::Evaluator(Dialect dialect, std::optional<json::Value> input,
                     std::span<const BoundVariable> variables, const Options& options)
    : dialect_(dialect),
      options_(options),
      variables_(variables),
      input_(input ? Value::of(*input) : Value{}),
      arena_(options.bytes_max),
      steps_left_(options.steps_max),
      steps_to_deadline_check_(options.steps_max),
      stack_limit_(stack_position() - options.stack_bytes_max) {}

Outcome<Value> Evaluator::run(const Node& root) {
    Value input = input_;
    if (input.is_array()) {  // a path looks at the array itself first, then at its elements
        Array wrapper;
        wrapper.is_sequence = true;
        wrapper.is_outer_wrapper = true;
        wrapper.size = 1;
        wrapper.values = arena_.make(input);
        input = Value::of(arena_.make(wrapper));
    }
    const Outcome<Value> result = evaluate(root, input, &root_);
    if (result && steps_left_ == 0) return spend(1).error();  // a comparison may have stopped early
    return result;
}

// ---- limits and errors
// -----------------------------------------------------------------------------

Failed Evaluator::fail(std::string_view code, const ErrorDetails& details) {
    return fail(make_error(code, details, ExpressionError::nowhere));
}

Failed Evaluator::fail(const ExpressionError& error) {
    if (!has_failed_) error_ = error;
    has_failed_ = true;
    return {};
}

Outcome<void> Evaluator::spend(std::size_t steps) {
    if (steps > steps_left_) {
        steps_left_ = 0;
        return fail("U1001",
                    {.value = "The expression takes too many steps: check for an infinite loop"});
    }
    steps_left_ -= steps;
    if (options_.deadline && steps_left_ < steps_to_deadline_check_) {
        steps_to_deadline_check_ = steps_left_ > steps_between_deadline_checks
                                       ? steps_left_ - steps_between_deadline_checks
                                       : 0;
        if (std::chrono::steady_clock::now() > *options_.deadline) {
            return fail("U1001",
                        {.value = "The expression takes too long: check for an infinite loop"});
        }
    }
    if (arena_.is_exhausted())
        return fail("U1001", {.value = "The expression takes too much memory"});
    return {};
}

Outcome<void> Evaluator::require_bytes(std::size_t bytes) {
    if (bytes <= options_.text_bytes_max) return {};
    return fail("U1001", {.value = "The expression makes too long a text"});
}

Outcome<void> Evaluator::charge(std::size_t bytes) {
    arena_.charge(bytes);
    return spend(0);
}

// ---- evaluating
// ------------------------------------------------------------------------------------

Outcome<Value> Evaluator::evaluate(const Node& node, Value input, Frame* frame) {
    if (depth_ >= options_.depth_max || stack_position() < stack_limit_) {
        return fail("U1001",
                    {.value = "The expression is nested too deeply: check for a function "
                              "that calls itself without end, or whose calls of itself are "
                              "not the last thing that it does"});
    }
    if (!spend(1)) return Failed{};
    ++depth_;
    Outcome<Value> result = evaluate_kind(node, input, frame);
    --depth_;
    const bool is_plain = node.predicates.empty() && node.group == nullptr;
    if (result && (!is_plain || result->built_array() != nullptr)) {
        result = finish(node, *result, frame);
    }
    if (!result && error_.position == ExpressionError::nowhere) error_.position = node.position;
    return result;
}

Outcome<Value> Evaluator::evaluate_kind(const Node& node, Value input, Frame* frame) {
    switch (node.kind) {
        case NodeKind::string:
            return Value::of(node.text);
        case NodeKind::number:
            return Value::of(node.number);
        case NodeKind::boolean:
            return Value::of(node.is_set);
        case NodeKind::null:
            return Value::null();
        case NodeKind::regex:
            return Value::of(arena_.make(RegexFunction{{Function::Kind::regex}, node.regex.get()}));
        case NodeKind::name:
            return name(node.text, input);
        case NodeKind::wildcard:
            return wildcard(input);
        case NodeKind::descendants:
            return descendants(input);
        case NodeKind::parent:
            return lookup(node.slot->label, frame).value_or(Value{});
        case NodeKind::variable:
            return variable(node, input, frame);
        case NodeKind::path:
            return path(node, input, frame);
        case NodeKind::negation:
            return negation(node, input, frame);
        case NodeKind::binary:
            return binary(node, input, frame);
        case NodeKind::range:
            return range(node, input, frame);
        case NodeKind::array:
            return array(node, input, frame);
        case NodeKind::object:
            return group_path(*node.group, input, frame);
        case NodeKind::block:
            return block(node, input, frame);
        case NodeKind::condition:
            return condition(node, input, frame);
        case NodeKind::fallback:
            return fallback(node, input, frame);
        case NodeKind::bind: {
            SW_TRY(const Value value, evaluate(*node.operands[0], input, frame));
            bind(*frame, node.text, value);
            return value;
        }
        case NodeKind::apply:
            return chain(node, input, frame);
        case NodeKind::call:
            return call(node, input, frame, nullptr);
        case NodeKind::partial:
            return partial(node, input, frame);
        case NodeKind::lambda:
            return Value::of(arena_.make(Lambda{{Function::Kind::lambda}, &node, frame, input}));
        case NodeKind::transform:
            return Value::of(arena_.make(Transform{{Function::Kind::transform}, &node, frame}));
        case NodeKind::sort:
            return sort(node, input, frame);
    }
    return Value{};
}

// Predicates, grouping, and what becomes of a sequence of none or one.
Outcome<Value> Evaluator::finish(const Node& node, Value value, Frame* frame) {
    for (const Stage& predicate : node.predicates) {
        SW_TRY(value, filter(*predicate.filter, value, frame));
    }
    if (node.group != nullptr && node.kind != NodeKind::path && node.kind != NodeKind::object) {
        SW_TRY(value, group_path(*node.group, value, frame));
    }
    if (!is_sequence(value) || is_tuple_stream(value)) return value;
    const Array& sequence = *value.built_array();
    if (sequence.size == 0) return Value{};
    if (node.keeps_array && !sequence.keeps_singleton) return with_keeping(value);
    return sequence.size == 1 && !sequence.keeps_singleton ? sequence[0] : value;
}

// ---- variables
// -------------------------------------------------------------------------------------

Frame* Evaluator::new_frame(Frame* parent, Binding* bindings) {
    return arena_.make(Frame{parent, bindings});
}

void Evaluator::bind(Frame& frame, std::string_view name, Value value) {
    for (Binding* binding = frame.bindings; binding != nullptr; binding = binding->next) {
        if (binding->name == name) {
            binding->value = value;
            return;
        }
    }
    frame.bindings = arena_.make(Binding{name, value, frame.bindings});
}

std::optional<Value> Evaluator::lookup(std::string_view name, Frame* frame) {
    for (; frame != nullptr; frame = frame->parent) {
        for (const Binding* binding = frame->bindings; binding != nullptr;
             binding = binding->next) {
            if (binding->name == name) return binding->value;
        }
    }
    return surroundings(name);
}

// What the caller has bound.
std::optional<Value> Evaluator::surroundings(std::string_view name) {
    for (const BoundVariable& variable : variables_) {
        if (variable.name != name) continue;
        if (const auto* value = std::get_if<json::Value>(&variable.value)) return Value::of(*value);
        Object* const object = arena_.make(Object{});
        for (const NamedValue& member : std::get<std::span<const NamedValue>>(variable.value)) {
            object->set(arena_, member.name, Value::of(member.value));
        }
        return Value::of(object);
    }
    return std::nullopt;
}

Value Evaluator::variable(const Node& node, Value input, Frame* frame) {
    if (node.text.empty()) {
        const Array* wrapper = input.built_array();
        return wrapper != nullptr && wrapper->is_outer_wrapper ? (*wrapper)[0] : input;
    }
    if (node.text == "$") return input_;
    if (const auto bound = lookup(node.text, frame)) return *bound;
    return node.builtin != nullptr ? Value::of(node.builtin) : Value{};
}

// ---- constructors
// ----------------------------------------------------------------------------------

Outcome<Value> Evaluator::block(const Node& node, Value input, Frame* frame) {
    Frame* const inner = new_frame(frame);
    Value result;
    for (const Node* expression : node.operands) {
        SW_TRY(result, evaluate(*expression, input, inner));
    }
    return result;
}

Outcome<Value> Evaluator::array(const Node& node, Value input, Frame* frame) {
    Elements elements{arena_};
    for (const Node* operand : node.operands) {
        SW_TRY(const Value value, evaluate(*operand, input, frame));
        const bool is_only_range = operand->kind == NodeKind::range && node.operands.size() == 1;
        if (is_only_range && value.built_array() != nullptr) {  // its elements are not written out
            Array array = *value.built_array();
            array.is_sequence = false;
            array.is_constructed = node.is_constructed;
            return Value::of(arena_.make(array));
        }
        if (operand->kind == NodeKind::array) {
            elements.push(value);
        } else {
            if (value.is_array() && !spend(elements_if_array(value).size)) return Failed{};
            elements.push_flat(value);
        }
    }
    Array array = *elements.array(arena_).built_array();
    array.is_constructed = node.is_constructed;
    return Value::of(arena_.make(array));
}

}  // namespace stepwell::asl::jsonata
