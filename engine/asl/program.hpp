// An Amazon States Language definition, compiled once: states resolved to indices, paths and
// expressions parsed.
//
// source  https://states-language.net/spec.html and AWS's Step Functions Developer Guide
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>

#include "asl/resource.hpp"
#include "base/strong_id.hpp"

namespace stepwell::asl {

enum class StateType : std::uint8_t { task, pass, choice, wait, succeed, fail, parallel, map };
enum class QueryLanguage : std::uint8_t { jsonpath, jsonata };
std::string_view name_of(StateType type) noexcept;  ///< "Task"

using StateIndex = StrongId<struct StateIndexTag, std::uint32_t>;

/// One element of Retry.
struct Retrier {
    std::vector<std::string> error_equals;
    double interval_seconds = 1;
    std::uint32_t attempts_max = 3;
    double backoff_rate = 2.0;
    std::optional<double> delay_seconds_max;
    bool has_full_jitter = false;
};

/// Parsed expressions of a state: known to asl only (see evaluate.hpp for what is done with them).
struct Expressions;

/// One element of Catch; its ResultPath, Output and Assign are in the state's expressions.
struct Catcher {
    std::vector<std::string> error_equals;
    StateIndex next;
};

/// What a Map in DISTRIBUTED mode has beside its iterations, which are executions of their own; its
/// expressions are in asl/map_run.hpp.
struct DistributedMode {
    bool has_express_children = false;
    std::string label;             ///< empty: none was given
    bool has_reader = false;       ///< its items come from an ItemReader
    bool exports_results = false;  ///< its results go where a ResultWriter says
};

/// One state. Immutable after compilation.
struct State {
    std::string name;
    std::string location;  ///< in the definition: "/States/S", "/States/M/ItemProcessor/States/S"
    StateType type;
    QueryLanguage query_language = QueryLanguage::jsonpath;
    bool is_end = false;       ///< End: true, Succeed or Fail
    StateIndex next{};         ///< of a state that has Next
    Resource resource;         ///< of a Task
    bool wants_token = false;  ///< a Task with .waitForTaskToken or .sync, or an activity
    /// Where the branches of a Parallel start, one by one; where each iteration of a Map starts.
    std::vector<StateIndex> branches;
    std::optional<DistributedMode> distributed;  ///< of a Map in that mode
    std::vector<Retrier> retriers;
    std::vector<Catcher> catchers;
    std::shared_ptr<const Expressions> expressions;
};

/// Where and why a definition is invalid, as ValidateStateMachineDefinition reports it.
struct Diagnostic {
    bool is_error = true;
    std::string code;      ///< "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET", ...
    std::string message;   ///< AWS's words where they are recorded
    std::string location;  ///< "/States/Wait/Next"
};

/// A compiled definition. Immutable, shared by all executions of its revision. The states of
/// branches and of Maps stand in it too, behind those around them: one index names any state.
///
/// threads  any
class Program {
 public:
    struct Compiled {
        std::shared_ptr<const Program> program;  ///< absent when any diagnostic is an error
        std::vector<Diagnostic> diagnostics;     ///< all problems at once
    };
    /// Parses and checks `definition` (at most 1 MiB). Never fails halfway: everything wrong is
    /// reported together.
    static Compiled compile(std::string_view definition);

    StateIndex start_at() const noexcept { return start_at_; }
    const State& state(StateIndex index) const noexcept { return states_[index.value]; }
    std::size_t size() const noexcept { return states_.size(); }
    /// The state of that name, wherever it stands; of several the first.
    std::optional<StateIndex> find(std::string_view name) const noexcept;
    std::optional<std::int64_t> timeout_seconds() const noexcept { return timeout_seconds_; }
    QueryLanguage query_language() const noexcept { return query_language_; }
    /// Which variables each state refers to, by the state's name, both sorted:
    /// DescribeStateMachine's variableReferences.
    const std::map<std::string, std::set<std::string>>& variable_references() const noexcept {
        return variable_references_;
    }

 private:
    friend class Compiler;
    StateIndex start_at_{};
    std::vector<State> states_;
    std::vector<StateIndex> by_name_;  // ordered by the states' names
    std::optional<std::int64_t> timeout_seconds_;
    QueryLanguage query_language_ = QueryLanguage::jsonpath;
    std::map<std::string, std::set<std::string>> variable_references_;
};

}  // namespace stepwell::asl
