// ExecutionShard: executions that only wait leave memory, and come back.
//
// All that such an execution is stands in the store, where a restart would find it. So it leaves by
// being destroyed once the store has its last commit, and what stays is that its token's slot is
// open, its id, and its time if it has one. It comes back the way a restart takes it: from its
// records, with a new coroutine, into the same slot; and then whatever woke it happens to it.
//
// Who leaves has been seen twice in the same waiting, at least the threshold apart; or, while too
// many are in memory, has been there longest. Only those are let go that wait for a token, a time
// or an activity's worker: not with a call to a function or a job under way, nor a map run, its
// children, a caller who waits in this process, or the branches of a failed Parallel at hand.
#include "flow/passivation.hpp"

#include <algorithm>

#include "flow/execution_shard.hpp"

namespace stepwell::flow {

namespace {

constexpr std::size_t looks_per_turn_max = 1'000;
constexpr std::size_t wakes_per_turn_max = 1'000;
// One with more of them costs too much to read back for each token that returns.
constexpr std::size_t branches_max = 64;
constexpr std::size_t stale_alarms_min = 1'000;
// Between looks for those who could make room, when there were none.
constexpr std::chrono::milliseconds pressure_pause{10};

bool only_waits(const asl::Resource& resource) {
    if (resource.kind == asl::ResourceKind::activity) return true;
    return resource.kind == asl::ResourceKind::integration &&
           resource.pattern == asl::Pattern::wait_for_task_token;
}

bool only_waits(const BranchState& branch, const asl::Program& program) {
    if (branch.phase == Phase::waiting || branch.phase == Phase::retry_waiting) return true;
    return branch.phase == Phase::task_waiting && only_waits(program.state(branch.state).resource);
}

bool only_waits(const Branch& branch) {
    const bool is_suspended = branch.waiter != nullptr && !branch.is_yielding && !branch.is_over &&
                              branch.outcome.kind == Outcome::Kind::none;
    if (!is_suspended || branch.cut != nullptr) return false;
    if (branch.phase != Phase::fanned_out)
        return only_waits(branch, *branch.execution.machine->program);
    const FanOut& fan_out = *branch.fan_out;
    return fan_out.map_run == nullptr && fan_out.ended.empty() &&
           fan_out.done.size() <= branches_max &&
           std::all_of(fan_out.running.begin(), fan_out.running.end(),
                       [](const auto& inner) { return only_waits(*inner); });
}

bool only_waits(const Execution& execution) {
    const bool is_alone = execution.test == nullptr && execution.listener == nullptr &&
                          execution.child_of == nullptr && !is_express(execution);
    return is_alone && execution.status == ExecutionStatus::running && only_waits(execution.root);
}

template <class Visit>
void visit_branches(Branch& branch, const Visit& visit) {
    visit(branch);
    if (branch.fan_out == nullptr) return;
    for (const auto& inner : branch.fan_out->running) visit_branches(*inner, visit);
}

}  // namespace

// ---- what memory has of those that are asleep

void Sleepers::add(ExecutionId id, TimePoint due) {
    ids_.insert(id);
    if (due == never) return;
    if (stale_ >= stale_alarms_min && stale_ > alarms_.size() / 2) drop_stale();
    alarms_.push_back({due, id});
    std::push_heap(alarms_.begin(), alarms_.end(), is_later);
}

void Sleepers::remove(ExecutionId id, TimePoint due) {
    ids_.erase(id);
    if (due != never) ++stale_;
}

Sleepers::Alarm Sleepers::pop() {
    std::pop_heap(alarms_.begin(), alarms_.end(), is_later);
    const Alarm first = alarms_.back();
    alarms_.pop_back();
    return first;
}

std::optional<ExecutionId> Sleepers::take_due(TimePoint now) {
    while (first_due() <= now && !alarms_.empty()) {
        const Alarm first = pop();
        if (ids_.contains(first.id)) return first.id;
        stale_ -= std::min<std::size_t>(stale_, 1);
    }
    return std::nullopt;
}

// Of several alarms of one execution the first stays: invariant (1).
void Sleepers::drop_stale() {
    std::erase_if(alarms_, [&](const Alarm& alarm) { return !ids_.contains(alarm.id); });
    std::sort(alarms_.begin(), alarms_.end(), [](const Alarm& a, const Alarm& b) {
        return std::pair(a.id, a.due) < std::pair(b.id, b.due);
    });
    const auto end = std::unique(alarms_.begin(), alarms_.end(),
                                 [](const Alarm& a, const Alarm& b) { return a.id == b.id; });
    alarms_.erase(end, alarms_.end());
    std::make_heap(alarms_.begin(), alarms_.end(), is_later);
    stale_ = 0;
}

// ---- leaving

// After each turn that moved something.
void ExecutionShard::plan_house_keeping() {
    const PassivationRules& rules = environment_.passivation;
    if (rules.after.has_value()) shard_.keep_house_at(shard_.now() + *rules.after);
    if (excess() > 0) shard_.keep_house_at(std::max(shard_.now(), pressure_looks_at_));
}

// How many have to leave for the others to be as many as may be in memory.
std::uint64_t ExecutionShard::excess() const noexcept {
    const std::uint64_t staying = executions_.size() - std::min(leaving_, executions_.size());
    const std::uint64_t most = environment_.passivation.resident_max;
    return most == 0 || staying <= most ? 0 : staying - most;
}

void ExecutionShard::keep_house() {
    const TimePoint now = shard_.now();
    const std::optional<milliseconds> after = environment_.passivation.after;
    const auto is_due = [&](const Resident& resident) {
        return after.has_value() && resident.since() + *after <= now;
    };
    const std::uint64_t too_many = excess();
    std::vector<ExecutionId> leaving;
    std::size_t looks = std::min(looks_per_turn_max, executions_.size());
    for (; looks > 0; --looks) {
        auto& execution = static_cast<Execution&>(*residents_.first());
        if (!is_due(execution) && leaving.size() >= too_many) break;
        const bool is_spared = execution.has_moved() && after != milliseconds{0};
        residents_.look_at(execution, now);
        if (is_spared || execution.is_leaving() || !only_waits(execution)) continue;
        execution.begin_leaving();
        leaving.push_back(execution.id);
    }
    const bool was_whole_round = looks > 0 || executions_.size() <= looks_per_turn_max;
    const Resident* const next = residents_.first();
    // Whoever is still due then stays for now: it is looked at again when something has moved.
    if (next != nullptr && after.has_value() && (!is_due(*next) || !was_whole_round))
        shard_.keep_house_at(std::max(next->since() + *after, now));
    if (too_many > 0 && leaving.empty()) pressure_looks_at_ = now + pressure_pause;
    let_go_when_stored(std::move(leaving), {});
    if (excess() > 0) shard_.keep_house_at(std::max(now, pressure_looks_at_));
}

void ExecutionShard::passivate_all(Completion<> done) {
    std::vector<ExecutionId> leaving;
    for (const auto& [id, execution] : executions_) {
        if (execution->is_leaving() || !only_waits(*execution)) continue;
        execution->begin_leaving();
        leaving.push_back(id);
    }
    let_go_when_stored(std::move(leaving), std::move(done));
}

void ExecutionShard::let_go_when_stored(std::vector<ExecutionId> leaving, Completion<> done) {
    if (leaving.empty() && !done) return;
    leaving_ += leaving.size();
    when_settled([this, leaving = std::move(leaving), done = std::move(done)]() mutable {
        leaving_ -= leaving.size();
        for (const ExecutionId id : leaving) {
            const auto found = executions_.find(id);
            if (found == executions_.end()) continue;
            Execution& execution = *found->second;
            if (execution.is_leaving() && only_waits(execution)) let_go(execution);
        }
        set_alarm();
        if (done) done({});
    });
}

void ExecutionShard::let_go(Execution& execution) {
    SW_ASSERT(!execution.is_dirty && !execution.root.is_listed);
    asleep_.add(execution.id, first_due(execution));
    visit_branches(execution.root, [&](Branch& branch) {
        shard_.timers().disarm(branch);
        if (branch.has_slot) tokens_of(branch.slot_shard).put_to_sleep(branch.slot);
    });
    executions_.erase(execution.id);
    passivated_.store(asleep_.size(), std::memory_order_relaxed);  // relaxed: see the member
}

TimePoint ExecutionShard::first_due(Execution& execution) {
    TimePoint first = never;
    visit_branches(execution.root,
                   [&](const Branch& branch) { first = std::min(first, due_of(branch)); });
    return first;
}

// ---- coming back

Execution* ExecutionShard::resident(ExecutionId id) {
    if (const auto found = executions_.find(id); found != executions_.end())
        return found->second.get();
    return asleep_.contains(id) ? wake(id) : nullptr;
}

Execution* ExecutionShard::wake(ExecutionId id) {
    const Storage& storage = environment_.storage;
    const std::optional<std::string> running = storage.get(Table::continuation, execution_key(id));
    const auto parts = running.has_value() ? split_running(*running) : std::nullopt;
    if (!parts.has_value()) return nullptr;
    StoredBranches branches;
    if (has_branch_records(*parts)) {
        storage.scan(Table::continuation, {execution_key(id)},
                     [&](std::string_view key, std::string_view value) {
                         if (const auto branch = branch_of_key(key); branch.has_value())
                             branches.emplace_back(*branch, value);
                         return true;
                     });
    }
    const Result<> recovered =
        recover({id, parts->continuation, branches}, decode_execution_record(parts->record));
    if (!recovered.has_value()) return nullptr;
    add(running_, -1);  // it was counted all the while
    Execution& execution = *executions_.at(id);
    asleep_.remove(id, first_due(execution));
    passivated_.store(asleep_.size(), std::memory_order_relaxed);  // as above
    visit_branches(execution.root, [&](Branch& branch) {
        if (branch.has_slot) tokens_of(branch.slot_shard).wake(branch.slot, branch);
    });
    fire_overdue(execution);
    return &execution;
}

// A call that comes after a deadline is late, also where the deadline has not woken it yet.
void ExecutionShard::fire_overdue(Execution& execution) {
    std::vector<Branch*> overdue;
    visit_branches(execution.root, [&](Branch& branch) {
        if (due_of(branch) <= shard_.now()) overdue.push_back(&branch);
    });
    std::stable_sort(overdue.begin(), overdue.end(),
                     [](const Branch* a, const Branch* b) { return due_of(*a) < due_of(*b); });
    for (Branch* const branch : overdue) {
        shard_.timers().disarm(*branch);
        timer_fired(*branch);
    }
}

void ExecutionShard::set_alarm() {
    const TimePoint due = asleep_.first_due();
    shard_.timers().disarm(alarm_);
    if (due != never) shard_.timers().arm(alarm_, due);
}

void ExecutionShard::wake_due() {
    for (std::size_t count = 0; count < wakes_per_turn_max; ++count) {
        const std::optional<ExecutionId> id = asleep_.take_due(shard_.now());
        if (!id.has_value()) return set_alarm();
        wake(*id);
    }
    shard_.send([this] { set_alarm(); });  // the others in the next turns
}

// ---- after a restart

bool ExecutionShard::recover_asleep(ExecutionId id, const Continuation& continuation,
                                    const ExecutionRecord& record) {
    const PassivationRules& rules = environment_.passivation;
    const bool is_simple =
        continuation.root.has_value() && !record.child_of.has_value() && record.starter.empty();
    if (!is_simple || (!rules.after.has_value() && rules.resident_max == 0)) return false;
    const StateMachinePtr machine =
        environment_.machines.find_revision(record.machine_id, record.machine_revision);
    const BranchState& root = *continuation.root;
    const bool is_waiting = machine != nullptr && machine->type == MachineType::standard &&
                            root.state.value < machine->program->size() &&
                            only_waits(root, *machine->program);
    if (!is_waiting) return false;
    if (root.has_slot) {
        tokens_of(root.slot_shard).reopen_asleep(root.slot, id, root.generation);
        add(open_tokens_, 1);
    }
    asleep_.add(
        id, std::min({root.wake_at, root.heartbeat_at, continuation.execution.machine_times_out}));
    add(running_, 1);
    passivated_.store(asleep_.size(), std::memory_order_relaxed);  // as above
    return true;
}

}  // namespace stepwell::flow
