// AWS Lambda's functions: kept durably, invoked in processes or natively.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
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
#include "base/in_flight.hpp"
#include "function/code_store.hpp"
#include "function/configuration.hpp"
#include "function/event_invocations.hpp"
#include "function/event_loop.hpp"
#include "function/process_host.hpp"
#include "sched/timers.hpp"

namespace stepwell::function {

/// Answers one call, once, on a thread of the engine's; it must not block.
template <class T = void>
using Completion = UniqueFunction<void(Result<T>)>;

struct CreateFunctionInput {
    FunctionConfiguration
        configuration;  ///< arn, code_*, revision_id and last_modified are set by the service
    std::string zip;
    std::map<std::string, std::string> tags = {};
};
struct UpdateFunctionCodeInput {
    FunctionName function;
    std::string zip;
    std::string revision_id = {};  ///< empty: whichever it is
    std::vector<std::string> architectures = {};
    bool is_dry_run = false;
};
/// What is not set stays as it is.
struct UpdateFunctionConfigurationInput {
    FunctionName function;
    std::string revision_id = {};
    std::optional<std::string> role = {};
    std::optional<std::string> runtime = {};
    std::optional<std::string> handler = {};
    std::optional<std::string> description = {};
    std::optional<std::int64_t> timeout_seconds = {};
    std::optional<std::int64_t> memory_mb = {};
    std::optional<std::int64_t> ephemeral_storage_mb = {};
    std::optional<Variables> environment = {};
    std::optional<std::string> tracing_mode = {};
    std::optional<std::string> kms_key_arn = {};
    std::optional<std::string> dead_letter_target_arn = {};
    std::optional<std::string> vpc_config = {};
};

struct ListFunctionsOutput {
    std::vector<FunctionConfiguration> functions;  ///< by name
    std::string next_marker;                       ///< empty on the last page
};

/// AddPermission.
struct AddPermissionInput {
    FunctionName function;
    std::string statement_id;
    std::string action;
    std::string principal;
    std::string source_arn = {};
    std::string source_account = {};
    std::string revision_id = {};
};
struct PolicyOutput {
    std::string policy;  ///< the policy document, JSON
    std::string revision_id;
};

enum class InvocationType : std::uint8_t { request_response, event, dry_run };

struct InvokeInput {
    FunctionName function;
    InvocationType type = InvocationType::request_response;
    Payload payload = {};  ///< absent: {}
    bool wants_log_tail = false;
    std::string client_context = {};  ///< JSON
    std::string trace_id = {};
    std::string request_id = {};  ///< a UUID; empty: one is made
};
struct InvokeOutput {
    int status_code = 200;  ///< 200; of an event 202, of a dry run 204
    std::string function_error =
        {};                     ///< "Unhandled" when the handler failed; the payload then tells how
    std::string payload = {};   ///< the bytes that the handler gave
    std::string log_tail = {};  ///< the last 4 KiB of the log, when asked for
    std::string executed_version = "$LATEST";
};

/// Owns all functions of a data directory, their code, sandboxes and logs.
///
/// Changes are made one after another on a thread of its own and acknowledged once they are
/// durable. Without functions there is neither a thread nor a file.
///
/// threads  every function may be called from any thread and does not block, except where it says
/// so errors   those that the AWS Lambda API Reference names for the operation (errors.hpp);
/// ResourceNotFoundException for
///          all that name a function
class Functions {
 public:
    struct Options {
        Identity identity = {};
        std::string data_directory = {};  ///< for unpacked code; empty: a temporary one
        std::string log_directory =
            {};  ///< empty: within data_directory; with that empty, a temporary one
        std::string sdk_directory =
            {};  ///< a node_modules with the AWS SDKs for Node.js; empty: none supplied
        std::string node_executable = {};
        std::string python_executable = {};
        std::uint32_t sandboxes_per_function_max = 16;
        std::uint32_t sandboxes_max = 64;
    };

    /// `clock`, `storage` and `timers` outlive this object.
    Functions(Options options, Clock& clock, Storage& storage, sched::Timers& timers);
    ~Functions();  ///< kills all sandboxes; unanswered invocations get ServiceUnavailable

    /// Reads the stored functions; before anything else is called. Blocks.
    Result<> recover();
    /// Takes up the Event invocations that were accepted before the last end of the process.
    void start_running();

    /// Where handlers' calls to *.amazonaws.com go: the server's own URL, "http://127.0.0.1:4566".
    void set_endpoint(std::string url);

    void create(CreateFunctionInput input, Completion<FunctionConfiguration> done);
    void update_code(UpdateFunctionCodeInput input, Completion<FunctionConfiguration> done);
    void update_configuration(UpdateFunctionConfigurationInput input,
                              Completion<FunctionConfiguration> done);
    void remove(FunctionName name, Completion<> done);

