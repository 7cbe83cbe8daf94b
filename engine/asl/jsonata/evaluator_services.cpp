// What functions of the library ask of the evaluator.
#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/parser.hpp"
#include "asl/jsonata/serialization.hpp"
#include "asl/jsonata/text.hpp"
#include "base/try.hpp"

#include <cmath>

namespace stepwell::asl::jsonata {

Value Evaluator::copy(std::string_view text) {
    char* const bytes = arena_.try_array<char>(text.size());
    if (bytes == nullptr || text.empty()) return Value::of(std::string_view{""});
    std::memcpy(bytes, text.data(), text.size());
    return Value::of(std::string_view{bytes, text.size()});
}

Value Evaluator::keep(json::Document document) {
    documents_.push_back(std::move(document));
    return Value::of(documents_.back().root());
}

Outcome<Value> Evaluator::text_of(Value value) {
    switch (value.kind()) {
        case Kind::undefined:
        case Kind::string:
            return value;
        case Kind::function:
            return Value::of(std::string_view{""});
        case Kind::number:
            if (!std::isfinite(value.number())) return fail("D3001");
            return copy(number_text(rounded_to_15_digits(value.number())));
        default:
            break;
    }
    return json_text_of(value, false);
}

Outcome<Value> Evaluator::json_text_of(Value value, bool is_pretty) {
    std::string text;
    const std::size_t bytes_max = options_.text_bytes_max;
    const Unwritable problem = append_json(
        text, value, {.is_pretty = is_pretty, .is_rounded = true, .bytes_max = bytes_max});
    if (problem == Unwritable::out_of_range) return fail("D1001", {.value = "Infinity"});
    if (problem == Unwritable::too_large) {
        return fail("U1001", {.value = "A value is too large or nested too deeply for a text"});
    }
    if (!spend(text.size() / 16)) return Failed{};
    return copy(text);
}

Outcome<Value> Evaluator::concatenate(std::string_view a, std::string_view b) {
    if (b.empty()) return Value::of(a);
    if (a.empty()) return Value::of(b);
    const std::size_t size = a.size() + b.size();
    if (!require_bytes(size)) return Failed{};
    const bool can_grow = a.data() == growing_text_.start && a.size() == growing_text_.size &&
                          size <= growing_text_.capacity;
    if (can_grow) {
        std::memcpy(const_cast<char*>(a.data()) + a.size(), b.data(), b.size());
        growing_text_.size = size;
        return Value::of(std::string_view{a.data(), size});
    }
    // Short texts are seldom grown; keeping the track of a long one is worth more.
    constexpr std::size_t growing_bytes_min = 64;
    const bool is_growing = size >= growing_bytes_min;
    const std::size_t capacity = is_growing ? 2 * size : size;
    char* const bytes = arena_.try_array<char>(capacity);
    if (bytes == nullptr) return fail("U1001", {.value = "The expression takes too much memory"});
    std::memcpy(bytes, a.data(), a.size());
    std::memcpy(bytes + a.size(), b.data(), b.size());
    if (is_growing) growing_text_ = {bytes, size, capacity};
    return Value::of(std::string_view{bytes, size});
}

Outcome<Value> Evaluator::append(Value a, Value b) {
    if (a.is_undefined()) return b;
    if (b.is_undefined()) return a;
    const Array left = elements_of(a);
    const Array right = elements_of(b);
    const std::size_t size = left.size + right.size;
    if (!spend(right.size)) return Failed{};
    const bool can_grow = left.source == Array::Source::values &&
                          left.values == growing_elements_.start &&
                          left.size == growing_elements_.size && size <= growing_elements_.capacity;
    Value* elements = can_grow ? const_cast<Value*>(left.values) : nullptr;
    if (!can_grow) {
        const std::size_t capacity = 2 * size + 2;
        elements = arena_.try_array<Value>(capacity);
        if (elements == nullptr)
            return fail("U1001", {.value = "The expression takes too much memory"});
        for (std::size_t i = 0; i < left.size; ++i) elements[i] = left[i];
        growing_elements_ = {elements, size, capacity};
    }
    for (std::size_t i = 0; i < right.size; ++i) elements[left.size + i] = right[i];
    growing_elements_.size = size;
    Array array;
    array.size = size;
    array.values = elements;
    return Value::of(arena_.make(array));
}

Outcome<Value> Evaluator::clone(Value value, std::size_t levels_left) {
    if (!spend(1)) return Failed{};
    if (levels_left == 0)
        return fail("U1001", {.value = "A value is nested too deeply to be copied"});
    if (value.is_array()) {
        Elements elements{arena_};
        const Array source = elements_of(value);
        for (std::size_t i = 0; i < source.size; ++i) {
            SW_TRY(const Value element, clone(source[i], levels_left - 1));
            elements.push(element);
        }
        return elements.array(arena_);
    }
    if (!value.is_object()) return value;
    Object* const object = arena_.make(Object{});
    const bool is_whole = each_member(value, [&](std::string_view key, Value member) {
        const Outcome<Value> copied = clone(member, levels_left - 1);
        if (copied) object->set(arena_, key, *copied);
        return copied.has_value();
    });
    if (!is_whole) return Failed{};
    return Value::of(object);
}

// ---- texts that are expressions
// ---------------------------------------------------------------------

Outcome<Value> Evaluator::evaluate_text(std::string_view text, Value input, Frame* frame) {
    constexpr std::size_t bytes_per_byte = 200;  // a node for every other character
    if (!charge(text.size() * bytes_per_byte)) return Failed{};
    ExpressionError wrong;
    std::unique_ptr<const Program> program = parse(text, dialect_, wrong);
    if (program == nullptr) return fail("D3120", {.value = wrong.message});
    const Node& root = *program->root;
    programs_.push_back(std::move(program));
    Outcome<Value> result = evaluate(root, input, frame);
    const bool is_limit = error_.code == "U1001";
    if (!result && !is_limit) {
        error_ = make_error("D3121", {.value = error_.message}, ExpressionError::nowhere);
    }
    if (!result) error_.position = ExpressionError::nowhere;  // it was one in the inner text
    return result;
}

// ---- regular expressions
// ---------------------------------------------------------------------------

Outcome<Value> Evaluator::match(const Regex& regex, std::string_view text, std::size_t from,
                                std::size_t units_from) {
    if (!spend(1)) return Failed{};
    Regex::Match found;
    const Regex::Found result = regex.search(text, from, found, steps_left_);
    if (result == Regex::Found::too_costly) {
        return fail("U1001", {.value = "A regular expression takes too many steps"});
    }
    if (result == Regex::Found::no) return Value{};
    const auto part = [&](Regex::Span span) {
        return Value::of(text.substr(span.begin, span.end - span.begin));
    };
    Elements groups{arena_};
    for (const Regex::Span group : found.groups) {
        groups.push(group.is_there() ? part(group) : Value{});
    }
    Object* const object = arena_.make(Object{});
    const std::size_t before =
        units_from + text::utf16_length(text.substr(from, found.whole.begin - from));
    const Value whole = part(found.whole);
    object->set(arena_, "match", whole);
    object->set(arena_, "start", Value::of(before));
    const std::size_t behind = before + text::utf16_length(whole.string());
    object->set(arena_, "end", Value::of(behind));
    object->set(arena_, "groups", groups.array(arena_));
    const NextMatch next{{Function::Kind::next_match}, &regex, text, found.whole.end, behind};
    object->set(arena_, "next", Value::of(arena_.make(next)));
    return Value::of(object);
}

}  // namespace stepwell::asl::jsonata
