// All queues of one data directory.
#pragma once

#include <cstdint>
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
#include <stepwell/result.hpp>

#include "base/identity.hpp"
#include "queue/attributes.hpp"
#include "queue/standard_queue.hpp"
#include "sched/timers.hpp"

namespace stepwell::queue {

/// A task that moves messages out of a dead-letter queue.
struct MessageMoveTask {
    std::string handle;
    std::string source_arn;
    std::string destination_arn;  ///< empty: to where they came from
    std::string status;           ///< RUNNING, COMPLETED, CANCELLING, CANCELLED, FAILED
    std::string failure_reason;
    std::optional<std::uint32_t> messages_per_s_max;
    std::uint64_t moved = 0;
    std::uint64_t to_move = 0;
    TimePoint started{};
};

/// Finds, makes and deletes queues.
///
/// Control operations answer once they are durable. Sending, receiving and deleting go to the queue
/// itself, which callers may keep: see StandardQueue.
///
/// threads  any, after `recover`; nothing blocks but `recover` and the destructor
class Queues {
 public:
    /// What it is given outlives this object; the storage may still release this object's actions
    /// afterwards.
    Queues(Identity identity, Clock& clock, Storage& storage, sched::Timers& timers);
    ~Queues();  ///< answers the waiting receives with no messages
    Queues(const Queues&) = delete;
    Queues& operator=(const Queues&) = delete;

    /// Loads the queues and their messages; called once, before everything else. Returns how many
    /// messages there are. errors   SystemFailure: a stored queue is damaged or of a newer version
    Result<std::uint64_t> recover();

    /// errors   QueueDoesNotExist
    Result<QueuePtr> find(std::string_view name) const;
    Result<QueuePtr> find_by_arn(std::string_view arn) const;
    /// The queue of "http://any.host/account/name", or of a bare name.
    /// errors   QueueDoesNotExist
    Result<QueuePtr> find_by_url(std::string_view url) const;

    /// As StandardQueue::send, to the queue of that name: for services that send in the middle of a
    /// step of their own.
    Result<SentMessage> send(Effects& effects, std::string_view name,
                             const SendMessageInput& input) const;

    /// Makes a queue, or finds the one of that name if it does not differ in any attribute given.
    ///
    /// errors   InvalidParameterValue (name, policies), InvalidAttributeName,
    /// InvalidAttributeValue, QueueNameExists,
    ///          UnsupportedOperation (a FIFO queue: not here yet)
    /// source   Amazon SQS API Reference, CreateQueue
    void create(std::string name, TextMap attributes, TextMap tags, Completion<QueuePtr> done);
    /// Its messages and their receipt handles are void from now on, even if a queue of that name is
    /// made again.
    void remove(std::string_view name, Completion<> done);
    /// errors   as create
    void set_attributes(std::string_view name, TextMap attributes, Completion<> done);
    /// errors   PurgeQueueInProgress: the last purge is less than 60 s ago
    void purge(std::string_view name, Completion<> done);
    /// Adds `tags` and removes `removed_keys`.
    /// errors   InvalidParameterValue: more than 50 tags, keys over 128 or values over 256
    /// characters
    void change_tags(std::string_view name, TextMap tags, std::vector<std::string> removed_keys,
                     Completion<> done);
    void add_permission(std::string_view name, std::string label, std::vector<std::string> accounts,
                        std::vector<std::string> actions, Completion<> done);
    void remove_permission(std::string_view name, std::string label, Completion<> done);

    /// What GetQueueAttributes gives for these names; "All" gives all.
    /// errors   InvalidAttributeName
    Result<TextMap> attributes(const StandardQueue& queue,
                               const std::vector<std::string>& names) const;

    /// Names that start with `prefix`, sorted, after `after`, at most `max`.
    std::vector<std::string> names(std::string_view prefix, std::string_view after,
                                   std::size_t max) const;
    /// Names of the queues whose dead letters go to `queue`, sorted, after `after`, at most `max`.
    std::vector<std::string> dead_letter_sources(const StandardQueue& queue, std::string_view after,
                                                 std::size_t max) const;

    /// Starts moving messages in the background, until the source is empty or the task is
    /// cancelled. Each move is atomic; the task itself ends with the process. errors
    /// ResourceNotFound, InvalidParameterValue (no dead-letter queue; a task is running)
    Result<std::string> start_move_task(std::string_view source_arn,
                                        std::string_view destination_arn,
                                        std::optional<std::uint32_t> messages_per_s_max);
    /// Newest first.
    Result<std::vector<MessageMoveTask>> move_tasks(std::string_view source_arn,
                                                    std::size_t max) const;
    /// Returns how many messages had been moved.
    Result<std::uint64_t> cancel_move_task(std::string_view handle);

 private:
    class MoveTasks;

    QueuePtr find_locked(std::string_view name) const;
    std::uint64_t recover_messages(const std::map<std::uint64_t, QueuePtr>& by_id,
                                   Effects& effects);
    Result<> check_redrive(const QueueAttributes& attributes, std::string_view source_arn) const;
    using Mutation = std::function<Result<>(StandardQueue&)>;
    /// The queue, when it was changed.
    QueuePtr change(std::string_view name, const Mutation& mutation, Completion<> done);

    const std::shared_ptr<World> world_;
    const std::shared_ptr<MoveTasks> moves_;
    std::uint32_t next_queue_ = 1;                  // guarded by world_->names()
    std::map<std::uint64_t, TimePoint> purged_at_;  // by queue id; guarded by world_->names()
};

}  // namespace stepwell::queue
