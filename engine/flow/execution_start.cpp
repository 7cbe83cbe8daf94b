// ExecutionShard: how executions start, and names that are given once.
#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "flow/answer_when_durable.hpp"
#include "flow/errors.hpp"
#include "flow/execution_reads.hpp"
#include "flow/execution_shard.hpp"
#include "flow/rehearsal.hpp"

namespace stepwell::flow {

namespace {

constexpr std::chrono::minutes express_time_max{5};

std::string version_arn(const StateMachine& machine, const MachineQualifier& qualifier) {
    return machine.arn + ":" + std::to_string(qualifier.version);
}
std::string alias_arn(const StateMachine& machine, const MachineQualifier& qualifier) {
    return machine.arn + ":" + qualifier.alias;
}

}  // namespace

void ExecutionShard::start(StartExecutionInput input, bool is_name_given,
                           Completion<StartExecutionOutput> done) {
    if (is_name_given) {
        std::string key = name_key(input.machine->name, input.name);
        if (const std::optional<ExecutionId> earlier = find_name(input, key); earlier.has_value()) {
            return answer_duplicate(*earlier, input, std::move(done));
        }
        recent_names_[key] = next_id_;
        names_of_turn_.push_back(std::move(key));
    }
    Execution& execution = begin_execution(next_id_++, std::move(input.machine),
                                           std::move(input.name), std::move(input.input));
    if (!input.starter.empty()) started_by_[input.starter] = execution.id;
    const bool is_plain = input.trace_header.empty() && input.starter.empty() &&
                          input.qualifier.version == 0 && input.qualifier.alias.empty() &&
                          input.rehearsal == nullptr;
    if (!is_plain) {
        Particulars& particulars = execution.make_particulars();
        particulars.trace_header = std::move(input.trace_header);
        particulars.qualifier = std::move(input.qualifier);
        particulars.starter = std::move(input.starter);
        particulars.rehearsal = std::move(input.rehearsal);
    }
    if (input.ended || input.over)
        execution.listener =
            std::make_unique<Listener>(std::move(input.ended), std::move(input.over));
    if (Rehearsal* const rehearsal = execution.rehearsal(); rehearsal != nullptr) {
        rehearsal->store(effects(), execution.id);
        has_rehearsals_ = true;
    }
    add(running_, 1);
    add(started_, 1);

    execution.is_new = true;
    if (!is_express(execution)) write_names(execution);
    begin_first_state(execution);
    answer_when_durable<StartExecutionOutput>(
        effects(), std::move(done),
        StartExecutionOutput{std::string(arn_of(execution)), execution.start});
}

void ExecutionShard::write_names(const Execution& execution) {
    const std::string& name = execution.particulars().name;
    if (!name.empty()) {
        effects().insert(Table::execution_name, name_key(execution.machine->name, name),
                         execution_key(execution.id));
    }
    effects().insert(Table::execution_listing,
                     listing_key(listing_of(execution), execution.start, execution.id), {});
}

Execution& ExecutionShard::begin_execution(ExecutionId id, StateMachinePtr machine,
                                           std::string name, Payload input) {
    auto owned = std::make_unique<Execution>();
    Execution& execution = *owned;
    execution.id = id;
    execution.machine = std::move(machine);
    if (!name.empty()) execution.make_particulars().name = std::move(name);
    execution.input = std::move(input);
    execution.start = shard_.now();
    // The machine's TimeoutSeconds is not for the children of its Maps: it ends their parent.
    const bool is_child = execution.machine->map_state.has_value();
    const auto seconds = execution.machine->program->timeout_seconds();
    if (seconds.has_value() && !is_child)
        execution.machine_times_out = execution.start + std::chrono::seconds{*seconds};
    if (is_express(execution)) {
        execution.machine_times_out =
            std::min(execution.machine_times_out, execution.start + express_time_max);
    }
    residents_.add(execution, execution.start);
    executions_.emplace(execution.id, std::move(owned));
    mark_dirty(execution);
    return execution;
}

void ExecutionShard::begin_first_state(Execution& execution) {
    ChunkWriter& event = record(execution.root, EventType::execution_started);
    event.text(Field::input, execution.input.text());
    event.text(Field::role_arn, execution.machine->role_arn);
    const MachineQualifier& qualifier = execution.particulars().qualifier;
    if (!qualifier.alias.empty())
        event.text(Field::state_machine_alias_arn, alias_arn(*execution.machine, qualifier));
    if (qualifier.version != 0)
        event.text(Field::state_machine_version_arn, version_arn(*execution.machine, qualifier));

    Branch& root = execution.root;
    root.previous_event = 0;  // the first state's event points to none
    root.input = execution.input;
    root.input_place = {1, 1};
    root.state = execution.machine->start_at();
    root.task = run_branch(*this, root);
    shard_.make_ready(root.task.handle());
}

// A name may be the one that an execution got from its id.
std::optional<ExecutionId> ExecutionShard::find_name(const StartExecutionInput& input,
                                                     const std::string& key) const {
    const std::optional<ExecutionId> said = id_of_uuid(environment_.identity, input.name);
    if (said.has_value() && is_named_by_id(*said, input.machine->name)) return said;
    if (const auto recent = recent_names_.find(key); recent != recent_names_.end())
        return recent->second;
    const std::optional<std::string> stored = environment_.storage.get(Table::execution_name, key);
    if (!stored.has_value()) return std::nullopt;
    return ByteReader(*stored).big_endian<ExecutionId>();
}

bool ExecutionShard::is_named_by_id(ExecutionId id, std::string_view machine_name) const {
    if (const auto running = executions_.find(id); running != executions_.end()) {
        const Execution& execution = *running->second;
        return execution.particulars().name.empty() && execution.machine->name == machine_name;
    }
    const std::optional<ExecutionRecord> record = find_record(environment_.storage, id);
    // One that has ended just now may not be in the store yet.
    if (!record.has_value())
        return shard_of(id) == shard_of(next_id_) && id < next_id_ &&
               epoch_of(id) == environment_.epoch;
    return record->name.empty() && record->machine_name == machine_name;
}

// When the execution started, if this task started it.
std::optional<TimePoint> ExecutionShard::start_date_by(ExecutionId id,
                                                       std::string_view starter) const {
    if (const auto running = executions_.find(id); running != executions_.end()) {
        const Execution& execution = *running->second;
        return execution.particulars().starter == starter ? std::optional(execution.start)
                                                          : std::nullopt;
    }
    const std::optional<ExecutionRecord> record = find_record(environment_.storage, id);
    if (!record.has_value() || record->starter != starter) return std::nullopt;
    return record->start;
}

// The same name and input as a running execution's is that execution once more; anything else is
// refused.
void ExecutionShard::answer_duplicate(ExecutionId id, const StartExecutionInput& input,
                                      Completion<StartExecutionOutput> done) {
    const std::string arn = execution_arn(environment_.identity, input.machine->name, input.name);
    const Execution* const running = resident(id);
    if (!input.starter.empty()) {
        const std::optional<TimePoint> start = start_date_by(id, input.starter);
        if (start.has_value())
            return answer_when_durable<StartExecutionOutput>(effects(), std::move(done),
                                                             StartExecutionOutput{arn, *start});
    }
    const bool is_same = running != nullptr && running->status == ExecutionStatus::running &&
                         running->machine->id == input.machine->id &&
                         running->input.text() == input.input.text();
    if (is_same) {
        return answer_when_durable<StartExecutionOutput>(effects(), std::move(done),
                                                         StartExecutionOutput{arn, running->start});
    }
    answer_when_durable<StartExecutionOutput>(
        effects(), std::move(done),
        Error(errors::execution_already_exists, "Execution Already Exists: '" + arn + "'"));
}

// A given name is looked up here until the store has it.
void ExecutionShard::forget_names_when_applied() {
    effects().when_durable([this, names = std::exchange(names_of_turn_, {})]() mutable {
        Storage& storage = environment_.storage;
        storage.when_applied(storage.durable(), [this, names = std::move(names)]() mutable {
            shard_.send([this, names = std::move(names)] {
                for (const std::string& name : names) recent_names_.erase(name);
            });
        });
    });
}

}  // namespace stepwell::flow
