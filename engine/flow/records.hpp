// What is stored of executions, beside their histories: keys, the execution record, the
// continuation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/payload.hpp>

#include "asl/evaluate.hpp"
#include "base/fixed_key.hpp"
#include "flow/executions.hpp"
#include "flow/history_event.hpp"

namespace stepwell::flow {

/// Names an execution for ever: 8 bits of the shard that it was started on, 20 bits of how often
/// the directory had been opened then, 36 bits counted from 1. So no id is ever used twice,
/// whatever was lost in a crash.
using ExecutionId = std::uint64_t;

inline constexpr std::uint32_t shards_max = 256;
inline constexpr std::uint32_t epochs_max = 1U << 20;

constexpr ExecutionId first_execution_id(std::uint32_t shard, std::uint32_t epoch) noexcept {
    return std::uint64_t{shard} << 56 | std::uint64_t{epoch} << 36 | 1;
}
constexpr std::uint32_t shard_of(ExecutionId id) noexcept {
    return static_cast<std::uint32_t>(id >> 56);
}
constexpr std::uint32_t epoch_of(ExecutionId id) noexcept {
    return static_cast<std::uint32_t>(id >> 36) & (epochs_max - 1);
}

/// Executions of EXPRESS machines may share their names, so these are kept with a UUID behind:
/// "NAME:UUID", as in their ARNs. No name has a ':'.
std::string express_name(std::string_view name);
/// The name that StartExecution gave.
std::string_view given_name(std::string_view execution_name);

/// Names an execution, or the run of a distributed Map, that was given no name: a UUID that says
/// its id, so that no index has to.
std::string uuid_of(const Identity& identity, ExecutionId id);
/// Nothing for a text that uuid_of did not make for this identity.
std::optional<ExecutionId> id_of_uuid(const Identity& identity, std::string_view uuid);

std::string execution_arn(const Identity& identity, std::string_view machine_name,
                          std::string_view execution_name);
std::string state_machine_arn(const Identity& identity, std::string_view machine_name);
/// The two names in "arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME" of this installation;
/// nothing for any other text.
struct ExecutionNames {
    std::string_view machine;
    std::string_view execution;
};
std::optional<ExecutionNames> parse_execution_arn(const Identity& identity, std::string_view arn);

// Keys of the tables execution, continuation, execution_name, execution_listing and history.
using ExecutionKey = FixedKey<8>;
using HistoryKey = FixedKey<12>;
using ListingPrefix = FixedKey<8>;
using ListingKey = FixedKey<24>;
inline ExecutionKey execution_key(ExecutionId id) noexcept { return ExecutionKey(id); }
inline HistoryKey history_key(ExecutionId id, EventId first_event) noexcept {
    return HistoryKey(id, first_event);
}
EventId first_event_of(std::string_view history_key);
/// Of an execution that was given its name.
std::string name_key(std::string_view machine_name, std::string_view execution_name);
/// Sorts by start within one state machine.
inline ListingKey listing_key(std::uint64_t machine_id, TimePoint start, ExecutionId id) noexcept {
    return ListingKey(machine_id, static_cast<std::uint64_t>(start.time_since_epoch().count()), id);
}
inline ListingPrefix listing_prefix(std::uint64_t machine_id) noexcept {
    return ListingPrefix(machine_id);
}
ExecutionId execution_of_listing(std::string_view listing_key);

/// Names a map run for ever; of the same numbers as ExecutionId, so that no execution has it.
using MapRunId = std::uint64_t;

/// What a child of a distributed Map is to its map run.
struct ChildOf {
    MapRunId map_run = 0;
    asl::StateIndex map_state{};
    std::uint32_t index = 0;  // among the run's children
    std::uint32_t items = 1;
    bool has_batch = false;
};

/// How often an execution has been redriven, and the last time.
struct Redrives {
    std::uint32_t count = 0;
    TimePoint date{};
    std::string client_token;  // empty when none was given
};

/// What DescribeExecution tells, without the payloads, which stand in the history. Of one that runs
/// it is part of its continuation, of one that has ended it is in the table execution.
struct ExecutionRecord {
    std::uint64_t machine_id = 0;
    std::uint32_t machine_revision = 0;
    std::string machine_name;
    std::string name;  // empty: its id names it
    ExecutionStatus status = ExecutionStatus::running;
    TimePoint start{};
    TimePoint stop{};        // once it has ended
    EventId last_event = 0;  // the one that ended it; holds output, error, cause
    std::string trace_header;
    MachineQualifier qualifier;
    std::optional<ChildOf> child_of;
    std::string starter;  // the request id of the task that started it; else empty
    Redrives redrives;
};
/// What lists the execution: its state machine, or the map run that it is a child of.
inline std::uint64_t listing_of(const ExecutionRecord& record) noexcept {
    return record.child_of.has_value() ? record.child_of->map_run : record.machine_id;
}
/// The same, of an execution in memory: views of what it has.
struct ExecutionRecordView {
    std::uint64_t machine_id;
    std::uint32_t machine_revision;
    std::string_view machine_name;
    std::string_view name;
    ExecutionStatus status;
    TimePoint start;
    TimePoint stop;
    EventId last_event;
    std::string_view trace_header;
    const MachineQualifier& qualifier;
    const ChildOf* child_of;  // null: it is none
    std::string_view starter;
    const Redrives& redrives;
};
ExecutionRecordView view_of(const ExecutionRecord& record) noexcept;
void append(std::string& out, const ExecutionRecordView& record);
std::string encode(const ExecutionRecord& record);
std::optional<ExecutionRecord> decode_execution_record(std::string_view bytes);

/// What a branch is doing. The numbers are part of the on-disk format.
enum class Phase : std::uint8_t {
    entering = 0,  ///< about to enter its state
    task_submitting =
        1,              ///< a task with a token has been sent out, its service has not answered yet
    task_waiting = 2,   ///< a task waits for its answer or its token
    retry_waiting = 3,  ///< between two attempts of a state
    waiting = 4,        ///< in a Wait state
    fanned_out = 5,     ///< in a Parallel or Map state, whose branches run
    finished = 6,       ///< its last state is over; only its output is still needed
};

/// Where one branch stands, in memory and in the store: the execution's own line of states, a
/// branch of a Parallel, an iteration of a Map.
struct BranchState {
    Phase phase = Phase::entering;
    bool has_slot = false;
    asl::StateIndex state{};
    std::uint32_t slot = 0;         // while has_slot ...
    std::uint32_t slot_shard = 0;   // ... in the table of this shard number
    std::uint32_t generation = 0;   // ... with this one
    std::uint32_t retry_count = 0;  // of the present state
    EventId previous_event = 0;     // what the next event points to
    EventId entered_event = 0;      // of the present state
    EventPlace scheduled;           // of the present attempt of a task
    EventPlace input_place;         // where the history holds `input` (finished: the output) ...
    Field input_field = Field::input;
    Payload input;  // of the present state; stored only while no event holds it
    asl::Variables variables;
    TimePoint entered_time{};
    TimePoint wake_at = never;  // end of the task's time, of the pause or of the Wait
    TimePoint heartbeat_at = never;
    std::uint32_t heartbeat_seconds = 0;
    MapRunId map_run = 0;                         // fanned_out in a distributed Map
    std::vector<std::uint32_t> retrier_attempts;  // of the present state; empty until one retries
};

/// What a running execution has once, however many branches it has.
struct ExecutionState {
    EventId last_event = 0;
    std::uint32_t generation = 0;  // of the newest token
    TimePoint machine_times_out = never;
};

/// Table continuation: what a running execution needs to go on, beside what its history holds. One
/// record under the execution's key, with what DescribeExecution tells; while it is fanned out, one
/// more for each branch (the execution's own too, then), written only when that branch has moved.
struct RunningExecution {
    std::string_view continuation;
    std::string_view record;
};
/// Whether its branches, its own included, have records of their own.
bool has_branch_records(const RunningExecution& running) noexcept;
/// Nothing when it was written by another version of Stepwell. Views into `bytes`.
std::optional<RunningExecution> split_running(std::string_view bytes);
void append_running(std::string& out, const ExecutionState& execution, const BranchState* root,
                    const ExecutionRecordView& record);

struct Continuation {
    ExecutionState execution;
    std::optional<BranchState> root;  // absent: it has a record of its own
};
void append(std::string& out, const ExecutionState& execution, const BranchState* root);
std::string encode(const ExecutionState& execution, const BranchState* root);
std::optional<Continuation> decode_continuation(std::string_view bytes);

/// Numbers the branches of one execution: 0 is its own, others are greater than their parent's.
using BranchNumber = std::uint32_t;

/// Which branch it is.
struct BranchPlace {
    BranchNumber parent = 0;
    std::uint32_t index = 0;  // among the parent's
};
struct BranchRecord {
    BranchPlace place;
    bool has_parents_variables = false;
    BranchState state;
};
using BranchKey = FixedKey<12>;
inline BranchKey branch_key(ExecutionId id, BranchNumber branch) noexcept {
    return BranchKey(id, branch);
}
/// The branch that a key of the table continuation names; nothing when it is the execution's.
std::optional<BranchNumber> branch_of_key(std::string_view key);
std::string encode_branch(const BranchPlace& place, const BranchState& state,
                          bool has_parents_variables);
std::optional<BranchRecord> decode_branch(std::string_view bytes);

}  // namespace stepwell::flow
