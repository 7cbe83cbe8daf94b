// A compiled expression: a tree of nodes, immutable once the parser is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "asl/jsonata/expression.hpp"
#include "asl/jsonata/regex.hpp"
#include "asl/jsonata/signature.hpp"

namespace stepwell::asl::jsonata {

struct Builtin;
struct Node;

enum class NodeKind : std::uint8_t {
    string,       // text
    number,       // number
    boolean,      // is_set
    null,         //
    regex,        // regex
    name,         // text; a step of a path
    wildcard,     //
    descendants,  //
    parent,       // slot
    variable,     // text, without its $; builtin
    path,         // operands: the steps
    negation,     // operands: one
    binary,       // operation, operands: two
    range,        // operands: first, last
    array,        // operands: elements
    object,       // group: the members
    block,        // operands: expressions in order
    condition,    // operands: condition, then, else or not
    fallback,     // is_set: ?? (else ?:); operands: two
    bind,         // text: the variable; operands: one
    apply,        // operands: two (~>)
    call,         // operands: procedure, arguments
    partial,      // operands: procedure, arguments; null where a ? stands
    lambda,       // parameters, signature; operands: body
    transform,    // operands: pattern, update, deletion or not
    sort,         // terms; a step of a path
};

enum class Operation : std::uint8_t {
    add,
    subtract,
    multiply,
    divide,
    modulo,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    concatenate,
    logical_and,
    logical_or,
    in,
};
std::string_view text_of(Operation operation) noexcept;

/// Where the value that a `%` stands for comes from: the step that binds it, by label. While
/// parsing, `level` says how many steps it still has to go up.
struct ParentSlot {
    std::string_view label;
    int level = 1;
};

/// What is done with what a step has found: a filter, or its position bound to a variable.
struct Stage {
    const Node* filter = nullptr;
    std::string_view index = {};
};

/// `{key: value, ...}`: an object, or behind a path what it is grouped by.
using Group = std::vector<std::pair<const Node*, const Node*>>;

struct SortTerm {
    const Node* expression;
    bool is_descending;
};

struct Node {
    NodeKind kind = NodeKind::null;
    Operation operation = Operation::add;
    bool is_set = false;
    bool is_tail_call = false;     ///< a call whose result is its lambda's result
    bool keeps_array = false;      ///< `[]` behind it
    bool keeps_singleton = false;  ///< of a path: `[]` behind one of its steps
    bool is_constructed = false;   ///< an array at the start or end of a path: kept together
    bool is_tuple = false;         ///< binds variables or parents for the steps behind it
    std::uint16_t depth = 1;       ///< levels of the tree below and with it
    std::uint32_t position = 0;    ///< in the expression's text

    std::string_view text = {};
    double number = 0;
    const Builtin* builtin = nullptr;
    std::vector<Node*> operands = {};
    std::vector<Stage> predicates = {};  ///< applied to its result
    std::vector<Stage> stages = {};      ///< of a step: applied to what each context gives
    std::unique_ptr<Group> group = {};
    std::vector<SortTerm> terms = {};
    std::vector<std::string_view> parameters = {};
    std::shared_ptr<const Signature> signature = {};
    std::shared_ptr<const Regex> regex = {};
    std::string_view focus = {};            ///< `@$variable`
    std::string_view index = {};            ///< `#$variable`
    ParentSlot* slot = nullptr;             ///< of a parent: what it reads
    ParentSlot* ancestor = nullptr;         ///< of a step: what it binds its context to
    std::vector<ParentSlot*> seeking = {};  ///< while parsing: parents not yet found
};

/// Owns the nodes and the texts that they point to.
struct Program {
    std::string source;
    std::deque<std::string> texts;  // unescaped literals
    std::deque<Node> nodes;
    std::deque<ParentSlot> slots;
    const Node* root = nullptr;
    Dialect dialect = Dialect::jsonata;
    std::vector<VariableReference> references;
    std::optional<std::size_t> input_use;
};

}  // namespace stepwell::asl::jsonata
