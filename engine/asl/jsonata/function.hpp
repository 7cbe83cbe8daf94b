// Values that can be called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "asl/jsonata/expression.hpp"
#include "asl/jsonata/outcome.hpp"
#include "asl/jsonata/program.hpp"
#include "asl/jsonata/value.hpp"

namespace stepwell::asl::jsonata {

class Evaluator;

/// The variables of a block, a call or a position of a path.
struct Frame {
    Frame* parent = nullptr;
    Binding* bindings = nullptr;
};

/// What a function of the library is called with.
struct Call {
    Evaluator& evaluator;
    std::span<const Value> arguments;  ///< as its signature wants them
    Value context;
    Frame* frame;

    /// An argument; undefined where there is none.
    Value operator[](std::size_t index) const noexcept {
        return index < arguments.size() ? arguments[index] : Value{};
    }
};

struct Function {
    enum class Kind : std::uint8_t {
        builtin,
        lambda,
        partial,
        composition,
        regex,
        next_match,
        transform,
    };
    Kind kind;
};

/// A function of the library.
struct Builtin : Function {
    using Body = Outcome<Value> (*)(const Call&);

    std::string_view name;
    std::string_view signature_text;
    std::size_t arity;  ///< how many arguments $map and its like give it
    Body body;
    std::shared_ptr<const Signature> signature;
};

struct Lambda : Function {
    const Node* node;
    Frame* frame;
    Value input;
};

/// `$f(?, 2)`
struct Partial : Function {
    Value function;
    std::span<const Value> arguments;
    std::span<const bool> is_open;  ///< for each argument, whether it is still to be given
};

/// `$f ~> $g`
struct Composition : Function {
    Value first;
    Value second;
};

/// A regular expression: called with a text and where to start, gives a match.
struct RegexFunction : Function {
    const Regex* regex;
};

/// The `next` of a match.
struct NextMatch : Function {
    const Regex* regex;
    std::string_view text;
    std::size_t from;        ///< in bytes
    std::size_t units_from;  ///< the same in UTF-16 units
};

/// `|pattern|update,delete|`
struct Transform : Function {
    const Node* node;
    Frame* frame;
};

/// A call whose result is the caller's result.
struct TailCall {
    Value function;
    std::span<const Value> arguments;
    Value context;
};

/// The function of the library of that name; null when the dialect has none.
const Builtin* find_builtin(std::string_view name, Dialect dialect);

}  // namespace stepwell::asl::jsonata
