// The executions of one shard.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/identity.hpp"
#include "base/random.hpp"
#include "flow/execution.hpp"
#include "flow/executions.hpp"
#include "flow/map_run.hpp"
#include "sched/shard.hpp"
#include "sched/task_token.hpp"
#include "sched/token_table.hpp"

namespace stepwell::flow {

struct ResultTarget;  // flow/result_writer.hpp

/// What all shards share. Immutable while they run; everything referred to outlives them.
struct ShardEnvironment {
    Identity identity;
    sched::TokenKey token_key;
    std::uint32_t shards = 1;
    std::uint32_t epoch = 1;
    std::uint64_t seed = 0;
    std::uint64_t closed_executions_max = 0;  ///< of one shard
    Clock& clock;
    Storage& storage;
    const StateMachineSource& machines;
    TaskPort& port;
    ObjectPort* objects = nullptr;      ///< absent: ItemReaders fail
    PassivationRules passivation = {};  ///< resident_max: of one shard
};

/// Owns the executions whose names hash to it, their tokens and timers.
///
/// Invariants
///  (1) Whatever an execution does in a turn is in that turn's Effects, in one piece: events,
///  continuation or end,
///      what its tasks changed, and the replies to the calls that caused it.
///  (2) A branch in a waiting phase has a suspended coroutine and no outcome; deliver() ends the
///  waiting, once. (3) A branch has an open slot exactly from the start of a task's attempt until
///  its outcome. (4) A branch of a Parallel or Map is destroyed at the end of a turn, and not while
///  it waits for the next: so never while its coroutine runs or is about to.
///
/// threads  send: any; everything else: the shard's own thread, or before it starts the caller of
/// `recover`
class ExecutionShard final : public sched::Shard::Delegate {
 public:
    ExecutionShard(std::uint32_t index, const ShardEnvironment& environment);
    ~ExecutionShard() override;

    void send(sched::Command command) { shard_.send(std::move(command)); }
    void start_thread() { shard_.start(); }
    void stop_thread() {
        door_->close();
        shard_.stop();
    }

    /// Takes up an execution that was running when the process ended. Before the thread starts.
    using StoredBranches = std::vector<std::pair<BranchNumber, std::string>>;  ///< by number
    struct Stored {
        ExecutionId id = 0;
        std::string running;  ///< its record in the table continuation
        StoredBranches branches;
    };
    Result<> recover(const Stored& stored);
    void finish_recovering();

    // What callers ask for, in a turn.
    void start(StartExecutionInput input, bool is_name_given,
               Completion<StartExecutionOutput> done);
    void test_state(std::unique_ptr<StateTest> test);
    void stop(ExecutionId id, Outcome reason, Completion<TimePoint> done);
    void succeed_task(const sched::TokenAddress& address, Payload output, Completion<> done);
    void fail_task(const sched::TokenAddress& address, Outcome failure, Completion<> done);
    void heartbeat(const sched::TokenAddress& address, Completion<> done);
    void answer_task(const sched::TokenAddress& address, TaskAnswer answer);
    void activity_task_started(const sched::TokenAddress& address, std::string_view worker_name,
                               Completion<> done);
    void wait_until_ended(ExecutionId id, std::string execution_arn,
                          Completion<ExecutionDescription> done);
    void redrive(ExecutionId id, const std::string& client_token, Completion<TimePoint> done);
    void stop_started_by(const std::string& starter, const std::string& cause);
    /// Lets all that only wait leave memory: flow/passivation.cpp
    void passivate_all(Completion<> done);
    bool has_started(const std::string& starter) const { return started_by_.contains(starter); }

