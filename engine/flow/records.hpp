// What is stored of executions, beside their histories: keys, the execution record, the
// continuation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>

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
std::string execution_key(ExecutionId id);
std::string name_key(std::string_view machine_name, std::string_view execution_name);
/// Sorts newest first within one state machine.
std::string listing_key(std::uint64_t machine_id, TimePoint start, ExecutionId id);
std::string listing_prefix(std::uint64_t machine_id);
std::string history_key(ExecutionId id, EventId first_event);

/// Table execution: what DescribeExecution tells, without the payloads, which stand in the history.
struct ExecutionRecord {
    std::uint64_t machine_id = 0;
    std::uint32_t machine_revision = 0;
    std::string machine_name;
    std::string name;
    ExecutionStatus status = ExecutionStatus::running;
    TimePoint start{};
    TimePoint stop{};        // once it has ended
    EventId last_event = 0;  // the one that ended it; holds output, error, cause
    std::string trace_header;
};
std::string encode(const ExecutionRecord& record);
std::optional<ExecutionRecord> decode_execution_record(std::string_view bytes);

/// Where a branch stands.
enum class Phase : std::uint8_t {
    entering = 0,  ///< about to enter its state
    task_submitting =
        1,              ///< a task with a token has been sent out, its service has not answered yet
    task_waiting = 2,   ///< a task waits for its answer or its token
    retry_waiting = 3,  ///< between two attempts of a task
    waiting = 4,        ///< in a Wait state
};

/// Table continuation: what a running execution needs to go on, beside what its history holds.
struct Continuation {
    Phase phase = Phase::entering;
    std::uint32_t state = 0;           // its index in the program
    EventId last_event = 0;            // the newest of the execution
    EventId previous_event = 0;        // what the branch's next event points to
    EventId entered_event = 0;         // of the present state; 0 while entering
    EventPlace scheduled;              // of the present attempt of a task
    EventPlace input;                  // the event that holds the state's input ...
    Field input_field = Field::input;  // ... and where in it
    std::uint32_t generation = 0;      // of the newest token
    std::uint32_t slot = 0;            // of the open token, plus one; 0: none is open
    std::uint32_t slot_shard = 0;      // the shard number that the token names
    std::uint32_t retry_count = 0;
    std::vector<std::uint32_t> retrier_attempts;
    TimePoint entered_time{};
    TimePoint wake_at = never;  // end of the task's time, of the pause or of the Wait
    TimePoint heartbeat_at = never;
    std::uint32_t heartbeat_seconds = 0;
    TimePoint machine_times_out = never;
    std::string variables;  // JSON text; empty: none
};
std::string encode(const Continuation& continuation);
std::optional<Continuation> decode_continuation(std::string_view bytes);

}  // namespace stepwell::flow
