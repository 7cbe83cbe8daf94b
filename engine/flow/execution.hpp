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
#include "flow/passivation.hpp"
#include "flow/ports.hpp"
#include "flow/records.hpp"
#include "flow/redrive.hpp"
#include "flow/state_machine.hpp"
#include "sched/slab.hpp"
#include "sched/task.hpp"
#include "sched/timer_wheel.hpp"

namespace stepwell::flow {

struct Execution;
struct StateTest;  // flow/state_test.hpp
class Rehearsal;   // flow/rehearsal.hpp

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
        branches_ended,     ///< some of the branches, or children, that it has fanned out to
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
    TimePoint time{};
};

struct Branch;
struct MapRun;  // flow/map_run.hpp

/// What a branch in a Parallel or Map state waits for: its branches, or iterations.
///
/// Invariants
///  (1) An index below `started` is in `running` or is_over in `done`; one above is in neither.
///  (2) `running` is ordered by index.
struct FanOut {
    FanOut();
    ~FanOut();

    /// A branch that is over well, by its index.
    struct Done {
        Payload output;  ///< absent once all of them together are too large
        EventPlace place;
        EventId last_event = 0;
        BranchNumber number = 0;
        bool is_over = false;
        bool is_stored = false;
    };
    /// A branch that has just ended: its parent has not taken it yet.
    struct Ended {
        Branch* branch;
        Payload output;
        std::unique_ptr<Ending> failure;  ///< absent: it succeeded
    };

    std::vector<std::unique_ptr<Branch>> running;
    std::vector<Done> done;  // by index, all of them
    std::vector<Ended> ended;
    std::vector<std::uint32_t> unwritten;  // indices in done whose record is to be written
    std::uint32_t started = 0;
    std::uint32_t over = 0;
    std::size_t output_bytes = 0;        // of all that are over
    EventId last_event = 0;              // of the branch that was over last
    std::optional<asl::MapItems> items;  // of a Map
    std::unique_ptr<MapRun> map_run;     // of one in DISTRIBUTED mode, which has no branches
};

/// One line of states: an execution's own, a branch of a Parallel, an iteration of a Map.
///
/// Waits for one thing at a time. Whoever ends the waiting (a token, an answer, a timer, a stop)
/// goes through ExecutionShard::deliver, so exactly one of them does: the slot is closed and the
/// timer disarmed there.
///
/// threads  its shard's
struct Branch : sched::TimerEntry, BranchState {
    explicit Branch(Execution& e, Branch* p = nullptr) : execution(e), parent(p) {}

    /// Awaited in a waiting phase: suspends until an outcome is delivered, which is in `outcome`
    /// then.
    auto outcome_arrives() noexcept {
        struct Awaiter {
            Branch& branch;
            bool await_ready() const noexcept { return branch.outcome.kind != Outcome::Kind::none; }
            void await_suspend(std::coroutine_handle<> handle) const noexcept {
                branch.waiter = handle;
            }
            void await_resume() const noexcept { branch.waiter = nullptr; }
        };
        return Awaiter{*this};
    }

    bool is_root() const noexcept { return parent == nullptr; }
    BranchPlace place() const noexcept;

    Execution& execution;
    Branch* const parent;  // whose state it is part of
    sched::Task task;
    std::coroutine_handle<> waiter;
    Outcome outcome;

    BranchNumber number = 0;
    std::uint32_t index = 0;          // among its parent's
    Payload item;                     // of an iteration
    std::unique_ptr<FanOut> fan_out;  // in phase fanned_out

    std::unique_ptr<BranchRecords> cut;  // those below, once its Parallel or Map has failed

    bool is_dirty = false;     // its own record has to be written
    bool is_listed = false;    // in the shard's moved_
    bool is_stored = false;    // has a record of its own
    bool is_over = false;      // its coroutine does nothing more
    bool is_yielding = false;  // until the next turn
    bool has_failed = false;   // in the state that it stands in, for good
};

inline BranchPlace Branch::place() const noexcept {
    return {is_root() ? 0 : parent->number, index};
}

/// What few executions have.
struct Particulars {
    std::string name;  // empty: its id names it; of an EXPRESS one: as express_name() makes it
    std::string trace_header;
    std::string starter;  // the request id of the task that started it; else empty
    MachineQualifier qualifier;
    Redrives redrives;
    std::unique_ptr<BranchRecords> redrive_point;  // once it has ended without success
    std::vector<MapRunId> map_runs;        // kept only where ended executions do not stay for ever
    std::shared_ptr<Rehearsal> rehearsal;  // of one that is tried out, and of its children
};

/// Who is told of its end.
struct Listener {
    Completion<ExecutionDescription> ended;
    UniqueFunction<void(ExecutionStatus)> over;
};

/// Millions of them wait in memory: the size is asserted below.
///
/// threads  its shard's
struct Execution : ExecutionState, Resident {
    Execution();
    ~Execution();

    const Particulars& particulars() const noexcept;
    Particulars& make_particulars();
    /// Null: it is none that is tried out.
    Rehearsal* rehearsal() const noexcept {
        return own_particulars == nullptr ? nullptr : own_particulars->rehearsal.get();
    }

    ExecutionStatus status = ExecutionStatus::running;
    bool is_dirty = false;         // listed in the shard's dirty_
    bool is_new = false;           // its record is not written yet
    bool is_history_full = false;  // the next event has to be the last
    std::uint32_t states = 0;      // begun in this process
    ExecutionId id = 0;
    StateMachinePtr machine;
    Payload input;
    TimePoint start{};
    std::unique_ptr<ChunkWriter> chunk;  // the present turn's events; absent when there are none
    std::unique_ptr<Ending> ending;      // once it has ended

    std::unique_ptr<Listener> listener;  // of its end; lost in a restart
    std::vector<EventId> chunk_starts;   // kept only where ended executions do not stay for ever
    std::unique_ptr<StateTest> test;     // of one that only tests its first state
    std::unique_ptr<ChildOf> child_of;   // of a child of a distributed Map
    std::unique_ptr<Particulars> own_particulars;  // absent: it has none
    BranchNumber last_branch = 0;

    Branch root;
};
static_assert(sizeof(Execution) <= 448, "beyond a size class of the allocator");

/// What DescribeExecution tells of it.
ExecutionRecordView view_of(const Execution& execution) noexcept;

/// How a branch that is over stands in its record: its output and its place in the chain of
/// events.
inline BranchState finished_state(const FanOut::Done& done) {
    BranchState state;
    state.phase = Phase::finished;
    state.previous_event = done.last_event;
    state.input_place = done.place;
    state.input_field = Field::output;
    return state;
}

/// Appends the records of the branches in the fan-out, as a redrive goes on with them.
void append_records_below(const Branch& branch, BranchRecords& records);  // flow/redrive.cpp

inline bool is_express(const Execution& execution) noexcept {
    return execution.machine->type == MachineType::express;
}

}  // namespace stepwell::flow