    // What running branches use (flow/state_runner.cpp).
    const ShardEnvironment& environment() const noexcept { return environment_; }
    sched::Slab& slab() noexcept { return shard_.slab(); }
    TimePoint now() const noexcept { return shard_.now(); }
    Effects& effects() noexcept { return shard_.effects(); }
    Random& random() noexcept { return random_; }
    /// The execution's ARN; the view is valid until the next call.
    std::string_view arn_of(const Execution& execution);
    std::string name_of(const Execution& execution) const;
    /// Begins an event that follows the branch's last one; the caller adds its fields.
    ChunkWriter& record(Branch& branch, EventType type);
    /// Begins an event that follows `previous`, while the branch's last one stays what it is.
    ChunkWriter& record_aside(Branch& branch, EventType type, EventId previous);
    /// Ends the execution with an event of the given type.
    void end(Execution& execution, EventType type, EventId previous, Ending ending);
    /// Where the execution's newest event will be stored.
    EventPlace last_place(const Execution& execution) const noexcept {
        return {execution.last_event, execution.chunk == nullptr ? 0 : execution.chunk->first_id()};
    }
    /// Adds a branch to the parent's fan-out, to run later in this turn. Before that the caller
    /// sets what it starts with.
    Branch& add_branch(Branch& parent, std::uint32_t index, asl::StateIndex start);
    /// Tells the parent that the branch, which calls this, is over.
    void branch_ended(Branch& branch, Payload output, std::unique_ptr<Ending> failure);
    /// Takes a branch that is over out of its parent's fan-out.
    void remove_ended(Branch& branch);
    /// Ends the branch's fan-out with all that is left in it: tokens, timers and records.
    void end_fan_out(Branch& branch);
    void mark_dirty(Branch& branch);

    // Map runs: flow/map_runs.cpp
    /// Makes the run of the owner's fan-out; the caller says what it goes over.
    MapRun& begin_map_run(Branch& owner, asl::MapRunSettings settings);
    /// Starts the child that has the run's next items.
    void start_child(MapRun& run, Payload input, std::uint32_t items);
    /// The run is over: its children are stopped, and only its record stays.
    void end_map_run(MapRun& run, MapRunStatus status);
    /// Has the items read; the owner is woken when they are there. An error where that cannot be.
    Result<> read_items(MapRun& run, const asl::State& state, const Payload& parameters);
    /// Stores the items that were read.
    void keep_items(MapRun& run, const Payload& items, std::uint64_t count);
    /// Has the results written; the owner is woken when they are.
    void write_results(MapRun& run, ResultTarget target);
    /// Makes the run that the owner's record names, as it stands in the store.
    Result<> restore_map_run(Branch& owner, asl::MapRunSettings settings);
    void update_map_run(MapRunId id, const UpdateMapRunInput& changes, Completion<> done);

    /// Keeps where the execution, which is about to end without success, can go on:
    /// flow/redrive.cpp
    void keep_for_redrive(Execution& execution);
    /// Has the job followed that the branch's .sync task has begun, once that is recorded.
    void follow_job(Branch& branch, const Payload& response);
    /// Opens the next token of the branch.
    void open_slot(Branch& branch);
    void close_slot(Branch& branch);
    sched::TokenAddress address_of(const Branch& branch) const noexcept;
    void arm(Branch& branch);
    /// Suspends the calling branch until the next turn.
    auto next_turn(Branch& branch) noexcept {
        struct Awaiter {
            sched::Shard& shard;
            Branch& branch;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> handle) const {
                branch.is_yielding = true;
                shard.make_ready_next_turn(handle);
            }
            void await_resume() const noexcept { branch.is_yielding = false; }
        };
        return Awaiter{shard_, branch};
    }

    std::uint64_t running() const noexcept { return running_.load(std::memory_order_relaxed); }
    std::uint64_t passivated() const noexcept {
        return passivated_.load(std::memory_order_relaxed);
    }
    std::uint64_t started() const noexcept { return started_.load(std::memory_order_relaxed); }
    std::uint64_t succeeded() const noexcept { return succeeded_.load(std::memory_order_relaxed); }
    std::uint64_t failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
    std::uint64_t timed_out() const noexcept { return timed_out_.load(std::memory_order_relaxed); }
    std::uint64_t aborted() const noexcept { return aborted_.load(std::memory_order_relaxed); }
    /// Tokens that may still be returned.
    std::uint64_t open_tokens() const noexcept {
        return open_tokens_.load(std::memory_order_relaxed);
    }

 private:
    using Tokens = sched::TokenTable<Branch>;

    // The way in for an object store that answers when this shard may be gone.
    // threads  any
    struct Door {
        explicit Door(ExecutionShard& s) : shard(&s) {}
        /// Gives the run, if it is still under way, its news and wakes its owner.
        void tell(MapRunId id, UniqueFunction<void(MapRun&)> news);
        void close();

        std::mutex mutex;
        ExecutionShard* shard;  // absent once it is closed
    };

