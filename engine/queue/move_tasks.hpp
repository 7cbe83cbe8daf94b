// Message move tasks: dead letters on their way back. Known to this folder only.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "queue/queues.hpp"
#include "queue/world.hpp"

namespace stepwell::queue {

/// Runs the tasks in steps on the timers' thread. Tasks are not stored: after a restart the
/// messages are where the last step left them, and nobody goes on.
///
/// threads  any
class Queues::MoveTasks : public std::enable_shared_from_this<Queues::MoveTasks> {
 public:
    explicit MoveTasks(std::shared_ptr<World> world) : world_(std::move(world)) {}

    /// errors   InvalidParameterValue: a task of this source is running
    Result<std::string> start(const QueuePtr& source, QueuePtr destination,
                              std::optional<std::uint32_t> messages_per_s_max);
    std::vector<MessageMoveTask> list(std::string_view source_arn, std::size_t max) const;
    Result<std::uint64_t> cancel(std::string_view handle);

 private:
    struct Task {
        MessageMoveTask shown;
        QueuePtr source;
        QueuePtr destination;  // null: where the messages came from
    };

    void step(std::size_t index);

    const std::shared_ptr<World> world_;
    mutable std::mutex mutex_;  // guards tasks_
    std::vector<Task> tasks_;   // oldest first; the handle ends with the index
};

}  // namespace stepwell::queue
