// Calling functions of every kind.
#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/serialization.hpp"
#include "asl/jsonata/text.hpp"
#include "base/try.hpp"

#include <algorithm>

namespace stepwell::asl::jsonata {

namespace {

std::string_view name_of(const Node& procedure) {
    if (procedure.kind == NodeKind::path) return procedure.operands.front()->text;
    return procedure.text;
}

}  // namespace

Failed Evaluator::not_a_function(const Node& procedure, bool is_partial, Frame* frame) {
    const std::string_view name = name_of(procedure);
    const bool is_name = procedure.kind == NodeKind::path && !name.empty();
    const bool is_known =
        is_name && (lookup(name, frame).has_value() || find_builtin(name, dialect_) != nullptr);
    if (is_known) return fail(is_partial ? "T1007" : "T1005", {.token = name});
    return fail(is_partial ? "T1008" : "T1006", {.token = name});
}

Outcome<Value> Evaluator::call(const Node& node, Value input, Frame* frame, const Value* applied) {
    const Node& procedure = *node.operands[0];
    SW_TRY(const Value function, evaluate(procedure, input, frame));
    if (function.is_undefined()) return not_a_function(procedure, false, frame);
    Collector<Value> arguments{arena_};
    if (applied != nullptr) arguments.push(*applied);
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
        SW_TRY(const Value argument, evaluate(*node.operands[i], input, frame));
        arguments.push(argument);
    }
    if (!function.is_function()) return fail("T1006", {.token = name_of(procedure)});
    const bool is_lambda = function.function()->kind == Function::Kind::lambda;
    if (node.is_tail_call && is_lambda) {
        return Value::of(arena_.make(TailCall{function, arguments.all(), input}));
    }
    SW_TRY(Value result, apply_once(function, arguments.all(), input, frame));
    while (result.is_tail_call()) {
        const TailCall& tail = *result.tail_call();
        SW_TRY(result, apply_once(tail.function, tail.arguments, tail.context, frame));
    }
    return result;
}

Outcome<Value> Evaluator::apply(Value function, std::span<const Value> arguments, Value context) {
    SW_TRY(Value result, apply_once(function, arguments, context, &root_));
    while (result.is_tail_call()) {
        const TailCall& tail = *result.tail_call();
        SW_TRY(result, apply_once(tail.function, tail.arguments, tail.context, &root_));
    }
    return result;
}

Outcome<Value> Evaluator::apply_once(Value value, std::span<const Value> arguments, Value context,
                                     Frame* frame) {
    if (!value.is_function()) return fail("T1006");
    if (stack_position() < stack_limit_) {
        return fail("U1001", {.value = "The expression is nested too deeply"});
    }
    if (!spend(1)) return Failed{};
    const Function& function = *value.function();
    const auto argument = [&](std::size_t i) {
        return i < arguments.size() ? arguments[i] : Value{};
    };
    switch (function.kind) {
        case Function::Kind::builtin: {
            const auto& builtin = static_cast<const Builtin&>(function);
            const Array* wrapper = context.built_array();
            if (wrapper != nullptr && wrapper->is_outer_wrapper) context = (*wrapper)[0];
            SW_TRY(arguments, builtin.signature->apply(*this, arguments, context, builtin.name));
            return builtin.body(Call{*this, arguments, context, frame});
        }
        case Function::Kind::lambda:
            return apply_lambda(static_cast<const Lambda&>(function), arguments, context);
        case Function::Kind::partial:
            return apply_partial(static_cast<const Partial&>(function), arguments, context);
        case Function::Kind::composition: {
            const auto& composition = static_cast<const Composition&>(function);
            SW_TRY(const Value first, apply(composition.first, arguments, context));
            return apply(composition.second, {&first, 1}, context);
        }
        case Function::Kind::regex: {
            if (!argument(0).is_string()) return fail("T1006");
            const std::string_view text = argument(0).string();
            const auto from = argument(1).is_number() ? argument(1).number() : 0;
            const auto start = from > 0 ? static_cast<std::size_t>(std::min(from, 4e9)) : 0;
            const std::size_t offset = text::offset_of(text, start);
            return match(*static_cast<const RegexFunction&>(function).regex, text, offset,
                         text::utf16_length(text.substr(0, offset)));
        }
        case Function::Kind::next_match: {
            const auto& next = static_cast<const NextMatch&>(function);
            if (next.from >= next.text.size()) return Value{};
            SW_TRY(const Value found, match(*next.regex, next.text, next.from, next.units_from));
            const Value whole = member_of(found, "match");
            if (whole.is_string() && whole.string().empty()) return fail("D1004");
            return found;
        }
        case Function::Kind::transform:
            return apply_transform(static_cast<const Transform&>(function), argument(0));
    }
    return Value{};
}

