// ExecutionShard: redriving.
//
// The commit that ends an execution without success stores where it can go on: every branch at the
// beginning of the state in which it failed or was cut off, what has succeeded as it stands. A
// redrive is a recovery from that, with an event of its own and a new time for the machine. As on
// AWS a state is not entered again: its next attempt follows its entered event.
#include "flow/redrive.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/limits.hpp"
#include "flow/answer_when_durable.hpp"
#include "flow/errors.hpp"
#include "flow/execution_reads.hpp"
#include "flow/execution_shard.hpp"

namespace stepwell::flow {

namespace {

constexpr char redrive_point_version = 1;
constexpr std::chrono::days redrivable_period{14};
constexpr std::chrono::days execution_time_max{365};
constexpr std::chrono::minutes client_token_time{15};
constexpr std::uint32_t redrives_max = 1000;

// How a branch stands that is redriven: before the next attempt of its state, but where it has not
// entered that, or waits for branches of its own. A map run is over for good: the next attempt
// makes another.
BranchState redriven_state(const Branch& branch) {
    BranchState state = branch;
    state.has_slot = false;
    state.map_run = 0;
    state.wake_at = state.heartbeat_at = never;
    state.heartbeat_seconds = 0;
    state.retrier_attempts.clear();
    if (branch.cut != nullptr) {
        state.phase = Phase::fanned_out;
        return state;
    }
    const bool has_branches = branch.phase == Phase::fanned_out && branch.map_run == 0;
    const bool stays =
        has_branches || branch.phase == Phase::entering || branch.phase == Phase::finished;
    if (stays && !branch.has_failed) {
        if (state.phase == Phase::finished) state.input_field = Field::output;
        return state;
    }
    state.phase = Phase::retry_waiting;
    state.retry_count = 0;
    state.previous_event = state.entered_event;
    return state;
}

// The branch's own record and those of the branches below it.
void append_records(const Branch& branch, BranchRecords& records) {
    records.emplace_back(branch.number,
                         encode_branch(branch.place(), redriven_state(branch), false));
    if (branch.cut != nullptr) {
        records.insert(records.end(), branch.cut->begin(), branch.cut->end());
    } else if (branch.fan_out != nullptr) {
        append_records_below(branch, records);
    }
}

}  // namespace

void append_records_below(const Branch& branch, BranchRecords& records) {
    const FanOut& fan_out = *branch.fan_out;
    for (std::uint32_t index = 0; index < fan_out.done.size(); ++index) {
        const FanOut::Done& done = fan_out.done[index];
        if (!done.is_over) continue;
        records.emplace_back(done.number,
                             encode_branch({branch.number, index}, finished_state(done), false));
    }
    for (const std::unique_ptr<Branch>& inner : fan_out.running) append_records(*inner, records);
}

std::string encode(const RedrivePoint& point) {
    std::string bytes(1, redrive_point_version);
    append_text(bytes, point.continuation);
    for (const auto& [number, record] : point.branches) {
        append_varint(bytes, number);
        append_text(bytes, record);
    }
    return bytes;
}

std::optional<RedrivePoint> decode_redrive_point(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.take(1) != std::string_view(&redrive_point_version, 1)) return std::nullopt;
    RedrivePoint point;
    point.continuation = reader.text();
    while (reader.is_good() && !reader.is_at_end()) {
        const auto number = static_cast<BranchNumber>(reader.varint());
        point.branches.emplace_back(number, reader.text());
    }
    return reader.is_good() ? std::optional(std::move(point)) : std::nullopt;
}

std::optional<std::string> redrive_obstacle(const ExecutionRecordView& record,
                                            const RedriveSituation& situation) {
    const TimePoint now = situation.now;
    if (record.status == ExecutionStatus::running || record.status == ExecutionStatus::succeeded)
        return "Execution is " + std::string(name_of(record.status)) + " and cannot be redriven";
    if (!situation.takes_executions) return "State machine is in DELETING status";
    // One event for the redrive, and at least one more.
    if (record.last_event + 2 > limits::history_events_max)
        return "Execution history event limit exceeded";
    if (now - record.start > execution_time_max)
        return "Execution has exceeded the max execution time";
    if (now - record.stop > redrivable_period) return "Execution redrivable period exceeded";
    if (record.redrives.count >= redrives_max) return "Execution redrive limit exceeded";
    if (record.child_of != nullptr)
        return "Execution is started by a Map Run and cannot be redriven by itself";
    if (!situation.has_point) return "Execution was started before the launch of RedriveExecution";
    return std::nullopt;
}

bool was_redriven_with(const Redrives& redrives, std::string_view client_token, TimePoint now) {
    return redrives.count > 0 && !client_token.empty() && redrives.client_token == client_token &&
           now - redrives.date < client_token_time;
}

void ExecutionShard::keep_for_redrive(Execution& execution) {
    if (is_express(execution) || execution.test != nullptr || execution.is_history_full) return;
    if (execution.child_of != nullptr) return;
    auto point = std::make_unique<BranchRecords>();
    append_records(execution.root, *point);
    execution.make_particulars().redrive_point = std::move(point);
}

