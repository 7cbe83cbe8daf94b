// Evaluates a program over values. Known to this folder only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/expression.hpp"
#include "asl/jsonata/function.hpp"
#include "asl/jsonata/program.hpp"
#include "asl/jsonata/value.hpp"
#include "base/random.hpp"

namespace stepwell::asl::jsonata {

/// Where the stack ends now.
inline const char* stack_position() noexcept {
    return static_cast<const char*>(__builtin_frame_address(0));
}

/// What a range makes at most, in elements.
inline constexpr double range_elements_max = 1e7;

/// One evaluation. The first failure is kept, and everything returns at once.
///
/// threads  one
class Evaluator {
 public:
    Evaluator(Dialect dialect, std::optional<json::Value> input,
              std::span<const BoundVariable> variables, const Options& options);

    Outcome<Value> run(const Node& root);
    /// Valid once something has failed.
    const ExpressionError& error() const noexcept { return error_; }

    // ---- for the functions of the library
    // ----------------------------------------------------------

    Arena& arena() noexcept { return arena_; }
    const Options& options() const noexcept { return options_; }
    Random& random() noexcept { return options_.random != nullptr ? *options_.random : random_; }

    /// Notes the error; the caller returns what this gives.
    Failed fail(std::string_view code, const ErrorDetails& details = {});
    Failed fail(const ExpressionError& error);
    /// Takes `steps` from what is left; fails when a limit is reached.
    Outcome<void> spend(std::size_t steps);
    /// Whether a text may have so many bytes.
    Outcome<void> require_bytes(std::size_t bytes);
    /// Takes memory that lies outside of the arena from its share.
    Outcome<void> charge(std::size_t bytes);
    std::size_t& steps_left() noexcept { return steps_left_; }
    bool equals(Value a, Value b) noexcept { return equal(a, b, steps_left_); }
    bool holds(Value value) noexcept { return is_true(value, steps_left_); }

    /// Calls a function.
    Outcome<Value> apply(Value function, std::span<const Value> arguments, Value context);
    /// Calls it with a value, its position and the whole array, or as many of them as it takes.
    Outcome<Value> apply_to_element(Value function, Value value, Value position, Value whole);
    /// How many arguments a function declares.
    static std::size_t arity_of(const Function& function) noexcept;

    /// Evaluates a text that an expression made ($eval).
    Outcome<Value> evaluate_text(std::string_view text, Value input, Frame* frame);
    /// The match of `regex` at or behind byte `from`, before which there are `units_from` UTF-16
    /// units, as an object; undefined when there is none.
    Outcome<Value> match(const Regex& regex, std::string_view text, std::size_t from,
                         std::size_t units_from);

    Value copy(std::string_view text);
    /// The root of a document that lives as long as the evaluation.
    Value keep(json::Document document);
    /// The value as $string writes it.
    Outcome<Value> text_of(Value value);
    /// The value as JSON, as $string writes arrays and objects.
    Outcome<Value> json_text_of(Value value, bool is_pretty);
    /// The text of `a` with that of `b` behind it. Appending to what was made last copies only `b`.
    Outcome<Value> concatenate(std::string_view a, std::string_view b);
    /// The elements of both; appending to what was made last copies only those of `b`.
    Outcome<Value> append(Value a, Value b);
    /// A copy that shares no array or object with `value`, and that may be changed.
    Outcome<Value> clone(Value value, std::size_t levels_left = json::depth_max);

 private:
    // evaluator.cpp
    Outcome<Value> evaluate(const Node& node, Value input, Frame* frame);
    Outcome<Value> evaluate_kind(const Node& node, Value input, Frame* frame);
    Outcome<Value> finish(const Node& node, Value value, Frame* frame);
    Value variable(const Node& node, Value input, Frame* frame);
    std::optional<Value> lookup(std::string_view name, Frame* frame);
    std::optional<Value> surroundings(std::string_view name);
    Frame* new_frame(Frame* parent, Binding* bindings = nullptr);
    void bind(Frame& frame, std::string_view name, Value value);
    Outcome<Value> block(const Node& node, Value input, Frame* frame);
    Outcome<Value> array(const Node& node, Value input, Frame* frame);

