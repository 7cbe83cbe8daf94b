// ExecutionShard: the jobs of .sync tasks.
//
// A task with .sync sends its call out like one that waits for a token. The service's response
// begins the job and is recorded as TaskSubmitted; from then on the port follows the job and
// answers the task when it is over. A task that ends before (a timeout, a stop, a sibling's
// failure) abandons the job: the commit that ends the task stores that, the commit that ends the
// job erases it, and what a restart finds stored is ended then. Where the service has not answered
// yet, there may be no job so far: it is ended when the response comes.
#include "flow/jobs.hpp"

#include "base/assert.hpp"
#include "flow/execution_reads.hpp"
#include "flow/execution_shard.hpp"

namespace stepwell::flow {

namespace {

constexpr std::string_view abandoned_prefix = "abandoned_job/";

std::string abandoned_key(std::string_view starter) {
    return std::string(abandoned_prefix).append(starter);
}

const asl::Resource& resource_of(const Branch& branch) {
    return branch.execution.machine->program->state(branch.state).resource;
}

// AWS's words.
std::string abandoned_cause(std::string_view execution_arn) {
    return std::string("The Task state in AWS Step Functions execution [")
        .append(execution_arn)
        .append("] which was managing this resource was aborted");
}

}  // namespace

void remember_abandoned_job(Effects& effects, const AbandonedJob& job) {
    effects.put(Table::control, abandoned_key(job.starter), job.cause);
}

void forget_abandoned_job(Effects& effects, std::string_view starter) {
    effects.erase(Table::control, abandoned_key(starter));
}

std::vector<AbandonedJob> abandoned_jobs(const Storage& storage) {
    std::vector<AbandonedJob> jobs;
    storage.scan(
        Table::control, {.prefix = abandoned_prefix},
        [&](std::string_view key, std::string_view cause) {
            jobs.push_back({std::string(key.substr(abandoned_prefix.size())), std::string(cause)});
            return true;
        });
    return jobs;
}

// The request id that the task's call carried: see send_out.
std::string ExecutionShard::starter_of(const sched::TokenAddress& address) const {
    const sched::TokenText token = sched::encode_token(environment_.token_key, address);
    return {token.data(), token.size()};
}

bool ExecutionShard::has_begun_job(const Branch& branch) const {
    return branch.has_slot && branch.phase == Phase::task_waiting && resource_of(branch).is_sync();
}

void ExecutionShard::follow_job(Branch& branch, const Payload& response) {
    if (!has_begun_job(branch)) return;
    if (branch.execution.is_history_full) {
        // Nobody will wait: the branch ends the execution, and this the job.
        deliver(branch, Outcome{Outcome::Kind::timed_out});
        return;
    }
    const sched::TokenAddress address = address_of(branch);
    environment_.port.follow(
        effects(), BegunJob{resource_of(branch),
                            {address.shard, address.slot, address.generation, address.execution},
                            starter_of(address),
                            response});
}

// After a restart: the response stands in the history, as the branch's last event.
void ExecutionShard::follow_job_again(Branch& branch) {
    const Result<Payload> response = find_payload(environment_.storage, branch.execution.id,
                                                  branch.previous_event, Field::output);
    SW_ASSERT(response.has_value());  // stored in the commit that made the branch wait
    follow_job(branch, *response);
}

void ExecutionShard::abandon_job(Branch& branch) {
    if (!branch.has_slot || !resource_of(branch).is_sync()) return;
    const std::string starter = starter_of(address_of(branch));
    const std::string cause = abandoned_cause(arn_of(branch.execution));
    remember_abandoned_job(effects(), {starter, cause});
    if (branch.phase == Phase::task_submitting) {
        abandoned_.emplace(starter, cause);
    } else {
        environment_.port.abandon(effects(), starter, cause);
    }
}

// The response to a call whose task is over.
void ExecutionShard::answer_abandoned(const sched::TokenAddress& address,
                                      const TaskAnswer& answer) {
    if (abandoned_.empty()) return;
    const std::string starter = starter_of(address);
    const auto found = abandoned_.find(starter);
    if (found == abandoned_.end()) return;
    if (std::holds_alternative<TaskFailure>(answer)) {
        forget_abandoned_job(effects(), starter);
    } else {
        environment_.port.abandon(effects(), starter, found->second);
    }
    abandoned_.erase(found);
}

void ExecutionShard::stop_started_by(const std::string& starter, const std::string& cause) {
    const auto found = started_by_.find(starter);
    if (found == started_by_.end()) return;
    Outcome reason{Outcome::Kind::stopped, {}, std::make_unique<TaskFailure>()};
    reason.failure->cause = cause;
    reason.has_cause = true;
    stop(found->second, std::move(reason), [](const Result<TimePoint>&) {});
}

}  // namespace stepwell::flow
