// What a state does with data: pure functions of program, input, result and context. Same
// arguments, same answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>
#include <stepwell/clock.hpp>
#include <stepwell/payload.hpp>

#include "asl/program.hpp"
#include "json/value.hpp"

namespace stepwell {
class Random;
}

namespace stepwell::asl {

/// Why an evaluation failed, in AWS's words: "States.Runtime" with a cause that names state, event
/// and expression.
struct Failure {
    std::string error;
    std::string cause;
    std::string location = {};  ///< JSONata only, where AWS names the field
    /// JSONata only: the expression had a value, which the state could not use.
    bool is_unusable_value = false;

    /// Of an expression of a JSONata state: the history has an EvaluationFailed for it.
    bool is_of_query() const noexcept { return error == query_evaluation_error; }

    static constexpr std::string_view query_evaluation_error = "States.QueryEvaluationError";
};
template <class T>
using Evaluated = boost::system::result<T, Failure>;
[[noreturn]] void throw_exception_from_error(const Failure& failure,
                                             const boost::source_location& where);

/// Makes those texts of the context object that few expressions ask for.
class ExecutionNaming {
 public:
    virtual ~ExecutionNaming() = default;
    virtual std::string execution_arn() const = 0;
    virtual std::string execution_name() const = 0;
};

/// What `$$` (`$states.context`) shows. Views: valid during one evaluation.
struct ContextObject {
    /// The execution's ARN and name; what makes them, when they are not here.
    std::string_view execution_id = {};
    std::string_view execution_name = {};
    const ExecutionNaming* naming = nullptr;
    const Payload* execution_input = nullptr;
    std::string_view role_arn;
    TimePoint start_time{};
    std::uint32_t redrive_count = 0;
    TimePoint redrive_time = {};  ///< once it has been redriven
    std::string_view state_machine_id;
    std::string_view state_machine_name;
    std::string_view state_name;
    TimePoint entered_time{};
    std::uint32_t retry_count = 0;
    std::string_view task_token = {};  ///< empty: `$$.Task` is absent
    std::optional<std::uint32_t> map_item_index = {};
    const Payload* map_item_value = nullptr;
    bool is_express = false;  ///< never redriven: it has no count of that

    std::string arn() const {
        return naming == nullptr ? std::string(execution_id) : naming->execution_arn();
    }
    std::string name() const {
        return naming == nullptr ? std::string(execution_name) : naming->execution_name();
    }

    /// The whole object, instead of all the above: TestState's callers may make one up.
    const Payload* given = nullptr;
};

/// What a state's data was on its way, for whoever looks at one state (TestState). Absent: the step
/// was not taken. Of JSONPath states only; what a Task sends, its caller knows.
struct Trace {
    Payload after_input_path = {};
    Payload after_parameters = {};
    Payload result = {};  ///< of a Pass that has one
    Payload after_result_selector = {};
    Payload after_result_path = {};
};

/// Variables of Assign, innermost scope last; absent when none were assigned: JSON object text.
using Variables = Payload;

/// All that a state's expressions may see.
struct Scope {
    const State& state;
    const Payload& input;  ///< the state's raw input
    const ContextObject& context;
    const Variables& variables;
    std::uint64_t entered_event_id = 0;  ///< of the state, for the text of causes; 0: there is none
    Trace* trace = nullptr;              ///< filled where there is one
    TimePoint now{};                     ///< what $now and $millis say
    /// What $random, $shuffle and $uuid draw from. Without one each evaluation starts from the same
    /// seed.
    Random* random = nullptr;
};

/// InputPath and Parameters (JSONata: Arguments): what a Task sends, what a Pass works on.
/// A state with neither gets its input back, the same bytes.
Evaluated<Payload> effective_input(const Scope& scope);

/// What a Map runs over.
struct MapItems {
    json::Document document;    ///< of an array
    std::uint32_t concurrency;  ///< iterations at a time; 0: as many as are allowed

    json::Value array() const noexcept { return document.root(); }
};
/// InputPath, ItemsPath and MaxConcurrency(Path) of a Map. Asked again after a restart, so it has
/// to give the same answer then: an Items that may not (JSONata, `$random`) would have to be
/// stored.
Evaluated<MapItems> map_items(const Scope& scope);
/// MaxConcurrency(Path) alone, for a Map whose items come from elsewhere; 0: as many as are
/// allowed.
Evaluated<std::uint32_t> map_concurrency(const Scope& scope);
/// What the iteration that the context's Map.Item names gets: ItemSelector (Parameters), else the
/// item.
Evaluated<Payload> iteration_input(const Scope& scope);

/// What a state gives on: ResultSelector, ResultPath, OutputPath (JSONata: Output) applied to
/// `result`; and the variables after Assign (the ones given when it has none).
struct StateOutput {
    Payload output;
    Variables variables;
    /// The ones this state assigned, absent when none: stateExitedEventDetails.assignedVariables as
    /// it stands there, an object whose values are strings that hold JSON text.
    Payload assigned_variables = {};
};
Evaluated<StateOutput> state_output(const Scope& scope, const Payload& result);
/// The same for a Pass, Wait, Succeed, which have no result of their own: a Pass has Result or its
/// effective input.
Evaluated<StateOutput> state_output(const Scope& scope);

/// Where a Choice goes; with its output. No match and no Default is States.Runtime, as on AWS (not
/// the States.NoChoiceMatched of the language's specification).
struct Chosen {
    StateIndex next;
    StateOutput output;
    std::optional<std::size_t> rule = {};  ///< of Choices; absent: its Default
};
Evaluated<Chosen> choose(const Scope& scope);

/// How many ways a Choice has on. Of any other state: none.
struct ChoiceShape {
    std::size_t rules = 0;
    bool has_default = false;
};
ChoiceShape choice_shape(const State& state) noexcept;

/// When a Wait that is entered at `now` ends (not before `now`).
Evaluated<TimePoint> wait_until(const Scope& scope, TimePoint now);

/// TimeoutSeconds(Path) and HeartbeatSeconds(Path) of a Task.
struct TaskTimes {
    std::optional<std::int64_t> timeout_seconds;
    std::optional<std::int64_t> heartbeat_seconds;
};
Evaluated<TaskTimes> task_times(const Scope& scope);

/// Error(Path) and Cause(Path) of a Fail.
struct FailTexts {
    std::optional<std::string> error;
    std::optional<std::string> cause;
};
Evaluated<FailTexts> fail_texts(const Scope& scope);

/// True when an element of ErrorEquals matches (States.ALL and States.TaskFailed with AWS's
/// exceptions).
bool matches(const std::vector<std::string>& error_equals, std::string_view error) noexcept;

/// The delay before retry number `attempt` (1 is the first) of a retrier; `random` in [0, 1) for
/// full jitter.
milliseconds retry_delay(const Retrier& retrier, std::uint32_t attempt, double random) noexcept;

/// What the state that a catcher names gets: the error object placed by the catcher's ResultPath
/// (Output, Assign).
Evaluated<StateOutput> catcher_output(const Scope& scope, std::size_t catcher,
                                      std::string_view error, std::string_view cause);

}  // namespace stepwell::asl
