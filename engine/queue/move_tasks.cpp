#include "queue/move_tasks.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/random.hpp"
#include "queue/errors.hpp"

namespace stepwell::queue {

namespace {

constexpr std::size_t step_messages_max = 500;
constexpr milliseconds step_interval{100};  // of a task with a limited rate

bool is_active(const MessageMoveTask& task) {
    return task.status == "RUNNING" || task.status == "CANCELLING";
}

}  // namespace

Result<std::string> Queues::MoveTasks::start(const QueuePtr& source, QueuePtr destination,
                                             std::optional<std::uint32_t> messages_per_s_max) {
    const std::string source_arn = source->arn();
    std::size_t index = 0;
    std::string handle;
    {
        const std::scoped_lock lock(mutex_);
        const bool is_taken = std::any_of(tasks_.begin(), tasks_.end(), [&](const Task& task) {
            return task.shown.source_arn == source_arn && is_active(task.shown);
        });
        if (is_taken) {
            return Error{errors::invalid_parameter_value,
                         "There is already a task running. Only one active task is allowed for a "
                         "source queue "
                         "arn at a given time."};
        }
        index = tasks_.size();
        handle = base64_encode("{\"taskId\":\"" + make_uuid() + "\",\"sourceArn\":\"" + source_arn +
                               "\"}");
        MessageMoveTask shown{.handle = handle,
                              .source_arn = source_arn,
                              .destination_arn = destination == nullptr ? "" : destination->arn(),
                              .status = "RUNNING",
                              .failure_reason = {},
                              .messages_per_s_max = messages_per_s_max,
                              .to_move = static_cast<std::uint64_t>(source->counts().ready),
                              .started = world_->clock.now()};
        tasks_.push_back({std::move(shown), source, std::move(destination)});
    }
    world_->schedule(world_->clock.now(), [weak = weak_from_this(), index] {
        if (const auto tasks = weak.lock()) tasks->step(index);
    });
    return handle;
}

void Queues::MoveTasks::step(std::size_t index) {
    QueuePtr source;
    QueuePtr destination;
    std::size_t max = step_messages_max;
    TimePoint next = world_->clock.now();
    {
        const std::scoped_lock lock(mutex_);
        Task& task = tasks_[index];
        if (task.shown.status == "CANCELLING") {
            task.shown.status = "CANCELLED";
            return;
        }
        source = task.source;
        destination = task.destination;
        if (const auto rate = task.shown.messages_per_s_max; rate.has_value()) {
            const auto share = static_cast<std::size_t>(*rate) / 10;
            max = std::max<std::size_t>(1, std::min(share, step_messages_max));
            next += share == 0 ? milliseconds{1000} / *rate : step_interval;
        }
    }
    const std::size_t moved = source->move_messages(max, destination);
    {
        const std::scoped_lock lock(mutex_);
        Task& task = tasks_[index];
        task.shown.moved += moved;
        if (moved == 0) {
            task.shown.status = source->counts().ready > 0 ? "FAILED" : "COMPLETED";
            if (task.shown.status == "FAILED")
                task.shown.failure_reason = "AWS.SimpleQueueService.NonExistentQueue";
            return;
        }
    }
    world_->schedule(next, [weak = weak_from_this(), index] {
        if (const auto tasks = weak.lock()) tasks->step(index);
    });
}

std::vector<MessageMoveTask> Queues::MoveTasks::list(std::string_view source_arn,
                                                     std::size_t max) const {
    const std::scoped_lock lock(mutex_);
    std::vector<MessageMoveTask> newest_first;
    for (auto task = tasks_.rbegin(); task != tasks_.rend() && newest_first.size() < max; ++task) {
        if (task->shown.source_arn == source_arn) newest_first.push_back(task->shown);
    }
    return newest_first;
}

Result<std::uint64_t> Queues::MoveTasks::cancel(std::string_view handle) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::find_if(tasks_.begin(), tasks_.end(),
                                    [&](const Task& task) { return task.shown.handle == handle; });
    if (found == tasks_.end() || !is_active(found->shown)) {
        return Error{errors::resource_not_found, "Task does not exist."};
    }
    found->shown.status = "CANCELLING";
    return found->shown.moved;
}

}  // namespace stepwell::queue