Outcome<Value> Evaluator::apply_lambda(const Lambda& lambda, std::span<const Value> arguments,
                                       Value context) {
    const Node& node = *lambda.node;
    if (node.signature != nullptr) {
        SW_TRY(arguments, node.signature->apply(*this, arguments, context, "lambda"));
    }
    Frame* const frame = new_frame(lambda.frame);
    for (std::size_t i = 0; i < node.parameters.size(); ++i) {
        const Value value = i < arguments.size() ? arguments[i] : Value{};
        frame->bindings = arena_.make(Binding{node.parameters[i], value, frame->bindings});
    }
    return evaluate(*node.operands[0], lambda.input, frame);
}

Outcome<Value> Evaluator::partial(const Node& node, Value input, Frame* frame) {
    const Node& procedure = *node.operands[0];
    Collector<Value> arguments{arena_};
    Collector<bool> is_open{arena_};
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
        is_open.push(node.operands[i] == nullptr);
        Value argument;
        if (node.operands[i] != nullptr) {
            SW_TRY(argument, evaluate(*node.operands[i], input, frame));
        }
        arguments.push(argument);
    }
    SW_TRY(const Value function, evaluate(procedure, input, frame));
    if (!function.is_function()) return not_a_function(procedure, true, frame);
    return Value::of(
        arena_.make(Partial{{Function::Kind::partial}, function, arguments.all(), is_open.all()}));
}

Outcome<Value> Evaluator::apply_partial(const Partial& partial, std::span<const Value> arguments,
                                        Value context) {
    Collector<Value> all{arena_};
    std::size_t next = 0;
    for (std::size_t i = 0; i < partial.arguments.size(); ++i) {
        Value value = partial.arguments[i];
        if (partial.is_open[i]) value = next < arguments.size() ? arguments[next++] : Value{};
        all.push(value);
    }
    return apply(partial.function, all.all(), context);
}

// `a ~> f`: f with a as its first argument; of two functions, one that calls both in turn.
Outcome<Value> Evaluator::chain(const Node& node, Value input, Frame* frame) {
    SW_TRY(const Value left, evaluate(*node.operands[0], input, frame));
    const Node& right = *node.operands[1];
    if (right.kind == NodeKind::call && right.predicates.empty() && right.group == nullptr) {
        return call(right, input, frame, &left);
    }
    SW_TRY(const Value function, evaluate(right, input, frame));
    if (!function.is_function()) return fail("T2006", {.value = short_text_of(function)});
    if (left.is_function()) {
        return Value::of(arena_.make(Composition{{Function::Kind::composition}, left, function}));
    }
    return apply(function, {&left, 1}, Value{});
}

std::size_t Evaluator::arity_of(const Function& function) noexcept {
    switch (function.kind) {
        case Function::Kind::builtin:
            return static_cast<const Builtin&>(function).arity;
        case Function::Kind::lambda:
            return static_cast<const Lambda&>(function).node->parameters.size();
        case Function::Kind::partial: {
            const auto open = static_cast<const Partial&>(function).is_open;
            return static_cast<std::size_t>(std::count(open.begin(), open.end(), true));
        }
        default:
            return 1;
    }
}

Outcome<Value> Evaluator::apply_to_element(Value function, Value value, Value position,
                                           Value whole) {
    const Value arguments[] = {value, position, whole};
    const std::size_t count =
        function.is_function() ? std::clamp<std::size_t>(arity_of(*function.function()), 1, 3) : 1;
    return apply(function, {arguments, count}, Value{});
}

// ---- transforms
// ------------------------------------------------------------------------------------

Outcome<Value> Evaluator::apply_transform(const Transform& transform, Value value) {
    if (value.is_undefined()) return value;
    if (!value.is_object() && !value.is_array()) {
        return fail("T0410", {.token = "transform", .index = 1});
    }
    const Node& node = *transform.node;
    SW_TRY(const Value result, clone(value));
    SW_TRY(const Value matches, evaluate(*node.operands[0], result, transform.frame));
    if (matches.is_undefined()) return result;
    const Array items = elements_of(matches);
    for (std::size_t i = 0; i < items.size; ++i) {
        if (!update(node, items[i], transform.frame)) return Failed{};
    }
    return result;
}

// What was matched is part of the copy, which nobody else sees yet.
Outcome<void> Evaluator::update(const Node& node, Value match, Frame* frame) {
    Object* const object = match.built_object();
    SW_TRY(const Value changes, evaluate(*node.operands[1], match, frame));
    if (!changes.is_undefined()) {
        if (!changes.is_object()) return fail("T2011", {.value = short_text_of(changes)});
        each_member(changes, [&](std::string_view key, Value value) {
            if (object != nullptr) object->set(arena_, key, value);
            return true;
        });
    }
    if (node.operands.size() < 3) return {};
    SW_TRY(const Value deletions, evaluate(*node.operands[2], match, frame));
    if (deletions.is_undefined()) return {};
    const Array keys = elements_of(deletions);
    for (std::size_t i = 0; i < keys.size; ++i) {
        if (!keys[i].is_string()) return fail("T2012", {.value = short_text_of(deletions)});
    }
    for (std::size_t i = 0; i < keys.size && object != nullptr; ++i)
        object->erase(keys[i].string());
    return {};
}

}  // namespace stepwell::asl::jsonata
