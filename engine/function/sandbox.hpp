// One process that runs a function's code, with its Runtime API, its output and its deadline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>

#include "function/child_process.hpp"
#include "function/configuration.hpp"
#include "function/event_loop.hpp"
#include "function/function_log.hpp"
#include "function/runtime_api.hpp"
#include "function/runtimes.hpp"
#include "sched/timers.hpp"

namespace stepwell::function {

/// How an invocation ended.
struct Outcome {
    bool is_error = false;      ///< X-Amz-Function-Error: Unhandled
    std::string payload;        ///< what the handler gave, or AWS's error object
    std::string log_tail = {};  ///< the last 4 KiB of what was logged meanwhile
};

/// AWS's error object: {"errorType": ..., "errorMessage": ...}.
std::string error_payload(std::string_view type, std::string_view message);
/// "RequestId: <id> Error: Runtime exited with error: exit status 1", as an error object.
std::string exit_payload(std::string_view request_id, const ExitStatus& exit);
/// "RequestId: <id> Error: Task timed out after 3.00 seconds", as an error object.
std::string timeout_payload(std::string_view request_id, std::int64_t timeout_seconds);

class Sandbox;

/// Why a sandbox ended before it was ready for its first invocation.
struct StartFailure {
    std::string error = {};  ///< what the runtime reported to /init/error; empty: nothing
    bool has_timed_out = false;
    ExitStatus exit = {};
};

/// Who keeps sandboxes. Called on the loop's thread, never from within a call to the sandbox but
/// `kill`.
class SandboxOwner {
 public:
    /// It waits for an invocation.
    virtual void sandbox_is_idle(Sandbox& sandbox) = 0;
    /// The invocation that it had is over. It may have ended, too: then `sandbox_has_ended`
    /// follows.
    virtual void sandbox_answered(Sandbox& sandbox, Outcome outcome) = 0;
    /// It takes no more invocations; drop it. `failure` is set when it was never ready.
    virtual void sandbox_has_ended(Sandbox& sandbox,
                                   const std::optional<StartFailure>& failure) = 0;

 protected:
    ~SandboxOwner() = default;
};

/// What all sandboxes of a host use.
struct SandboxSurroundings {
    EventLoop& loop;
    Clock& clock;
    sched::Timers& timers;
    SandboxOwner& owner;
};

/// Starts as a process that loads its code, then takes invocations one after another until it ends
/// or is killed.
///
/// threads  the loop's only. The owner holds it until `sandbox_has_ended`; what is still pending
/// keeps it alive after that
class Sandbox final : public std::enable_shared_from_this<Sandbox>, private RuntimeApiEvents {
 public:
    /// errors   InvalidRuntimeException, SystemFailure: as program_of and start_child
    static Result<std::shared_ptr<Sandbox>> start(const SandboxSurroundings& surroundings,
                                                  const FunctionConfiguration& function,
                                                  const RuntimeSettings& settings,
                                                  SandboxPlace place,
                                                  std::shared_ptr<FunctionLog> log);
    ~Sandbox();

    /// Hands over an invocation; only when idle. The deadline is set here.
    void invoke(RuntimeInvocation invocation);

    /// Kills it with all that it started. What it had to answer stays unanswered; the owner hears
    /// nothing more.
    void kill();
    /// The same, and waits until the process is gone.
    void kill_and_wait();

    bool is_idle() const noexcept { return state_ == State::idle; }
    TimePoint idle_since() const noexcept { return idle_since_; }

 private:
    enum class State : std::uint8_t {
        starting,  // loads its code
        idle,      // waits for an invocation
        busy,      // has one
        settling,  // has answered, has not asked for the next one yet
        ended,
    };
    struct Streams;

    Sandbox(const SandboxSurroundings& surroundings, const FunctionConfiguration& function,
            std::shared_ptr<FunctionLog> log);
    void open_streams(ChildProcess child);
    void watch_exit();
    void watch_output();
    std::size_t read_output(std::size_t bytes_max);

    void runtime_is_ready() override;
    void runtime_answered(std::string_view request_id, std::string payload) override;
    void runtime_failed(std::string_view request_id, std::string error) override;
    void runtime_answered_too_much(std::string_view request_id, std::uint64_t bytes) override;
    void runtime_failed_to_start(std::string error) override;

    void process_has_exited();
    void set_deadline(milliseconds from_now);
    void arm_timer();
    void deadline_has_come();
    void finish(Outcome outcome, std::string_view status);
    void end(std::optional<StartFailure> failure);
    void log_line(std::string_view text);
    void log_output(std::string_view text);
    std::string report(std::string_view status) const;

    const SandboxSurroundings surroundings_;
    const FunctionConfiguration function_;
    const std::shared_ptr<FunctionLog> log_;

    State state_ = State::starting;
    std::unique_ptr<RuntimeApi> api_;
    std::unique_ptr<Streams> streams_;
    std::string temporary_directory_;
    pid_t process_id_ = 0;  // 0 once its exit has been collected
    RuntimeInvocation invocation_;
    std::string start_error_;
    std::string tail_;
    TimePoint started_at_{};
    TimePoint invoked_at_{};
    TimePoint idle_since_{};
    std::optional<milliseconds> start_duration_;  // shown with the first invocation only

    // Invariant: while deadline_ is not `never`, a timer fires at timer_due_ <= deadline_, looks,
    // and is armed again.
    TimePoint deadline_ = never;
    TimePoint timer_due_ = never;
};

}  // namespace stepwell::function
