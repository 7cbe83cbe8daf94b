// A thread that runs actions and I/O one after another.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <stepwell/unique_function.hpp>

namespace boost::asio {
class io_context;
}

namespace stepwell::function {

/// An io_context and its one thread, which starts with the first `post`: who never uses it pays
/// nothing.
///
/// Who may outlive it (a timer) holds it weakly.
///
/// threads  `post` from any thread; actions run on the loop's thread, in order
class EventLoop : public std::enable_shared_from_this<EventLoop> {
 public:
    /// `thread_name` is what debuggers show, at most 15 characters.
    explicit EventLoop(std::string thread_name);
    ~EventLoop();

    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Runs `action` soon on the loop's thread. After `stop` it is dropped.
    void post(UniqueFunction<void()> action);

    /// Ends the thread after the action that it is in; what is still queued is destroyed unrun. Not
    /// from the thread itself.
    void stop();

    bool is_own_thread() const noexcept;
    /// True between the first `post` and `stop`.
    bool is_running();

    /// For I/O objects; use it on the loop's thread only.
    boost::asio::io_context& context() noexcept { return *context_; }

 private:
    struct Work;

    std::string thread_name_;
    std::unique_ptr<boost::asio::io_context> context_;
    std::unique_ptr<Work> work_;

    std::mutex mutex_;  // guards what follows
    bool is_started_ = false;
    bool is_stopped_ = false;
    std::thread thread_;
    std::atomic<std::thread::id> thread_id_{};
};

}  // namespace stepwell::function
