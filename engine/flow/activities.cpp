#include "flow/activities.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"
#include "flow/page_token.hpp"

namespace stepwell::flow {

namespace {

constexpr std::uint64_t activity_format = 1;
constexpr std::string_view key_prefix = "activity/";
constexpr std::string_view next_activity_key = "activity_next_id";
constexpr std::string_view activities_listing = "ListActivities";
constexpr std::chrono::seconds poll_time_max{60};
constexpr std::size_t polls_max = 1'000;  // of one activity; source  Developer Guide, "Quotas"
constexpr std::size_t activities_max = 100'000;  // the same

Error no_such_activity(std::string_view arn) {
    return Error(errors::activity_does_not_exist,
                 "Activity Does Not Exist: '" + std::string(arn) + "'");
}

}  // namespace

struct Activities::Task {
    std::uint64_t sequence = 0;
    TaskAddress address;
    std::string token;
    Payload input;
};

/// One GetActivityTask call that waits. Whoever sets `is_over` answers it.
struct Activities::Poll {
    std::string worker_name;
    TimePoint end{};  ///< when it is answered with nothing
    Completion<std::optional<ActivityTask>> done;
    Caller caller;  ///< once it has gone, the poll takes no task
    bool is_over = false;
};

struct Activities::Activity {
    std::uint64_t id = 0;
    ActivityDescription description;
    Tags tags;
    bool is_removed = false;
    std::deque<Task> tasks;  ///< visible, the oldest first
    std::deque<std::shared_ptr<Poll>>
        polls;                      ///< waiting, the oldest first; may hold some that are over
    std::size_t polls_waiting = 0;  ///< those that are not
};

/// Everything, so that what outlives the facade for a moment (timers, released effects) can hold on
/// to it.
struct Activities::Shared : std::enable_shared_from_this<Activities::Shared> {
    Shared(Identity identity_of, Clock& clock_of, Storage& storage_of, sched::Timers& timers_of)
        : identity(std::move(identity_of)),
          clock(clock_of),
          storage(storage_of),
          timers(timers_of) {}

    // Invariants
    //  (1) mutex guards everything below it, Activity and Poll objects included. No completion and
    //  no commit runs under
    //      it. change_mutex, taken first, is held over a change and its commit: commits are in the
    //      order of the changes.
    //  (2) Of an activity, tasks or waiting polls are empty: a task and a poll that could meet have
    //  met. (3) A task is in the store from the step that scheduled it until a worker's start of it
    //  was recorded.
    const Identity identity;
    Clock& clock;
    Storage& storage;
    sched::Timers& timers;
    TaskStarted started;

    std::mutex change_mutex;
    std::mutex mutex;
    std::map<std::string, ActivityPtr, std::less<>> by_name;
    std::uint64_t next_id = 1;
    std::uint64_t next_sequence = 1;

    template <class Output, class Step>
    void change(Completion<Output> done, Step step);
    ActivityPtr find(std::string_view arn) const;
    void store(Effects& effects, const Activity& activity) const;
    Result<ActivityDescription> create(Effects& effects, CreateActivityInput input);
    void remove(Effects& effects, std::string_view arn,
                std::vector<std::shared_ptr<Poll>>* abandoned);