void ExecutionShard::write_redrive_point(const Execution& execution) {
    const BranchRecords* const point = execution.particulars().redrive_point.get();
    if (point == nullptr) return;
    ExecutionState state = execution;
    state.machine_times_out = never;
    effects().put(Table::redrive, execution_key(execution.id),
                  encode(RedrivePoint{encode(state, nullptr), *point}));
}

void ExecutionShard::redrive(ExecutionId id, const std::string& client_token,
                             Completion<TimePoint> done) {
    const auto found = executions_.find(id);
    const bool is_ending =
        found != executions_.end() && found->second->status != ExecutionStatus::running;
    if (is_ending || settling_.contains(id)) {
        return when_settled([this, id, client_token, done = std::move(done)]() mutable {
            redrive(id, client_token, std::move(done));
        });
    }
    answer_when_durable<TimePoint>(effects(), std::move(done), redrive_now(id, client_token));
}

// What the store has of the execution is of its last end, or it runs.
Result<TimePoint> ExecutionShard::redrive_now(ExecutionId id, const std::string& client_token) {
    const ExecutionKey key = execution_key(id);
    if (const auto running = executions_.find(id); running != executions_.end()) {
        const Execution& execution = *running->second;
        const Redrives& redrives = execution.particulars().redrives;
        if (was_redriven_with(redrives, client_token, shard_.now())) return redrives.date;
        return Error(errors::execution_not_redrivable,
                     *redrive_obstacle(view_of(execution), {.now = shard_.now()}));
    }
    std::optional<ExecutionRecord> record = find_record(environment_.storage, id);
    if (!record.has_value()) return damaged(id);
    if (was_redriven_with(record->redrives, client_token, shard_.now()))
        return record->redrives.date;
    const std::optional<std::string> point = environment_.storage.get(Table::redrive, key);
    const RedriveSituation situation{point.has_value(),
                                     environment_.machines.takes_executions(record->machine_id),
                                     shard_.now()};
    if (const auto obstacle = redrive_obstacle(view_of(*record), situation))
        return Error(errors::execution_not_redrivable, *obstacle);
    std::optional<RedrivePoint> read = decode_redrive_point(*point);
    if (!read.has_value()) return damaged(id);
    record->redrives = {record->redrives.count + 1, shard_.now(), client_token};
    record->status = ExecutionStatus::running;
    const Result<> recovered = recover({id, read->continuation, read->branches}, record);
    if (!recovered.has_value()) return recovered.error();
    begin_redriven(*executions_.at(id));
    effects().erase(Table::redrive, key);
    return shard_.now();
}

// Once the store has all that this shard has done.
void ExecutionShard::when_settled(sched::Command command) {
    effects().when_durable([this, command = std::move(command)]() mutable {
        Storage& storage = environment_.storage;
        storage.when_applied(storage.durable(), [this, command = std::move(command)]() mutable {
            shard_.send(std::move(command));
        });
    });
}

// Until the store has the end of one that was redriven, it tells of the end before.
void ExecutionShard::settle(ExecutionId id) {
    settling_.insert(id);
    when_settled([this, id] { settling_.erase(id); });
}

// Before any of its branches has run.
void ExecutionShard::begin_redriven(Execution& execution) {
    ChunkWriter& chunk = chunk_of(execution);
    const EventId ended = execution.last_event++;
    chunk.begin_event(execution.last_event, EventType::execution_redriven, ended, shard_.now());
    chunk.integer(Field::redrive_count, execution.particulars().redrives.count);
    if (const auto seconds = execution.machine->program->timeout_seconds(); seconds.has_value()) {
        execution.machine_times_out = shard_.now() + std::chrono::seconds{*seconds};
        arm(execution.root);
    }
    wake_redriven(execution.root);
    const auto closed = std::find_if(closed_.begin(), closed_.end(),
                                     [&](const Closed& each) { return each.id == execution.id; });
    if (closed == closed_.end()) return;
    execution.chunk_starts = std::move(closed->chunks);
    closed_.erase(closed);
}

// Its records are not stored as those of a running execution: they are written, all of them.
void ExecutionShard::wake_redriven(Branch& branch) {
    branch.is_stored = false;
    mark_dirty(branch);
    if (branch.phase == Phase::retry_waiting) deliver(branch, Outcome{Outcome::Kind::woken});
    if (branch.fan_out == nullptr) return;
    FanOut& fan_out = *branch.fan_out;
    for (std::uint32_t index = 0; index < fan_out.done.size(); ++index) {
        if (!fan_out.done[index].is_over) continue;
        fan_out.done[index].is_stored = false;
        fan_out.unwritten.push_back(index);
    }
    list(branch);
    for (const std::unique_ptr<Branch>& inner : fan_out.running) wake_redriven(*inner);
}

}  // namespace stepwell::flow
