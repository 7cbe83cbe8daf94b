#include "object/workers.hpp"

#include <pthread.h>

#include <utility>

namespace stepwell::object {

void Workers::run(UniqueFunction<void()> job) {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return;
    in_flight_.begin();
    jobs_.push_back(std::move(job));
    while (threads_.size() < thread_count) {
        threads_.emplace_back([this] { work(); });
        pthread_setname_np(threads_.back().native_handle(), "sw-object");
    }
    has_changed_.notify_one();
}

void Workers::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        has_changed_.wait(lock, [this] { return is_stopped_ || !jobs_.empty(); });
        if (is_stopped_) return;
        UniqueFunction<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // before the clock may go on
        in_flight_.end();
        lock.lock();
    }
}

void Workers::stop() {
    std::deque<UniqueFunction<void()>> dropped;
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        is_stopped_ = true;
        dropped.swap(jobs_);
        threads.swap(threads_);
        has_changed_.notify_all();
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < dropped.size(); ++i) in_flight_.end();
}

}  // namespace stepwell::object
