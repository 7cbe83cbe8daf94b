// Activities: tasks that wait in the store until a worker polls for them.
// source  AWS Step Functions API Reference, CreateActivity, GetActivityTask
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>

#include "base/caller.hpp"
#include "base/identity.hpp"
#include "flow/executions.hpp"
#include "flow/ports.hpp"
#include "flow/state_machines.hpp"
#include "flow/tags.hpp"
#include "sched/timers.hpp"

namespace stepwell::flow {

struct ActivityDescription {
    std::string arn;
    std::string name;
    TimePoint created{};
    EncryptionConfiguration encryption;
};
struct CreateActivityInput {
    std::string name;
    EncryptionConfiguration encryption;
    Tags tags;
};
/// What a worker gets.
struct ActivityTask {
    std::string token;
    Payload input;
};

/// Owns the activities of a data directory and the tasks that wait for their workers.
///
/// A task is stored in the same atomic step as the history of its execution, becomes visible once
/// that is durable, and leaves the store when a worker's poll has been recorded as ActivityStarted.
/// If the process ends between that and the worker's answer, the execution's own timeout or
/// heartbeat decides, as when a worker dies.
///
/// threads  any; nothing blocks but recover
class Activities {
 public:
    /// Records that a worker has a task: Executions::activity_task_started.
    using TaskStarted = std::function<void(TaskAddress, std::string worker_name, Completion<>)>;

    /// What is referred to outlives this.
    Activities(Identity identity, Clock& clock, Storage& storage, sched::Timers& timers);
    ~Activities();  ///< polls that still wait are not answered

    /// Reads activities and waiting tasks from the store. Before any other call.
    Result<> recover();
    /// Before the first poll.
    void report_started_to(TaskStarted started);

    /// errors  InvalidName, ActivityAlreadyExists (with another encryption), ActivityLimitExceeded,
    /// TooManyTags
    void create(CreateActivityInput input, Completion<ActivityDescription> done);
    /// Tasks that wait for a worker of the activity are dropped: their executions time out. No
    /// error when unknown.
    void remove(std::string_view arn, Completion<> done);
    Result<ActivityDescription> describe(std::string_view arn) const;
    Result<Page<ActivityDescription>> list(const PageRequest& request) const;

    void tag(std::string_view arn, const Tags& tags, Completion<> done);
    void untag(std::string_view arn, const std::vector<std::string>& keys, Completion<> done);
    Result<Tags> tags(std::string_view arn) const;

    /// Puts a task up for the activity's workers, as part of the caller's atomic step.
    ///
    /// errors   ActivityDoesNotExist; nothing was added to `effects` then
    /// threads  any, also a shard's
    Result<> schedule(Effects& effects, std::string_view activity_arn, TaskAddress address,
                      std::string_view token, const Payload& input);

    /// Waits up to 60 s for a task. The completion gets nothing when none came, or when the caller
    /// has gone meanwhile.
    ///
    /// errors   InvalidArn, ActivityDoesNotExist, ActivityWorkerLimitExceeded (more than 1,000
    /// polls at once)
    void take(std::string_view activity_arn, std::string worker_name, Caller caller,
              Completion<std::optional<ActivityTask>> done);

    /// Tasks that wait for a worker now.
    std::size_t waiting_tasks(std::string_view activity_arn) const;

 private:
    struct Task;
    struct Poll;
    struct Activity;
    struct Shared;
    using ActivityPtr = std::shared_ptr<Activity>;

    // Timers and released effects may run after this object's owner let go of it: they hold the
    // shared part weakly.
    std::shared_ptr<Shared> shared_;
};

}  // namespace stepwell::flow
