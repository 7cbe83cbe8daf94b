// One state run by itself, and what it did with its data: TestState.
// source  AWS Step Functions API Reference, TestState
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/execution.hpp>
#include <stepwell/payload.hpp>

#include "asl/evaluate.hpp"
#include "flow/executions.hpp"
#include "flow/state_machine.hpp"

namespace stepwell::flow {

/// Such a test takes five minutes at most, as any execution of an EXPRESS machine.
struct StateTestInput {
    StateMachinePtr machine;  ///< of no registry; its start is the state
    Payload input;
    asl::Variables variables = {};
    Payload context = {};                 ///< the context object; absent: as in an execution
    std::optional<TaskAnswer> mock = {};  ///< comes instead of what the state would do
    std::optional<std::string> reader_data = {};  ///< what a Map's ItemReader would have found
    std::uint32_t retrier_retry_count = 0;        ///< of the retrier that takes the error
};

enum class StateTestStatus : std::uint8_t { succeeded, failed, retriable, caught_error };

struct StateTestResult {
    StateTestStatus status = StateTestStatus::failed;
    Payload output;
    std::optional<std::string> error;
    std::optional<std::string> cause;
    std::string next_state;  ///< empty: none

    // How it came to that; absent where a step was not taken.
    asl::Trace trace;
    Payload parameters;                                   ///< what a Task sends
    Payload result;                                       ///< what a Task, Parallel or Map got
    Payload items;                                        ///< what a Map runs over
    Payload iterations;                                   ///< what each iteration gets: an array
    std::optional<std::uint32_t> max_concurrency;         ///< of a Map; 0: no limit
    std::optional<std::int64_t> tolerated_failure_count;  ///< of one in DISTRIBUTED mode
    std::optional<double> tolerated_failure_percentage;
    asl::Variables variables;
    std::optional<std::size_t> retry_index;
    std::optional<std::size_t> catch_index;
    std::optional<milliseconds> retry_backoff;
};

/// What an execution carries that only tests its first state: such an execution ends with that
/// state, waits for no retry, and nothing of it is stored. (What its task does to queues and topics
/// is done.)
struct StateTest {
    StateTestInput input;
    Completion<StateTestResult> done;
    StateTestResult result = {};

    /// The state gave its output; of one that has not caught an error, a success.
    void exit(asl::StateOutput output, std::string_view next);
    /// It took an error.
    void end_with(StateTestStatus status, std::optional<std::string_view> error,
                  std::optional<std::string_view> cause);
};

/// What the context object and services hear: AWS tests states in EXPRESS executions of machines
/// that it makes up.
std::string state_test_arn(const Identity& identity, const StateMachine& machine,
                           std::string_view name);

}  // namespace stepwell::flow
