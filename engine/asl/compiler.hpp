// Turns a definition into a Program. Known to this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "asl/diagnostics.hpp"
#include "asl/expressions.hpp"
#include "asl/fields.hpp"
#include "asl/program.hpp"

namespace stepwell::asl {

/// Compiles one definition. Goes on after a problem, so that everything wrong is reported together:
/// what a state's fields say first, then how the states hang together.
class Compiler {
 public:
    Program::Compiled compile(std::string_view definition);

 private:
    // A set of states with a start: the whole definition, a branch of a Parallel, the processor of
    // a Map.
    struct Machine {
        std::vector<State> states;
        StateIndex start_at{};
    };
    // Where one state may go next.
    struct Graph {
        std::vector<std::vector<StateIndex>> next;  // by state
        std::vector<bool> is_terminal;              // by state
    };
    // What compiling one state needs to know of the states around it.
    struct Scope {
        const std::unordered_map<std::string_view, StateIndex>& indices;
        Graph& graph;
        StateIndex current{};
    };

    void compile_definition(json::Value definition, Program& program);
    Machine compile_machine(const Fields& fields, bool is_whole);
    void check_graph(const Machine& machine, const Graph& graph, const std::string& location,
                     bool has_start, bool is_whole);

    void compile_state(const Fields& fields, Scope& scope, State& state);
    QueryLanguage state_language(const Fields& fields, bool& is_refused);
    void check_fields(const Fields& fields, StateType type, QueryLanguage language,
                      bool is_language_refused);
    void compile_transition(const Fields& fields, Scope& scope, State& state);
    std::optional<StateIndex> target(const Fields& fields, std::string_view field, Scope& scope);

    void compile_task(const Fields& fields, Scope& scope, State& state, Expressions& expressions);
    void compile_pass(const Fields& fields, Expressions& expressions);
    void compile_choice(const Fields& fields, Scope& scope, Expressions& expressions);
    void compile_wait(const Fields& fields, Expressions& expressions);
    void compile_fail(const Fields& fields, Expressions& expressions);
    void compile_nested(const Fields& fields, StateType type);

    void compile_common(const Fields& fields, StateType type, Expressions& expressions);
    SelectingPath selecting_path(const Fields& fields, std::string_view field);
    ResultPath result_path(const Fields& fields);
    std::optional<Template> payload_template(const Fields& fields, std::string_view field);
    std::optional<Template> assignment(const Fields& fields);
    std::optional<Reference> reference_path(const Fields& fields, std::string_view field);
    std::optional<Expression> expression(const Fields& fields, std::string_view field);

    void compile_retry(const Fields& fields, State& state);
    void compile_catch(const Fields& fields, Scope& scope, State& state, Expressions& expressions);
    std::vector<std::string> error_equals(const Fields& fields, bool is_last);

    void syntax_error(std::string_view definition);

    QueryLanguage language_ = QueryLanguage::jsonpath;  // of the whole definition
    Diagnostics diagnostics_;
    std::vector<Diagnostic> missing_targets_;  // reported behind the problems of fields
    std::map<std::string, std::set<std::string>> variables_;  // referred to, by state
    std::size_t depth_ = 0;                                   // of nested machines
};

}  // namespace stepwell::asl
