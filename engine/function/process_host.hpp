// Runs functions in processes: one sandbox for each invocation at a time, kept warm, a bounded
// number of them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "function/code_store.hpp"
#include "function/event_loop.hpp"
#include "function/sandbox.hpp"
#include "sched/timers.hpp"

namespace stepwell::function {

/// One revision of a function, ready to run. Immutable and shared.
struct Program {
    FunctionConfiguration configuration;
    CodePtr code;
    std::string root;            ///< the code store's
    std::uint64_t revision = 0;  ///< of two programs of one function the newer has the greater one
    std::optional<std::uint32_t> sandboxes_max =
        {};  ///< the reserved concurrency, where there is one
};
using ProgramPtr = std::shared_ptr<const Program>;

/// Owns all sandboxes. An invocation goes to an idle one, else to a new one, else it waits for one.
///
/// threads  every function may be called from any thread and does not block, except `stop`;
/// completions run on the host's
///          own thread and must not block. That thread starts with the first invocation.
class ProcessHost final : private SandboxOwner {
 public:
    struct Options {
        RuntimeSettings settings = {};  ///< bootstrap_directory is set from the program's root
        std::string log_directory = {};
        std::uint32_t sandboxes_per_function_max = 16;
        std::uint32_t sandboxes_max = 64;
        std::uint32_t waiting_per_function_max = 10'000;
        milliseconds idle_time_max = std::chrono::minutes(5);
    };
    using Completion = UniqueFunction<void(Result<Outcome>)>;

    ProcessHost(Options options, Clock& clock, sched::Timers& timers);
    ~ProcessHost();

    /// Runs one invocation.
    ///
    /// errors   TooManyRequestsException: too many wait; InvalidRuntimeException; ServiceException:
    /// the machine is out of
    ///          something; ResourceNotFoundException: the function was deleted; ServiceUnavailable:
    ///          the host has stopped
    void invoke(ProgramPtr program, RuntimeInvocation invocation, Completion done);

    /// From now on the function runs this program: idle sandboxes of an older one end, busy ones
    /// after their invocation.
    void replace(ProgramPtr program);

    /// Kills the function's sandboxes; who waits for an answer gets ResourceNotFoundException.
    void remove(std::string function_name);

    void set_endpoint(std::string url);

    /// Kills all sandboxes and waits until they are gone; what has no answer gets
    /// ServiceUnavailable. Final. Blocks.
    void stop();

    struct Statistics {
        std::uint64_t sandboxes = 0;
        std::uint64_t sandboxes_started = 0;
        std::uint64_t waiting = 0;
    };
    /// Calls back on the host's thread.
    void statistics(UniqueFunction<void(Statistics)> done);

 private:
    struct Job {
        RuntimeInvocation invocation;
        Completion done;
    };
    struct Pool {
        ProgramPtr program;
        std::shared_ptr<FunctionLog> log;
        std::deque<Job> waiting;
        std::vector<Sandbox*> idle;  // the last one used is the next one used
        std::uint32_t starting = 0;
        std::uint32_t sandboxes = 0;  // of the present program: starting, idle and busy
    };
    struct Member {
        std::shared_ptr<Sandbox> sandbox;
        std::string function_name;
        std::uint64_t revision = 0;
        bool is_starting = true;
        bool is_retired = false;              // of an older program: no longer counted in its pool
        std::optional<Completion> done = {};  // of the invocation that it has
    };

    void sandbox_is_idle(Sandbox& sandbox) override;
    void sandbox_answered(Sandbox& sandbox, Outcome outcome) override;
    void sandbox_has_ended(Sandbox& sandbox, const std::optional<StartFailure>& failure) override;

    Pool& pool_of(const ProgramPtr& program);
    void use_program(Pool& pool, const ProgramPtr& program);
    void dispatch(Pool& pool);
    void give(Pool& pool, Sandbox& sandbox);
    bool has_room(const Pool& pool);
    bool evict_longest_idle();
    void start_sandbox(Pool& pool);
    void fail_first(Pool& pool, Error error);
    void fail_start(Pool& pool, const StartFailure& failure);
    void forget(Sandbox& sandbox);
    void dispatch_starved();
    void schedule_sweep();
    void sweep();
    void kill_all();

    Options options_;
    Clock& clock_;
    sched::Timers& timers_;
    const std::shared_ptr<EventLoop> loop_ = std::make_shared<EventLoop>("function-host");

    // The loop's thread only, from here on.
    std::unordered_map<std::string, std::unique_ptr<Pool>> pools_;
    std::unordered_map<Sandbox*, Member> members_;
    std::uint64_t sandboxes_started_ = 0;
    bool is_sweep_scheduled_ = false;
    bool is_stopped_ = false;
};

}  // namespace stepwell::function
