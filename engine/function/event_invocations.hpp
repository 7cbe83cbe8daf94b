// Invocations of type Event: accepted durably, run later, tried again when they fail.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/payload.hpp>
#include <stepwell/unique_function.hpp>

#include "sched/timers.hpp"

namespace stepwell::function {

/// How often and for how long AWS tries.
inline constexpr std::uint32_t event_attempts_max = 3;
inline constexpr milliseconds event_age_max = std::chrono::hours(6);

/// One accepted invocation.
struct EventInvocation {
    std::string request_id;
    std::string function_name;
    Payload payload;
    std::string client_context = {};
    std::string trace_id = {};
    TimePoint accepted{};
    std::uint32_t attempts = 0;  ///< that have failed
};

/// Keeps what was accepted in the store (Table::blob, "event-invocation/<request id>") until it has
/// succeeded or was given up: after three attempts, a minute after the first and two after the
/// second, or six hours.
///
/// threads  any; nothing blocks but `recover`
class EventInvocations {
 public:
    /// How an attempt ended: `is_final` when it need not be made again (it succeeded, or its
    /// function is gone).
    using AttemptEnded = UniqueFunction<void(bool is_final)>;
    /// Makes one attempt. Called on any thread; must not block.
    using Run = std::function<void(const EventInvocation& invocation, AttemptEnded ended)>;

    EventInvocations(Clock& clock, Storage& storage, sched::Timers& timers, Run run);
    ~EventInvocations();

    /// Reads what was accepted before. Blocks.
    void recover();
    /// Takes up what `recover` has found.
    void start_running();

    /// Stores the invocation, then calls `accepted` and makes the first attempt.
    void accept(EventInvocation invocation, UniqueFunction<void()> accepted);

    /// No attempt begins or ends any more: what is under way stays in the store. Waits for calls of
    /// `run` to return.
    void stop();

    /// Accepted and neither succeeded nor given up.
    std::uint64_t pending() const;

 private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace stepwell::function
