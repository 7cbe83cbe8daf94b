// All executions: starting, stopping, completing their tasks, and reading what they did.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/execution.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "base/identity.hpp"
#include "flow/map_run_description.hpp"
#include "flow/ports.hpp"
#include "flow/state_machine.hpp"

namespace stepwell::flow {

/// Answers one call, once. Runs on a thread of the engine's and must not block.
template <class T = void>
using Completion = UniqueFunction<void(Result<T>)>;

class Rehearsal;

struct StartExecutionInput {
    StateMachinePtr machine;
    /// Checked by the caller; empty: a UUID is made. Of a STANDARD machine's executions no two are
    /// called the same.
    std::string name;
    Payload input;  ///< at most 262,144 bytes, checked by the caller
    std::string trace_header = {};
    /// Called once the execution has ended and that is durable, with what describe would give; not
    /// after a restart.
    Completion<ExecutionDescription> ended = {};
    /// The same for who wants no more than how it ended; needs less.
    UniqueFunction<void(ExecutionStatus)> over = {};
    MachineQualifier qualifier = {};  ///< what led to the machine
    /// The request id of the task that starts it; empty: a client does. A start that is made again
    /// with the same starter and name is the same start, also once that execution has ended.
    std::string starter = {};
    std::shared_ptr<Rehearsal> rehearsal = {};  ///< of one that is tried out (flow/rehearsal.hpp)
};
struct StartExecutionOutput {
    std::string execution_arn;
    TimePoint start_date;
};

/// When executions that only wait leave memory: flow/passivation.hpp.
struct PassivationRules {
    /// After a waiting of so long, at most twice as long; absent: no waiting is too long.
    std::optional<milliseconds> after = milliseconds{10'000};
    /// Sooner, while so many are in memory; 0: however many.
    std::uint64_t resident_max = 100'000;
};

struct ListExecutionsInput {
    std::uint64_t machine_id = 0;
    std::optional<ExecutionStatus> status_filter;
    std::uint32_t max_results = 100;
    std::string next_token = {};
    MachineQualifier qualifier = {};  ///< only those started by this version or alias; default: all
    std::optional<bool> is_redriven = {};  ///< only those that were redriven, or were not
};
struct ListExecutionsOutput {
    std::vector<ExecutionDescription> executions;  ///< newest first; without input and output
    std::string next_token;                        ///< empty on the last page
};

struct StateTestInput;  // flow/state_test.hpp
struct StateTestResult;

struct GetHistoryInput {
    std::string execution_arn;
    std::uint32_t max_results = 100;
    bool reverse_order = false;
    bool include_execution_data = true;
    std::string next_token = {};
};
struct GetHistoryOutput {
    std::string events;  ///< a JSON array of HistoryEvent as the AWS model has it, timestamps in
                         ///< epoch seconds
    std::string next_token;
};

/// Owns the shards and, through them, every execution.
///
/// Every change is acknowledged (its completion runs) only once it is durable. Errors are the ones
/// that AWS's API Reference names for the operation (flow/errors.hpp).
///
/// Executions of EXPRESS machines run like all others and survive a crash like them. But they are
/// in no list, cannot be asked for by their ARNs, may share names, take five minutes at most, and
/// nothing stays of them once they have ended.
///
/// threads  every function may be called from any thread and never blocks, except where it says so
class Executions {
 public:
    struct Options {
        std::uint32_t shards = 1;
        Identity identity = {};
        std::uint64_t seed = 0;  ///< 0: from the system's random source
        std::uint64_t closed_executions_max =
            0;  ///< how many ended ones are kept, for however long; 0: all, for `retention`
        /// How long ended ones are kept: flow/retention.hpp. Absent: for ever.
        std::optional<milliseconds> retention = std::chrono::days{90};
        PassivationRules passivation = {};  ///< its resident_max is for all shards together
        ObjectPort* objects = nullptr;  ///< what ItemReaders read; outlives this. Absent: they fail
    };

    /// `clock`, `storage`, `machines` and `port` outlive this object. Executions that were running
    /// according to the storage go on once `start_running` is called.
    Executions(Options options, Clock& clock, Storage& storage, const StateMachineSource& machines,
               TaskPort& port);
    ~Executions();  ///< as stop_running

    /// Loads the executions that were running and starts the shards' threads. Blocks until they
    /// accept calls. Returns how many were running.
    Result<std::uint64_t> start_running();

    /// Ends the shards' threads: what is asked for from now on is not answered. Returns once all
    /// that was answered is released and applied. Blocks.
    void stop_running();

    void start(StartExecutionInput input, Completion<StartExecutionOutput> done);
    /// Runs the first state of a machine that need not be stored, and nothing else.
    void test_state(StateTestInput input, Completion<StateTestResult> done);
    /// Gives the stop date; of one that has ended already, the date it ended.
    void stop(std::string_view execution_arn, std::optional<std::string> error,
              std::optional<std::string> cause, Completion<TimePoint> done);

    /// Goes on with an execution that has failed, timed out or was aborted, where it did. Gives the
    /// redrive date; the same again for a client token that was used in the last 15 minutes.
    ///
    /// errors   ExecutionDoesNotExist, ExecutionNotRedrivable
    void redrive(std::string_view execution_arn, std::string client_token,
                 Completion<TimePoint> done);

    void send_task_success(std::string_view token, Payload output, Completion<> done);
    void send_task_failure(std::string_view token, std::optional<std::string> error,
                           std::optional<std::string> cause, Completion<> done);
    void send_task_heartbeat(std::string_view token, Completion<> done);

    /// The answer of a service to a task that TaskPort::start left open. Ignored when the task is
    /// over by now.
    void answer_task(TaskAddress address, TaskAnswer answer);
    /// A worker has taken an activity's task: recorded as ActivityStarted. TaskTimedOut when the
    /// task is over.
    void activity_task_started(TaskAddress address, std::string worker_name, Completion<> done);

    /// Stops the execution that the task with this request id has started, if it runs.
    void stop_started_by(std::string starter, std::string cause);

    void describe(std::string execution_arn, Completion<ExecutionDescription> done);
    void list(ListExecutionsInput input, Completion<ListExecutionsOutput> done);
    void history(GetHistoryInput input, Completion<GetHistoryOutput> done);
    void describe_map_run(std::string map_run_arn, Completion<MapRunDescription> done);
    void list_map_runs(ListMapRunsInput input, Completion<ListMapRunsOutput> done);
    /// Changes a run that is under way; of one that is over nothing.
    void update_map_run(UpdateMapRunInput input, Completion<> done);
    /// The children of a map run, newest first.
    void list_children(std::string map_run_arn, ListExecutionsInput input,
                       Completion<ListExecutionsOutput> done);
    /// Completes when the execution has ended (at once if it has), with what describe would give.
    void wait_until_ended(std::string execution_arn, Completion<ExecutionDescription> done);

    /// Lets all executions that only wait leave memory now. Completes when they have.
    void passivate_all(Completion<> done);

    struct Statistics {
        std::uint64_t running = 0;
        std::uint64_t passivated = 0;  ///< of these: not in memory
        std::uint64_t started = 0;     ///< since the process began
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;
        std::uint64_t timed_out = 0;
        std::uint64_t aborted = 0;
        std::uint64_t open_tokens = 0;  ///< that may still be returned
    };
    Statistics statistics() const;

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace stepwell::flow