    // Only the shard's thread writes its counters: a load and a store are enough.
    static void add(std::atomic<std::uint64_t>& counter, std::int64_t by) noexcept {
        // relaxed: see the members
        const std::uint64_t value =
            counter.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(by);
        counter.store(value, std::memory_order_relaxed);
    }

    void timer_fired(sched::TimerEntry& entry) override;
    void turn_ending() override;
    void keep_house() override;

    Tokens& tokens_of(std::uint32_t shard) { return tokens_[shard / environment_.shards]; }
    Branch* find(const sched::TokenAddress& address);

    // Passivation: flow/passivation.cpp
    /// The running execution with this id, read back if it was passivated. Null: there is none, or
    /// (then it is in asleep_ still) its records are damaged.
    Execution* resident(ExecutionId id);
    /// The same of one that is in asleep_.
    Execution* wake(ExecutionId id);
    void plan_house_keeping();
    std::uint64_t excess() const noexcept;
    void let_go_when_stored(std::vector<ExecutionId> leaving, Completion<> done);
    void let_go(Execution& execution);
    static TimePoint first_due(Execution& execution);
    void fire_overdue(Execution& execution);
    void set_alarm();
    void wake_due();
    /// Takes up an execution that only waits without reading it back. False: it does more.
    bool recover_asleep(ExecutionId id, const Continuation& continuation,
                        const ExecutionRecord& record);

    static TimePoint due_of(const Branch& branch) noexcept;
    Error spent(const sched::TokenAddress& address) const;
    std::atomic<std::uint64_t>& counter_of(ExecutionStatus status) noexcept;
    bool deliver(Branch& branch, Outcome outcome);
    // The jobs of .sync tasks: flow/jobs.cpp
    std::string starter_of(const sched::TokenAddress& address) const;
    bool has_begun_job(const Branch& branch) const;
    void follow_job_again(Branch& branch);
    void abandon_job(Branch& branch);
    void answer_abandoned(const sched::TokenAddress& address, const TaskAnswer& answer);
    void mark_dirty(Execution& execution);
    ChunkWriter& chunk_of(Execution& execution);
    Execution& begin_execution(ExecutionId id, StateMachinePtr machine, std::string name,
                               Payload input);
    void write_names(const Execution& execution);
    void begin_first_state(Execution& execution);
    void end_turn_of_test(Execution& execution);
    std::optional<ExecutionId> find_name(const StartExecutionInput& input,
                                         const std::string& key) const;
    bool is_named_by_id(ExecutionId id, std::string_view machine_name) const;
    std::optional<TimePoint> start_date_by(ExecutionId id, std::string_view starter) const;
    void answer_duplicate(ExecutionId id, const StartExecutionInput& input,
                          Completion<StartExecutionOutput> done);
    Result<TimePoint> redrive_now(ExecutionId id, const std::string& client_token);
    void when_settled(sched::Command command);
    void settle(ExecutionId id);
    void write_redrive_point(const Execution& execution);
    void begin_redriven(Execution& execution);
    void wake_redriven(Branch& branch);
    void write_chunk(Execution& execution);
    void write_continuation(Execution& execution);
    void write_moved_branches();
    void write_root_apart(Branch& root);
    void write_finished(Branch& parent);
    void list(Branch& branch);
    void cancel(Branch& branch);
    void drop_over();
    void write_end(Execution& execution);
    void evict_oldest_closed();
    void erase_express(const Execution& execution);
    ExecutionDescription describe_ended(const Execution& execution);
    void forget_names_when_applied();

    ExecutionId next_id(ExecutionId beside);
    void mark_dirty(MapRun& run);
    void write_map_runs();
    void wake(MapRun& run);
    void child_ended(const Execution& child);
    void keep_result(MapRun& run, const Execution& child);
    void forget_results(MapRun& run);
    void stop_child(ExecutionId id);
    void abort_map_run(MapRun& run);
    Result<> restore_results(MapRun& run);
    Result<> restore_machine(Execution& execution, const ExecutionRecord& record);
    std::shared_ptr<Rehearsal> rehearsal_of(const Execution& execution) const;
    void rejoin_children();