    // path.cpp
    Outcome<Value> path(const Node& node, Value input, Frame* frame);
    Outcome<Value> plain_step(const Node& path, std::size_t i, Value current, Frame* frame);
    Outcome<Value> step(const Node& node, const Array& items, Frame* frame, bool is_last);
    Outcome<Value> flattened(const Elements& results, bool is_last);
    Outcome<Value> tuple_step(const Node& node, Value input, Frame* frame);
    Outcome<void> tuples_of(const Node& node, const Tuple& tuple, Frame* frame,
                            Collector<Tuple>& found);
    Value tuple_stream(const Collector<Tuple>& tuples);
    Outcome<Value> stages(const Node& node, Value input, Frame* frame);
    Outcome<Value> filter(const Node& predicate, Value input, Frame* frame);
    Outcome<bool> accepts(const Node& predicate, const Array& items, std::size_t index,
                          Frame* frame);
    Value with_keeping(Value sequence);
    Frame* item_frame(const Array& items, std::size_t index, Frame* frame);
    Outcome<Value> name(std::string_view name, Value input);
    Outcome<void> lookup_in(std::string_view name, Value input, Elements& found,
                            std::size_t levels_left);
    Outcome<Value> wildcard(Value input);
    Outcome<Value> descendants(Value input);
    Outcome<void> descend(Value value, Elements& found, std::size_t levels_left);
    Outcome<void> flatten(Value value, Elements& found, std::size_t levels_left);

    // grouping.cpp
    class Sorting;
    Outcome<Value> sort(const Node& node, Value input, Frame* frame);
    Outcome<Value> object_of(const Group& members, Value context, Frame* frame);
    Outcome<Value> group_path(const Group& members, Value input, Frame* frame);
    Tuple merged(std::span<const Tuple> tuples);

    // operators.cpp
    Outcome<Value> negation(const Node& node, Value input, Frame* frame);
    Outcome<Value> binary(const Node& node, Value input, Frame* frame);
    Outcome<Value> arithmetic(Operation operation, Value left, Value right);
    Outcome<Value> comparison(Operation operation, Value left, Value right);
    Outcome<Value> logical(const Node& node, Value input, Frame* frame);
    Outcome<Value> inclusion(Value left, Value right);
    Outcome<Value> range(const Node& node, Value input, Frame* frame);
    Outcome<Value> condition(const Node& node, Value input, Frame* frame);
    Outcome<Value> fallback(const Node& node, Value input, Frame* frame);

    // calls.cpp
    Outcome<Value> call(const Node& node, Value input, Frame* frame, const Value* applied);
    Outcome<Value> partial(const Node& node, Value input, Frame* frame);
    Outcome<Value> chain(const Node& node, Value input, Frame* frame);
    Outcome<Value> apply_once(Value function, std::span<const Value> arguments, Value context,
                              Frame* frame);
    Outcome<Value> apply_lambda(const Lambda& lambda, std::span<const Value> arguments,
                                Value context);
    Outcome<Value> apply_partial(const Partial& partial, std::span<const Value> arguments,
                                 Value context);
    Outcome<Value> apply_transform(const Transform& transform, Value value);
    Outcome<void> update(const Node& node, Value match, Frame* frame);
    Failed not_a_function(const Node& procedure, bool is_partial, Frame* frame);

    const Dialect dialect_;
    const Options& options_;
    const std::span<const BoundVariable> variables_;
    Value input_;
    Frame root_;
    Arena arena_;
    Random random_{0};
    std::size_t depth_ = 0;
    std::size_t steps_left_;
    std::size_t steps_to_deadline_check_;
    const char* const stack_limit_;
    ExpressionError error_;
    bool has_failed_ = false;
    std::vector<std::unique_ptr<const Program>> programs_;  // of $eval
    std::vector<json::Document> documents_;                 // of $parse

    // What may be grown in place: the text or the elements made last, with room behind them.
    struct Growing {
        const void* start = nullptr;
        std::size_t size = 0;
        std::size_t capacity = 0;
    };
    Growing growing_text_;
    Growing growing_elements_;
};

}  // namespace stepwell::asl::jsonata