    void show(const ActivityPtr& activity, Task task);
    void offer(const ActivityPtr& activity, Task task, std::shared_ptr<Poll> poll);
    std::shared_ptr<Poll> next_poll(Activity& activity);
    void wait(const ActivityPtr& activity, const std::shared_ptr<Poll>& poll);
};

namespace {

std::string activity_key(std::string_view name) { return std::string(key_prefix).append(name); }

std::string task_key(std::uint64_t activity_id, std::uint64_t sequence) {
    std::string key;
    append_big_endian(key, activity_id);
    append_big_endian(key, sequence);
    return key;
}

}  // namespace

// ---- the store

void Activities::Shared::store(Effects& effects, const Activity& activity) const {
    std::string out;
    append_varint(out, activity_format);
    append_varint(out, activity.id);
    append_text(out, activity.description.arn);
    append_text(out, activity.description.name);
    append_varint(
        out, static_cast<std::uint64_t>(activity.description.created.time_since_epoch().count()));
    append_text(out, activity.description.encryption.kms_key_id);
    append_varint(out, activity.description.encryption.data_key_reuse_period_seconds);
    append_tags(out, activity.tags);
    effects.put(Table::control, activity_key(activity.description.name), out);
}

Result<> Activities::recover() {
    Shared& shared = *shared_;
    const std::scoped_lock lock(shared.mutex);
    std::string damaged;
    std::map<std::uint64_t, ActivityPtr> by_id;
    shared.storage.scan(
        Table::control, {.prefix = key_prefix}, [&](std::string_view key, std::string_view value) {
            ByteReader reader(value);
            const bool is_known = reader.varint() == activity_format;
            auto activity = std::make_shared<Activity>();
            activity->id = reader.varint();
            activity->description.arn = std::string(reader.text());
            activity->description.name = std::string(reader.text());
            activity->description.created =
                TimePoint{milliseconds{static_cast<std::int64_t>(reader.varint())}};
            activity->description.encryption.kms_key_id = std::string(reader.text());
            activity->description.encryption.data_key_reuse_period_seconds =
                static_cast<std::uint32_t>(reader.varint());
            activity->tags = read_tags(reader);
            if (!is_known || !reader.is_good()) {
                damaged = key;
                return false;
            }
            shared.next_id = std::max(shared.next_id, activity->id + 1);
            by_id.emplace(activity->id, activity);
            shared.by_name.emplace(activity->description.name, std::move(activity));
            return true;
        });
    if (const auto stored = shared.storage.get(Table::control, next_activity_key);
        stored.has_value()) {
        ByteReader reader(*stored);
        shared.next_id = std::max(shared.next_id, reader.varint());
    }
    shared.storage.scan(
        Table::activity_task, {}, [&](std::string_view key, std::string_view value) {
            ByteReader key_reader(key);
            const auto activity = by_id.find(key_reader.big_endian<std::uint64_t>());
            Task task;
            task.sequence = key_reader.big_endian<std::uint64_t>();
            ByteReader reader(value);
            const bool is_known = reader.varint() == activity_format;
            task.address.shard = static_cast<std::uint32_t>(reader.varint());
            task.address.slot = static_cast<std::uint32_t>(reader.varint());
            task.address.generation = static_cast<std::uint32_t>(reader.varint());
            task.address.execution = reader.varint();
            task.token = std::string(reader.text());
            task.input = Payload::trusted(reader.text());
            if (!is_known || !reader.is_good() || !key_reader.is_good()) {
                damaged = "a task of an activity";
                return false;
            }
            shared.next_sequence = std::max(shared.next_sequence, task.sequence + 1);
            if (activity != by_id.end()) activity->second->tasks.push_back(std::move(task));
            return true;
        });
    if (damaged.empty()) return {};
    return Error(stepwell::errors::system_failure,
                 "the stored record '" + damaged + "' cannot be read");
}

// ---- the activities themselves

Activities::Activities(Identity identity, Clock& clock, Storage& storage, sched::Timers& timers)
    : shared_(std::make_shared<Shared>(std::move(identity), clock, storage, timers)) {}

Activities::~Activities() = default;

void Activities::report_started_to(TaskStarted started) { shared_->started = std::move(started); }

template <class Output, class Step>
void Activities::Shared::change(Completion<Output> done, Step step) {
    Effects effects;
    std::unique_lock change_lock(change_mutex);
    Result<Output> output = [&] {
        const std::scoped_lock lock(mutex);
        return step(effects);
    }();
    if (!output.has_value()) {
        change_lock.unlock();
        return done(std::move(output));
    }
    effects.when_durable([done = std::move(done), output = std::move(output)]() mutable {
        done(std::move(output));
    });
    storage.commit(std::move(effects));
}

Activities::ActivityPtr Activities::Shared::find(std::string_view arn) const {
    const auto parsed = parse_arn(arn, ArnKind::activity);
    if (!parsed) return nullptr;
    const auto found = by_name.find(parsed->name);
    return found != by_name.end() && found->second->description.arn == arn ? found->second
                                                                           : nullptr;
}

Result<ActivityDescription> Activities::Shared::create(Effects& effects,
                                                       CreateActivityInput input) {
    if (const auto found = by_name.find(input.name); found != by_name.end()) {
        const ActivityDescription& there = found->second->description;
        if (there.encryption == input.encryption) return there;
        return Error(errors::activity_already_exists,
                     "Activity Already Exists: '" + there.arn + "'");
    }
    if (by_name.size() >= activities_max) {
        return Error(errors::activity_limit_exceeded, "Activity limit exceeded");
    }
    auto activity = std::make_shared<Activity>();
    activity->id = next_id;
    activity->description.arn = identity.arn("states", "activity:" + input.name);
    activity->description.name = std::move(input.name);
    activity->description.created = clock.now();
    activity->description.encryption = std::move(input.encryption);
    SW_TRY(activity->tags, with_tags({}, input.tags, activity->description.arn));
    store(effects, *activity);
    std::string next_id_record;
    append_varint(next_id_record, ++next_id);
    effects.put(Table::control, next_activity_key, next_id_record);
    return by_name.emplace(activity->description.name, activity).first->second->description;
}

void Activities::create(CreateActivityInput input, Completion<ActivityDescription> done) {
    auto is_named_well = check_name(input.name);
    if (!is_named_well) return done(is_named_well.error());
    shared_->change<ActivityDescription>(std::move(done), [&](Effects& effects) {
        return shared_->create(effects, std::move(input));
    });
}

void Activities::Shared::remove(Effects& effects, std::string_view arn,
                                std::vector<std::shared_ptr<Poll>>* abandoned) {
    const ActivityPtr activity = find(arn);
    if (activity == nullptr) return;
    activity->is_removed = true;
    effects.erase(Table::control, activity_key(activity->description.name));
    for (const Task& task : activity->tasks) {
        effects.erase(Table::activity_task, task_key(activity->id, task.sequence));
    }
    activity->tasks.clear();
    while (auto poll = next_poll(*activity)) abandoned->push_back(std::move(poll));
    by_name.erase(activity->description.name);
}

void Activities::remove(std::string_view arn, Completion<> done) {
    auto parsed = parse_arn(arn, ArnKind::activity);
    if (!parsed) return done(parsed.error());
    std::vector<std::shared_ptr<Poll>> abandoned;
    shared_->change<void>(std::move(done), [&](Effects& effects) -> Result<> {
        shared_->remove(effects, arn, &abandoned);
        return {};
    });
    for (const auto& poll : abandoned) poll->done(no_such_activity(arn));
}

Result<ActivityDescription> Activities::describe(std::string_view arn) const {
    if (const auto parsed = parse_arn(arn, ArnKind::activity); !parsed) return parsed.error();
    const std::scoped_lock lock(shared_->mutex);
    const ActivityPtr activity = shared_->find(arn);
    if (activity == nullptr) return no_such_activity(arn);
    return activity->description;
}

Result<Page<ActivityDescription>> Activities::list(const PageRequest& request) const {
    SW_TRY(const std::string after, read_page_token(activities_listing, request.next_token));
    Page<ActivityDescription> page;
    const std::scoped_lock lock(shared_->mutex);
    for (auto at = shared_->by_name.upper_bound(after); at != shared_->by_name.end(); ++at) {
        if (page.items.size() == request.max_results) {
            page.next_token = make_page_token(activities_listing, page.items.back().name);
            break;
        }
        page.items.push_back(at->second->description);
    }
    return page;
}

void Activities::tag(std::string_view arn, const Tags& added, Completion<> done) {
    shared_->change<void>(std::move(done), [&](Effects& effects) -> Result<> {
        const ActivityPtr activity = shared_->find(arn);
        if (activity == nullptr) return errors::no_such_resource(arn);
        SW_TRY(activity->tags, with_tags(activity->tags, added, arn));
        shared_->store(effects, *activity);
        return {};
    });
}

void Activities::untag(std::string_view arn, const std::vector<std::string>& keys,
                       Completion<> done) {
    shared_->change<void>(std::move(done), [&](Effects& effects) -> Result<> {
        const ActivityPtr activity = shared_->find(arn);
        if (activity == nullptr) return errors::no_such_resource(arn);
        activity->tags = without_tags(std::move(activity->tags), keys);
        shared_->store(effects, *activity);
        return {};
    });
}

Result<Tags> Activities::tags(std::string_view arn) const {
    const std::scoped_lock lock(shared_->mutex);
    const ActivityPtr activity = shared_->find(arn);
    if (activity == nullptr) return errors::no_such_resource(arn);
    return activity->tags;
}

// ---- tasks and polls

Result<> Activities::schedule(Effects& effects, std::string_view activity_arn, TaskAddress address,
                              std::string_view token, const Payload& input) {
    ActivityPtr activity;
    Task task{0, address, std::string(token), input};
    {
        const std::scoped_lock lock(shared_->mutex);
        activity = shared_->find(activity_arn);
        if (activity == nullptr) return no_such_activity(activity_arn);
        task.sequence = shared_->next_sequence++;
    }
    std::string record;
    append_varint(record, activity_format);
    append_varint(record, address.shard);
    append_varint(record, address.slot);
    append_varint(record, address.generation);
    append_varint(record, address.execution);
    append_text(record, token);
    append_text(record, input.text());
    effects.insert(Table::activity_task, task_key(activity->id, task.sequence), record);
    effects.when_durable(
        [weak = std::weak_ptr(shared_), activity, task = std::move(task)]() mutable {
            if (const auto shared = weak.lock()) shared->show(activity, std::move(task));
        });
    return {};
}

/// The oldest poll that still waits, which is over from now on.
std::shared_ptr<Activities::Poll> Activities::Shared::next_poll(Activity& activity) {
    while (!activity.polls.empty()) {
        std::shared_ptr<Poll> poll = std::move(activity.polls.front());
        activity.polls.pop_front();
        if (std::exchange(poll->is_over, true)) continue;
        --activity.polls_waiting;
        return poll;
    }
    return nullptr;
}

void Activities::Shared::show(const ActivityPtr& activity, Task task) {
    std::shared_ptr<Poll> poll;
    bool is_removed = false;
    {
        const std::scoped_lock lock(mutex);
        is_removed = activity->is_removed;
        if (!is_removed) {
            poll = next_poll(*activity);
            if (poll == nullptr) return activity->tasks.push_back(std::move(task));
        }
    }
    if (!is_removed) return offer(activity, std::move(task), std::move(poll));
    Effects effects;
    effects.erase(Table::activity_task, task_key(activity->id, task.sequence));
    storage.commit(std::move(effects));
}

/// Hands a task to a poll: if its start can be recorded, the worker gets it, else it is over and
/// the poll waits on.
void Activities::Shared::offer(const ActivityPtr& activity, Task task, std::shared_ptr<Poll> poll) {
    SW_ASSERT(started != nullptr);
    if (poll->caller.is_gone()) {
        poll->done(std::optional<ActivityTask>());
        return show(activity, std::move(task));
    }
    const TaskAddress address = task.address;
    std::string worker_name = poll->worker_name;
    started(address, std::move(worker_name),
            [self = shared_from_this(), activity, task = std::move(task),
             poll = std::move(poll)](Result<> recorded) {
                Effects effects;
                effects.erase(Table::activity_task, task_key(activity->id, task.sequence));
                // Waiting on only when this is durable keeps a run of dead tasks from becoming a
                // recursion.
                if (!recorded)
                    effects.when_durable([self, activity, poll] { self->wait(activity, poll); });
                self->storage.commit(std::move(effects));
                if (recorded)
                    poll->done(std::optional<ActivityTask>(ActivityTask{task.token, task.input}));
            });
}

/// Gives the poll a task, or lets it wait for one until its end.
void Activities::Shared::wait(const ActivityPtr& activity, const std::shared_ptr<Poll>& poll) {
    std::optional<Task> task;
    bool is_removed = false;
    {
        const std::scoped_lock lock(mutex);
        is_removed = activity->is_removed;
        if (!is_removed && !activity->tasks.empty()) {
            task = std::move(activity->tasks.front());
            activity->tasks.pop_front();
        } else if (!is_removed && clock.now() < poll->end) {
            poll->is_over = false;
            activity->polls.push_back(poll);
            ++activity->polls_waiting;
            return;
        }
    }
    if (is_removed) return poll->done(no_such_activity(activity->description.arn));
    if (task.has_value()) return offer(activity, *std::move(task), poll);
    poll->done(std::optional<ActivityTask>());
}

void Activities::take(std::string_view activity_arn, std::string worker_name, Caller caller,
                      Completion<std::optional<ActivityTask>> done) {
    auto parsed = parse_arn(activity_arn, ArnKind::activity);
    if (!parsed) return done(parsed.error());
    ActivityPtr activity;
    bool is_full = false;
    {
        const std::scoped_lock lock(shared_->mutex);
        activity = shared_->find(activity_arn);
        is_full = activity != nullptr && activity->polls_waiting >= polls_max;
    }
    if (activity == nullptr) return done(no_such_activity(activity_arn));
    if (is_full) {
        return done(Error(errors::activity_worker_limit_exceeded,
                          "The maximum number of workers concurrently polling for activity tasks "
                          "has been reached"));
    }
    const TimePoint end = shared_->clock.now() + poll_time_max;
    auto poll = std::make_shared<Poll>(
        Poll{std::move(worker_name), end, std::move(done), std::move(caller), true});
    shared_->wait(activity, poll);
    shared_->timers.schedule(
        end,
        [weak = std::weak_ptr(shared_), activity, weak_poll = std::weak_ptr(poll)] {
            const auto shared = weak.lock();
            const auto waiting = weak_poll.lock();
            if (shared == nullptr || waiting == nullptr) return;
            {
                const std::scoped_lock lock(shared->mutex);
                if (std::exchange(waiting->is_over, true)) return;
                --activity->polls_waiting;
                std::erase(activity->polls, waiting);
            }
            waiting->done(std::optional<ActivityTask>());
        },
        sched::Timers::Kind::patience);
}

std::size_t Activities::waiting_tasks(std::string_view activity_arn) const {
    const std::scoped_lock lock(shared_->mutex);
    const ActivityPtr activity = shared_->find(activity_arn);
    return activity == nullptr ? 0 : activity->tasks.size();
}

}  // namespace stepwell::flow
