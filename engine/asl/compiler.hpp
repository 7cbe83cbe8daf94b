// Turns a definition into a Program. Known to this folder only.
#pragma once

#include <cstdint>
#include <deque>
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

/// The longest time that a state may name in seconds.
inline constexpr std::int64_t seconds_max = 99'999'999;

/// Compiles one definition. Goes on after a problem, so that everything wrong is reported together:
/// what a state's fields say first, then how the states hang together.
class Compiler {
 public:
    Program::Compiled compile(std::string_view definition);

 private:
    // A set of states with a start: the whole definition, a branch of a Parallel, the processor of
    // a Map. Its states stand together in states_, those nested in them behind.
    struct Machine {
        StateIndex first{};
        std::size_t size = 0;
        StateIndex start_at{};
    };
    // Where one state may go next, by its distance from the machine's first.
    struct Graph {
        std::vector<std::vector<std::size_t>> next;
        std::vector<bool> is_terminal;
    };
    // Variables that the states of one machine assign, and where the machine stands.
    struct VariableScope {
        const VariableScope* outer = nullptr;
        std::size_t place_in_outer = 0;  // of the state that the machine belongs to
        Graph graph = {};
        struct Assigned {
            std::string name;
            std::string location;
            std::size_t place;
        };
        std::vector<Assigned> assigned = {};
        std::size_t place = 0;  // of the state that is being compiled

        // Whether a state that comes before the one at `to` assigns the variable.
        bool assigns_before(std::size_t to, const std::string& name) const;
    };
    // What compiling one state needs to know of the states around it.
    struct Scope {
        const std::unordered_map<std::string_view, StateIndex>& indices;
        Graph& graph;
        StateIndex first{};
        StateIndex current{};

        std::size_t place() const noexcept { return current.value - first.value; }
    };

    void compile_definition(json::Value definition, Program& program);
    Machine compile_machine(const Fields& fields, bool is_whole);
    // Variables are not shared with an isolated one: neither side sees the other's.
    enum class VariableSharing : std::uint8_t { shared, isolated };
    Machine compile_inner_machine(json::Value value, const std::string& location,
                                  VariableSharing sharing);
    void check_variable_scopes();
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
    void compile_choice(const Fields& fields, Scope& scope, const State& state,
                        Expressions& expressions);
    void compile_wait(const Fields& fields, Expressions& expressions);
    void compile_fail(const Fields& fields, Expressions& expressions);
    void compile_parallel(const Fields& fields, State& state);
    void compile_map(const Fields& fields, State& state, Expressions& expressions);
    void compile_processor_config(const Fields& processor, const Fields& map, State& state);

    // Maps in DISTRIBUTED mode: map_run_compiler.cpp
    struct NumberRange {  // from 0
        std::int64_t max;
        bool is_whole;
    };
    MapNumber map_number(const Fields& fields, std::string_view field, const State& state,
                         NumberRange range);
    MapPayload map_payload(const Fields& fields, std::string_view field, const State& state);
    void compile_map_run(const Fields& fields, State& state, Expressions& expressions);
    void compile_item_reader(const Fields& fields, State& state, MapRunExpressions& map_run);
    void compile_result_writer(const Fields& fields, State& state, MapRunExpressions& map_run);

    void compile_common(const Fields& fields, StateType type, Expressions& expressions);
    SelectingPath selecting_path(const Fields& fields, std::string_view field);
    ResultPath result_path(const Fields& fields);
    std::optional<Template> payload_template(const Fields& fields, std::string_view field);
    std::optional<Template> assignment(const Fields& fields);
    std::optional<Reference> reference_path(const Fields& fields, std::string_view field);
    std::optional<Reference> items_path(const Fields& fields);
    std::optional<Expression> expression(const Fields& fields, std::string_view field);

    // JSONata states: query_compiler.cpp
    void compile_queries(const Fields& fields, const State& state, Queries& queries);
    void compile_query_rule(const Fields& rule, const State& state, std::optional<StateIndex> next,
                            Queries& queries);
    void compile_query_catcher(const Fields& catcher, const State& state, Queries& queries);
    std::optional<Query> query(const Fields& fields, std::string_view field, const State& state,
                               QueryExtra extra);
    std::optional<Query> integer_query(const Fields& fields, std::string_view field,
                                       const State& state, std::int64_t min);
    std::optional<Query> string_query(const Fields& fields, std::string_view field,
                                      const State& state);
    std::optional<Query> assignment_query(const Fields& fields, const State& state,
                                          QueryExtra extra);
    void check_variable_name(std::string_view name, const std::string& location);

    void compile_retry(const Fields& fields, State& state);
    void compile_catch(const Fields& fields, Scope& scope, State& state, Expressions& expressions);
    std::vector<std::string> error_equals(const Fields& fields, bool is_last);

    void syntax_error(std::string_view definition);

    QueryLanguage language_ = QueryLanguage::jsonpath;  // of the whole definition
    Diagnostics diagnostics_;
    std::vector<Diagnostic> missing_targets_;  // reported behind the problems of fields
    std::map<std::string, std::set<std::string>> variables_;  // referred to, by state
    std::size_t depth_ = 0;                                   // of nested machines
    std::deque<State> states_;          // references stay valid while nested ones are added
    std::deque<VariableScope> scopes_;  // of all machines
    VariableScope* scope_ = nullptr;    // of the machine that is being compiled
};

}  // namespace stepwell::asl
