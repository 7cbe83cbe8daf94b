// The coroutine type of executions.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "base/assert.hpp"
#include "sched/slab.hpp"

namespace stepwell::sched {

/// What a coroutine's first parameter must be able to give: the slab that its frame comes from.
template <class T>
concept HasSlab = requires(T& owner) {
    { owner.slab() } -> std::same_as<Slab&>;
};

/// One running execution (or branch): starts suspended, resumes on its shard only, never completes
/// a second time.
///
/// The coroutine's first parameter has a `slab()`, from which the frame is taken. The Task owns the
/// frame; destroying it before the end cancels what is left. Nothing awaits a Task: it tells its
/// owner at its end by what it does last.
///
/// threads  the shard's own
class [[nodiscard]] Task {
 public:
    struct promise_type {
        Task get_return_object() noexcept {
            return Task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept {
            SW_PANIC("an exception left a coroutine");
        }

        template <HasSlab Owner, class... Rest>
        static void* operator new(std::size_t bytes, Owner& owner, Rest&...) {
            return owner.slab().allocate(bytes);
        }
        static void operator delete(void* frame, std::size_t bytes) noexcept {
            Slab::release(frame, bytes);
        }
    };

    Task() noexcept = default;
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() { reset(); }

    std::coroutine_handle<> handle() const noexcept { return handle_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    bool is_done() const noexcept { return handle_.done(); }
    void reset() noexcept {
        if (handle_ != nullptr) std::exchange(handle_, nullptr).destroy();
    }

 private:
    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_ = nullptr;
};

}  // namespace stepwell::sched
