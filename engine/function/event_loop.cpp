#include "function/event_loop.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/assert.hpp"

namespace stepwell::function {

namespace asio = boost::asio;

struct EventLoop::Work {
    explicit Work(asio::io_context& context) : guard(context.get_executor()) {}
    asio::executor_work_guard<asio::io_context::executor_type> guard;
};

EventLoop::EventLoop(std::string thread_name)
    : thread_name_(std::move(thread_name)), context_(std::make_unique<asio::io_context>(1)) {}

EventLoop::~EventLoop() { stop(); }

void EventLoop::post(UniqueFunction<void()> action) {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopped_) return;
        if (!is_started_) {
            is_started_ = true;
            work_ = std::make_unique<Work>(*context_);
            thread_ = std::thread([this] {
                pthread_setname_np(pthread_self(), thread_name_.c_str());
                thread_id_ = std::this_thread::get_id();
                context_->run();
            });
        }
    }
    asio::post(*context_, std::move(action));
}

void EventLoop::stop() {
    SW_ASSERT(!is_own_thread());
    {
        const std::lock_guard lock(mutex_);
        if (is_stopped_) return;
        is_stopped_ = true;
    }
    context_->stop();
    if (thread_.joinable()) thread_.join();
}

bool EventLoop::is_running() {
    const std::lock_guard lock(mutex_);
    return is_started_ && !is_stopped_;
}

bool EventLoop::is_own_thread() const noexcept { return thread_id_ == std::this_thread::get_id(); }

}  // namespace stepwell::function