    Result<StoredFunction> find(const FunctionName& name) const;
    ListFunctionsOutput list(std::string_view marker, std::uint32_t items_max) const;
    /// The zip archive as it was uploaded.
    void code(FunctionName name, Completion<std::string> done);

    void add_permission(AddPermissionInput input,
                        Completion<std::string> done);  ///< gives the statement, JSON
    void remove_permission(FunctionName name, std::string statement_id, std::string revision_id,
                           Completion<> done);
    Result<PolicyOutput> policy(const FunctionName& name) const;

    void tag(FunctionName name, std::map<std::string, std::string> added, Completion<> done);
    void untag(FunctionName name, std::vector<std::string> keys, Completion<> done);
    /// Nothing takes the reservation away.
    void put_concurrency(FunctionName name, std::optional<std::int64_t> reserved,
                         Completion<> done);

    /// Runs a function. An Event is answered once it is stored; it is tried up to three times.
    void invoke(InvokeInput input, Completion<InvokeOutput> done);

    /// A function of this process: gets the event, gives the result from any thread; a failure is
    /// the function's error (error: errorType, cause: errorMessage). Not stored; hides a stored
    /// function of that name.
    using NativeAnswer = UniqueFunction<void(TaskAnswer)>;
    using NativeFunction = std::function<void(Payload event, NativeAnswer answer)>;
    void register_native(std::string name, NativeFunction function);

    /// True for the name or ARN of a function that can be invoked.
    bool exists(std::string_view name_or_arn) const;

    struct Statistics {
        std::uint64_t invocations = 0;  ///< begun since the process began, tries of Events included
        std::uint64_t errors = 0;       ///< of them those that a handler failed, or none could run
        std::uint64_t under_way = 0;
    };
    Statistics statistics() const noexcept;

    /// The last `bytes_max` bytes of a function's log. Reads files on the service's thread.
    void log(std::string function_name, std::uint64_t bytes_max, Completion<std::string> done);

    const Identity& identity() const noexcept { return options_.identity; }
    std::string arn_of(std::string_view function_name) const;

 private:
    /// A function as it is in memory. Immutable: a change makes a new one.
    struct Function {
        StoredFunction stored;
        std::uint64_t revision = 0;
        ProgramPtr program = nullptr;  // nullptr until its code has been unpacked
    };
    using FunctionPtr = std::shared_ptr<const Function>;

    Result<> check_place(const FunctionName& name) const;
    Result<FunctionPtr> get(const FunctionName& name) const;
    void set(const std::string& name, FunctionPtr function);
    Error not_found(const FunctionName& name) const;

    void do_create(CreateFunctionInput input, Completion<FunctionConfiguration> done);
    void do_update_code(UpdateFunctionCodeInput input, Completion<FunctionConfiguration> done);
    void do_update_configuration(UpdateFunctionConfigurationInput input,
                                 Completion<FunctionConfiguration> done);
    void change(FunctionName name, UniqueFunction<Result<>(StoredFunction&)> edit,
                Completion<> done);
    Result<FunctionPtr> changed(StoredFunction stored, CodePtr code);
    Result<ProgramPtr> program_of(const Function& function, CodePtr code);
    void commit(const std::string& name, FunctionPtr function, const std::string* zip,
                UniqueFunction<void()> acknowledge);
    void prepare(std::string name, UniqueFunction<void(Result<ProgramPtr>)> done);

    void run(InvokeInput input, Completion<InvokeOutput> done);
    void run_counted(InvokeInput input, Completion<InvokeOutput> done);
    void run_program(ProgramPtr program, InvokeInput input, Completion<InvokeOutput> done);
    void run_native(const NativeFunction& native, InvokeInput input, Completion<InvokeOutput> done);
    std::string log_directory();

    const Options options_;
    Clock& clock_;
    Storage& storage_;
    sched::Timers& timers_;

    mutable std::mutex mutex_;  // guards what follows
    std::map<std::string, FunctionPtr, std::less<>> functions_;
    std::map<std::string, std::shared_ptr<const NativeFunction>, std::less<>> natives_;

    // The worker's thread only.
    std::uint64_t next_revision_ = 1;

    InFlight invocations_{clock_};
    std::atomic<std::uint64_t> errors_{0};

    const std::shared_ptr<EventLoop> worker_ = std::make_shared<EventLoop>("function-code");
    CodeStore code_store_;
    ProcessHost host_;
    EventInvocations event_invocations_;
};

}  // namespace stepwell::function
