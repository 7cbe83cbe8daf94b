// A map run: the child executions of one distributed Map, as it is stored and while it is under
// way.
//
// The children of a run are executions of the same shard as the one that has the Map. So what
// starts a child and what its end means for the run are of one turn, and of one commit: after a
// crash there is nothing to reconcile, no child is started twice and none is forgotten.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/payload.hpp>

#include "asl/map_run.hpp"
#include "base/identity.hpp"
#include "flow/map_run_description.hpp"
#include "flow/records.hpp"
#include "flow/state_machine.hpp"

namespace stepwell::flow {

struct Branch;

/// How those that are over have ended.
struct MapRunEnds {
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t aborted = 0;

    std::uint64_t over() const noexcept { return succeeded + failed + timed_out + aborted; }
    std::uint64_t& of(ExecutionStatus status);
};

/// Table map_run, under the run's id: what DescribeMapRun tells, and how far the run has come.
///
/// Invariants
///  (1) Items below next_item are in children that were started; those from it on are in none.
///  (2) children.over() <= children_started, items.over() <= next_item <= items_total.
struct MapRunRecord {
    ExecutionId execution = 0;  // that has the Map ...
    std::string machine_name;   // ... as its own ARN names it
    std::string execution_name;
    std::string label;
    MapRunStatus status = MapRunStatus::running;
    TimePoint start{};
    TimePoint stop{};  // once it is over
    std::uint32_t max_concurrency = 0;
    std::optional<std::uint64_t> tolerated_failure_count;
    std::optional<double> tolerated_failure_percentage;
    std::uint64_t items_total = 0;
    std::uint64_t items_per_child_max = 1;  // 0: as many as fit into a batch
    std::uint64_t next_item = 0;
    std::uint32_t children_started = 0;
    MapRunEnds items;
    MapRunEnds children;
    std::uint64_t results_written = 0;
    bool is_reading = false;           // its items are not known yet
    bool is_result_too_large = false;  // together; they are not kept any more
};
std::string encode(const MapRunRecord& record);
std::optional<MapRunRecord> decode_map_run_record(std::string_view bytes);

/// Where the output of a child stands, or the text that is its result.
struct ChildResult {
    ExecutionStatus status = ExecutionStatus::succeeded;
    ExecutionId child = 0;  // 0: `text` is the result
    EventPlace place;
    Payload text;
};
std::string encode(const ChildResult& result);
std::optional<ChildResult> decode_child_result(std::string_view bytes);

// Keys of the table map_run: the run's record, its items as an ItemReader gave them, the result of
// a child; and, under the id of the execution that has the Map, which runs it has had.
std::string map_run_key(MapRunId id);
std::string map_run_items_key(MapRunId id);
std::string child_result_key(MapRunId id, std::uint32_t index);
std::optional<std::uint32_t> index_of_result_key(std::string_view key);
std::string map_run_listing_key(ExecutionId execution, MapRunId id);

/// `labelled_name`: the state machine's, with the Map's label behind it.
std::string map_run_arn(const Identity& identity, std::string_view labelled_name, MapRunId id);
/// The id that the ARN of a map run of this installation says; nothing for any other text.
std::optional<MapRunId> parse_map_run_arn(const Identity& identity, std::string_view arn);

/// What the children of the Map at `state` run: the machine, from the Map's processor on.
StateMachinePtr machine_of_children(const StateMachine& machine, asl::StateIndex state);
/// The Map's Label, else a text that stays the same for this revision.
std::string label_of(const StateMachine& machine, asl::StateIndex state);
/// The state machine's name without a label behind it.
std::string_view without_label(std::string_view machine_name) noexcept;
std::string labelled_name(std::string_view machine_name, std::string_view label);

/// A run that is under way, in memory. Its items are its owner's FanOut's.
///
/// Invariants
///  (1) `running` has the children that are started and not over, and how many items each has.
///  (2) What is in `results` is stored, too.
///
/// threads  its shard's
struct MapRun {
    MapRun(MapRunId i, Branch& o) : id(i), owner(o) {}

    const MapRunId id;
    Branch& owner;  // whose state it is
    MapRunRecord record;
    asl::MapRunSettings settings;
    StateMachinePtr machine;  // the children's
    std::unordered_map<ExecutionId, std::uint32_t> running;
    std::map<std::uint32_t, Payload> results;  // by the child's index
    std::size_t result_bytes = 0;
    std::uint32_t started_in_turn = 0;
    bool is_dirty = false;  // listed in the shard's moved_map_runs_
    bool is_read_requested = false;
    std::optional<Result<Payload>> items_read;  // what the ItemReader gave
    bool is_write_requested = false;
    std::optional<Result<>> results_written;  // by the ResultWriter

    const asl::State& state() const { return machine->program->state(*machine->map_state); }
};

}  // namespace stepwell::flow
