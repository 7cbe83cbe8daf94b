// A running execution in memory.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/payload.hpp>

#include "asl/evaluate.hpp"
#include "flow/history_event.hpp"
#include "flow/ports.hpp"
#include "flow/records.hpp"
#include "flow/state_machine.hpp"
#include "sched/slab.hpp"
#include "sched/task.hpp"
#include "sched/timer_wheel.hpp"

namespace stepwell::flow {

struct Execution;

/// What ended a branch's waiting.
struct Outcome {
    enum class Kind : std::uint8_t {
        none,
        answered,           ///< the task's result, or the service's response while submitting
        failed,             ///< by SendTaskFailure or the service
        not_submitted,      ///< the service that should have taken the token failed
        timed_out,          ///< TimeoutSeconds
        heartbeat_missed,   ///< HeartbeatSeconds
        woken,              ///< the pause or the Wait is over
        stopped,            ///< StopExecution
        machine_timed_out,  ///< the machine's TimeoutSeconds
    };
    Kind kind = Kind::none;
    Payload output = {};                             ///< of answered
    std::unique_ptr<TaskFailure> failure = nullptr;  ///< of failed, not_submitted and stopped
    bool has_error = false;                          ///< whether an error was named ...
    bool has_cause = false;                          ///< ... and a cause
};

/// How an execution ended.
struct Ending {
    ExecutionStatus status = ExecutionStatus::succeeded;
    Payload output = {};
    std::optional<std::string> error = {};
    std::optional<std::string> cause = {};
};

/// One line of states: an execution's own; each branch and iteration will have one of its own.
///
/// Waits for one thing at a time. Whoever ends the waiting (a token, an answer, a timer, a stop)
/// goes through ExecutionShard::deliver, so exactly one of them does: the slot is closed and the
/// timer disarmed there.
///
/// threads  its shard's
struct Branch : sched::TimerEntry {
    explicit Branch(Execution& e) : execution(e) {}

    /// Awaited in a waiting phase: suspends until an outcome is delivered.
    auto outcome_arrives() noexcept {
        struct Awaiter {
            Branch& branch;
            bool await_ready() const noexcept { return branch.outcome.kind != Outcome::Kind::none; }
            void await_suspend(std::coroutine_handle<> handle) const noexcept {
                branch.waiter = handle;
            }
            Outcome await_resume() const noexcept {
                branch.waiter = nullptr;
                return std::exchange(branch.outcome, Outcome{});
            }
        };
        return Awaiter{*this};
    }

    Execution& execution;
    sched::Task task;
    std::coroutine_handle<> waiter;
    Outcome outcome;

    Phase phase = Phase::entering;
    bool has_slot = false;
    asl::StateIndex state{};
    std::uint32_t slot = 0;         // while has_slot ...
    std::uint32_t slot_shard = 0;   // ... in the table of this shard number
    std::uint32_t generation = 0;   // ... with this one
    std::uint32_t retry_count = 0;  // of the present state
    EventId previous_event = 0;     // what the next event points to
    EventId entered_event = 0;
    EventPlace scheduled;    // of the present attempt of a task
    EventPlace input_place;  // where the history holds `input`
    Field input_field = Field::input;
    Payload input;  // of the present state
    asl::Variables variables;
    TimePoint entered_time{};
    TimePoint wake_at = never;  // end of the task's time, of the pause or of the Wait
    TimePoint heartbeat_at = never;
    std::uint32_t heartbeat_seconds = 0;
    std::vector<std::uint32_t> retrier_attempts;  // of the present state; empty until one retries
};

/// threads  its shard's
struct Execution {
    Execution() : root(*this) {}

    ExecutionId id = 0;
    StateMachinePtr machine;
    std::string name;
    std::string trace_header;
    Payload input;
    TimePoint start{};
    TimePoint machine_times_out = never;

    EventId last_event = 0;
    std::uint32_t generation = 0;        // of the newest token
    std::unique_ptr<ChunkWriter> chunk;  // the present turn's events; absent when there are none
    bool is_dirty = false;               // listed in the shard's dirty_
    bool is_new = false;                 // its record is not written yet
    bool is_history_full = false;        // the next event has to be the last
    ExecutionStatus status = ExecutionStatus::running;
    TimePoint stop{};                // once it has ended
    std::unique_ptr<Ending> ending;  // once it has ended

    std::unique_ptr<Completion<ExecutionDescription>> ended;  // told at the end; lost in a restart
    std::vector<EventId> chunk_starts;  // kept only where ended executions are limited in number

    Branch root;
};

}  // namespace stepwell::flow
