// The engine in a program of one's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/clock.hpp>
#include <stepwell/execution.hpp>
#include <stepwell/function.hpp>
#include <stepwell/future.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/payload.hpp>
#include <stepwell/queue.hpp>
#include <stepwell/result.hpp>

namespace stepwell {

/// Runs state machines, with the queues, topics and functions that they use, in this process. No
/// port is opened.
///
///     auto engine = *stepwell::Engine::open();
///     engine->register_function("greet", [](stepwell::Payload event) -> stepwell::TaskAnswer {
///     return event; }); auto machine = engine->create_state_machine("hello", definition).get();
///     auto end = engine->run(*machine, *stepwell::Payload::parse("{}")).get();
///
/// What a call changed is durable once its Future has its value. Errors have AWS's codes
/// (Error::code).
///
/// threads  open and the destructor: one; everything else: any
class Engine {
 public:
    struct Options {
        /// Where the data is kept; made when missing, locked while open. Absent: in memory.
        std::optional<std::filesystem::path> directory = {};
        Durability durability = Durability::sync;  ///< with a directory
        std::uint32_t shards = 1;                  ///< threads that run executions, 1 to 256
        std::string account = "000000000000";
        std::string region = "us-east-1";
        Clock* clock = nullptr;  ///< outlives the engine; absent: the machine's
        std::uint64_t seed = 0;  ///< of jitter and States.MathRandom; 0: from the system
        /// In memory, how many ended executions are kept with their histories; 0: all.
        std::uint64_t closed_executions_max = 0;
        /// While more executions are in memory, those that only wait leave it, the oldest first;
        /// whoever has waited for ten seconds leaves anyway. 0: however many.
        std::uint64_t resident_executions_max = 100'000;
        /// The text of a MockConfigFile.json, as AWS's Step Functions Local has it: executions that
        /// are started as "ARN#CASE" get the answers of that test case. Empty: there are none.
        std::string mock_configuration = {};
        /// A write or sync has failed: nothing more is acknowledged. Absent: the process is
        /// aborted.
        std::function<void(Error)> on_failure = {};
    };

    /// Opens, recovers, and lets what was running go on.
    ///
    /// errors   SystemFailure, in one line; InvalidMocks
    static Result<std::unique_ptr<Engine>> open(Options options);
    static Result<std::unique_ptr<Engine>> open() { return open(Options{}); }
    ~Engine();  ///< what was acknowledged is in the directory; what runs goes on at the next
                ///< opening
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Puts a handler in place of the Lambda function `name`; its ARN is `function_arn(name)`.
    /// Before executions need it, and again after each opening.
    template <FunctionHandler F>
    void register_function(std::string name, F handler) {
        register_any_function(std::move(name), make_function_handler(std::move(handler)));
    }
    std::string function_arn(std::string_view name) const;

    /// Creates a state machine from ASL text, or updates the one of that name. Gives its ARN.
    ///
    /// errors   InvalidDefinition (all problems, with state and reason), InvalidName
    Future<Result<std::string>> create_state_machine(std::string name, std::string definition);

    /// Starts an execution. Gives its ARN.
    ///
    /// name     1 to 80 characters, once per state machine; empty: one is made
    /// input    at most 262,144 bytes
    /// errors   StateMachineDoesNotExist, ExecutionAlreadyExists, InvalidName,
    /// InvalidExecutionInput
    Future<Result<std::string>> start_execution(std::string state_machine_arn, Payload input,
                                                std::string name = {});

    /// Waits for the end of an execution, also of one that has ended already.
    Future<Result<ExecutionDescription>> wait_for_execution(std::string execution_arn);

    /// Both: starts an execution and gives how it ended.
    Future<Result<ExecutionDescription>> run(std::string state_machine_arn, Payload input,
                                             std::string name = {});

    Future<Result<ExecutionDescription>> describe_execution(std::string execution_arn);
    Future<Result<>> stop_execution(std::string execution_arn,
                                    std::optional<std::string> error = {},
                                    std::optional<std::string> cause = {});
    /// The whole history: a JSON array of AWS's HistoryEvent objects, timestamps in epoch seconds.
    Future<Result<Payload>> execution_history(std::string execution_arn);

    /// Completes the task that waits on `token`. Of several calls for one token exactly one
    /// succeeds, also across a restart.
    ///
    /// errors   InvalidToken (malformed or forged), InvalidOutput (too long), TaskTimedOut (spent,
    /// timed out, or its
    ///          execution is over)
    Future<Result<>> send_task_success(std::string_view token, Payload output);
    Future<Result<>> send_task_failure(std::string_view token, std::optional<std::string> error,
                                       std::optional<std::string> cause);
    Future<Result<>> send_task_heartbeat(std::string_view token);

    /// Makes a queue, or finds the one of that name. Gives the URL that states name it by.
    Future<Result<std::string>> create_queue(std::string name);
    /// Gives the message's id.
    Future<Result<std::string>> send_message(std::string queue_name, std::string body);
    /// Hands every message of the queue to `consumer`, up to `concurrency` at once, until the
    /// engine ends.
    ///
    /// errors   QueueDoesNotExist
    Result<> consume(std::string queue_name, QueueConsumer consumer, std::uint32_t concurrency = 1);

    /// Makes a topic, or finds the one of that name. Gives its ARN.
    Future<Result<std::string>> create_topic(std::string name);

    /// Any operation of any service here, as AWS's API has it: JSON in, JSON out.
    ///
    /// service    "states", "sqs", "sns", "lambda", "iam", "sts"
    /// operation  AWS's name, "ListExecutions"
    Future<Result<Payload>> call(std::string_view service, std::string_view operation,
                                 Payload input);

 private:
    struct Parts;
    explicit Engine(std::unique_ptr<Parts> parts);
    void register_any_function(std::string name, AnyFunctionHandler handler);

    std::unique_ptr<Parts> parts_;
};

}  // namespace stepwell
