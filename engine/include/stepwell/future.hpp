// A result that comes later: to be awaited by a coroutine, waited for by a thread, or passed to a
// callback.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <stepwell/unique_function.hpp>

namespace stepwell {

/// Where a Future's value is put, once.
///
/// threads  any
template <class T>
class FutureState {
 public:
    void set(T value) {
        UniqueFunction<void(T)> then;
        {
            const std::scoped_lock lock(mutex_);
            if (!then_) {
                value_.emplace(std::move(value));
                ready_.notify_all();
                return;
            }
            then = std::move(then_);
        }
        then(std::move(value));
    }

    /// Calls `then` with the value: at once if it is there, else on the thread that sets it.
    void when_set(UniqueFunction<void(T)> then) {
        {
            const std::scoped_lock lock(mutex_);
            if (!value_.has_value()) {
                then_ = std::move(then);
                return;
            }
        }
        then(std::move(*value_));
    }

    T wait() {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return value_.has_value(); });
        return std::move(*value_);
    }

 private:
    std::mutex mutex_;
    std::condition_variable ready_;
    std::optional<T> value_;        // guarded by mutex_
    UniqueFunction<void(T)> then_;  // guarded by mutex_
};

/// A T that comes later. Taken once, in one of three ways: `co_await`, `get()` or `then()`.
///
/// Also the return type of coroutines that give a T: those begin at once, on the caller's thread. A
/// coroutine that awaits a Future goes on on the thread that makes the value, which is one of the
/// engine's: it must not block there.
///
/// threads  may be handed from thread to thread; used by one at a time
template <class T>
class [[nodiscard]] Future {
 public:
    struct promise_type {
        std::shared_ptr<FutureState<T>> state = std::make_shared<FutureState<T>>();

        Future get_return_object() { return Future(state); }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_value(T value) { state->set(std::move(value)); }
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };

    explicit Future(std::shared_ptr<FutureState<T>> state) noexcept : state_(std::move(state)) {}

    /// Blocks until the value is there. Not on a thread of the engine's.
    T get() && { return std::exchange(state_, nullptr)->wait(); }

    /// Calls `use` with the value: at once if it is there, else on the thread that makes it.
    void then(UniqueFunction<void(T)> use) && {
        std::exchange(state_, nullptr)->when_set(std::move(use));
    }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
        // The awaiter lives in the waiting coroutine's frame until it resumes.
        std::shared_ptr<FutureState<T>> state = state_;
        state->when_set([this, waiter](T value) {
            value_.emplace(std::move(value));
            waiter.resume();
        });
    }
    T await_resume() { return std::move(*value_); }

 private:
    std::shared_ptr<FutureState<T>> state_;
    std::optional<T> value_;  // while awaited
};

}  // namespace stepwell