    struct Recovered {
        ExecutionId id;
        std::string_view continuation;
        const StoredBranches& branches;
    };
    Result<> recover(const Recovered& stored, const std::optional<ExecutionRecord>& record);
    void restart_recovered();
    Error damaged(ExecutionId id) const;
    Result<> restore_execution(Execution& execution, const ExecutionRecord& record,
                               const ExecutionState& state);
    Result<> restore_branch(Branch& branch, BranchState state);
    void restore_slot(Branch& branch);
    Result<> restore_branches(Execution& execution, const Recovered& stored);
    Result<> restore_inner(Branch& parent, BranchNumber number, BranchRecord record);
    Result<> restore_fan_out(Branch& branch);
    void resume_recovered(Branch& branch);

    struct Closed {
        ExecutionId id;
        std::uint64_t listing;
        TimePoint start;
        std::string name_key;  // empty: its id names it
        std::vector<EventId> chunks;
        std::vector<MapRunId> map_runs;
        bool is_rehearsal = false;
    };

    const ShardEnvironment& environment_;
    const std::shared_ptr<Door> door_;
    sched::Shard shard_;

    // The shard's thread's only.
    Random random_;
    ExecutionId next_id_;
    Residents residents_;            // all of executions_
    Sleepers asleep_;                // the other running ones
    sched::TimerEntry alarm_;        // when the first of them is due
    std::size_t leaving_ = 0;        // of executions_: on their way to asleep_, unless they move
    TimePoint pressure_looks_at_{};  // not sooner
    // The same for shards that are not there now, but named executions whose children run here.
    std::unordered_map<std::uint32_t, ExecutionId> next_ids_of_others_;
    std::unordered_map<ExecutionId, std::unique_ptr<Execution>> executions_;  // the running ones
    std::vector<Tokens> tokens_;  // by shard number / number of shards: a directory may have been
                                  // used with more shards
    std::vector<Execution*> dirty_;                   // changed in this turn
    std::vector<Branch*> moved_;                      // the same, of branches within
    std::unordered_map<MapRunId, MapRun*> map_runs_;  // those under way
    std::vector<MapRunId> moved_map_runs_;            // changed in this turn
    // Which machines children run, while they are read back.
    std::map<std::pair<StateMachinePtr, std::uint32_t>, StateMachinePtr> machines_of_children_;
    std::vector<std::unique_ptr<Branch>> over_;  // destroyed at the end of the turn
    std::vector<std::unique_ptr<ChunkWriter>> spare_chunks_;
    std::unordered_map<std::string, ExecutionId>
        recent_names_;  // given names that the store may not have yet
    std::vector<std::string> names_of_turn_;
    bool has_rehearsals_;  // there are, or have been, executions that are tried out
    // Redriven ones that have ended again, while the store may have the end before only.
    std::unordered_set<ExecutionId> settling_;
    std::unordered_map<ExecutionId, std::vector<Completion<ExecutionDescription>>> waiting_for_end_;
    std::deque<Closed> closed_;  // oldest first; only where their number is limited
    std::unordered_map<std::string, ExecutionId> started_by_;  // running ones that tasks started
    std::unordered_map<std::string, std::string>
        abandoned_;                    // jobs that may not have begun yet: starter -> cause
    std::vector<Branch*> to_restart_;  // recovered branches whose task has to be sent out again
    std::string value_;                // being written
    std::string arn_;                  // of the execution that was asked for last
    ExecutionId arn_execution_{};
    ChunkWriter discarded_;  // takes the events beyond the limit

    // Written by the shard's thread, read by any. Relaxed: each counts by itself, nothing is
    // derived from their order.
    alignas(64) std::atomic<std::uint64_t> running_{0};
    std::atomic<std::uint64_t> passivated_{0};
    std::atomic<std::uint64_t> started_{0};
    std::atomic<std::uint64_t> succeeded_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> timed_out_{0};
    std::atomic<std::uint64_t> aborted_{0};
    std::atomic<std::uint64_t> open_tokens_{0};
};

/// What lists the execution: its state machine, or the map run that it is a child of.
inline std::uint64_t listing_of(const Execution& execution) noexcept {
    return execution.child_of == nullptr ? execution.machine->id : execution.child_of->map_run;
}

/// Runs the branch's states, from where it stands to the end. Starts suspended.
sched::Task run_branch(ExecutionShard& shard, Branch& branch);

/// Sends the task that a recovered branch waits for out again.
void restart_task(ExecutionShard& shard, Branch& branch, const Payload& parameters);

}  // namespace stepwell::flow
