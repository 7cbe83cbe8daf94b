// JSONata expressions: parsed once, evaluated often.
//
// source  docs.jsonata.org (version 2), github.com/jsonata-js/jsonata, test suite; AWS Step
// Functions
//         Developer Guide, "Transforming data with JSONata"
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "asl/jsonata/error.hpp"
#include "json/value.hpp"

namespace stepwell {
class Random;
}

namespace stepwell::asl::jsonata {

struct Program;

/// Which functions there are.
enum class Dialect : std::uint8_t {
    jsonata,         ///< JSONata's own
    step_functions,  ///< without $eval, with $partition, $range, $hash, $random(seed), $uuid,
                     ///< $parse
};

/// A variable that an expression takes from its surroundings.
struct VariableReference {
    std::string_view variable;  ///< without its $: "states"; never empty
    /// The member of it that a path names: "input" for `$states.input.order`; else empty.
    std::string_view member;
    std::size_t position;  ///< in the expression's text, in bytes
};

/// A value that the caller gives by name.
struct NamedValue {
    std::string_view name;
    json::Value value;
};

/// A variable that the caller binds: one value, or an object put together from several.
struct BoundVariable {
    std::string_view name;  ///< without its $
    std::variant<json::Value, std::span<const NamedValue>> value;
};

/// What an evaluation may use, and where its time and chance come from.
struct Options {
    /// Nested evaluations. A call of a function takes three to five of them.
    std::size_t depth_max = 1000;
    /// Of the thread's stack, whatever the depth. What a caller's thread has must be larger.
    std::size_t stack_bytes_max = 1 << 20;
    /// Evaluated parts of the expression, visited values and steps of regular expressions. A
    /// million take some 50 ms.
    std::size_t steps_max = 10'000'000;
    /// Memory for values.
    std::size_t bytes_max = 64 << 20;
    /// Of any one text, that of the result among them.
    std::size_t text_bytes_max = 8 << 20;
    /// For interactive use, where the same answer each time matters less.
    std::optional<std::chrono::steady_clock::time_point> deadline = {};

    /// What $now and $millis say; the same throughout one evaluation.
    std::chrono::system_clock::time_point now = {};
    /// What $random, $shuffle and $uuid draw from. Without one each evaluation starts from the same
    /// seed.
    Random* random = nullptr;
};

/// What an evaluation came to.
struct [[nodiscard]] Answer {
    enum class Kind : std::uint8_t {
        value,
        undefined,  ///< nothing was found: no JSON value
        function,   ///< a function, which is no JSON value either
        error,
    };
    Kind kind = Kind::undefined;
    std::string json = {};       ///< of a value: its text, compact
    ExpressionError error = {};  ///< of an error
    std::size_t steps = 0;       ///< what it took of Options::steps_max

    bool is_value() const noexcept { return kind == Kind::value; }
    bool is_undefined() const noexcept { return kind == Kind::undefined; }
    bool is_error() const noexcept { return kind == Kind::error; }
};

/// A compiled expression.
///
/// threads  any; immutable, copies share it
class Expression {
 public:
    /// Levels that an expression may be nested.
    static constexpr std::size_t depth_max = 500;

    /// Reads `text`, which is copied: what stands between `{%` and `%}`.
    ///
    /// errors  JSONata's S... codes: gives nothing, and tells in `error` what is wrong and where.
    ///         U1001 when it is nested too deeply
    /// cost    some 0.3 µs a word
    static std::optional<Expression> compile(std::string_view text, Dialect dialect,
                                             ExpressionError& error);

    /// Evaluates with `input` as context (`$` and `$$`; without one they are undefined) and the
    /// caller's variables, which come before functions of the same name. All JSON must stay where
    /// it is until this returns; parts of it that appear in the result are copied as text.
    ///
    /// errors  JSONata's T... and D... codes; U1001 when a limit of `options` was reached
    /// cost    some 0.4 µs for a path and an operator (bench jsonata)
    Answer evaluate(std::optional<json::Value> input, std::span<const BoundVariable> variables,
                    const Options& options) const;

    /// The variables that it takes from its surroundings, each with each member once, in the order
    /// of the text. Not those that it binds itself, and no functions.
    std::span<const VariableReference> references() const noexcept;
    /// Where it uses the input itself: `$$`, a `$` or a name that is not relative to anything.
    /// Nothing when it does not.
    std::optional<std::size_t> input_use() const noexcept;

    std::string_view text() const noexcept;

 private:
    explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

    std::shared_ptr<const Program> program_;
};

}  // namespace stepwell::asl::jsonata
