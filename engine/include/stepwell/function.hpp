// Functions of the embedding program, in place of Lambda functions.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include <stepwell/execution.hpp>
#include <stepwell/future.hpp>
#include <stepwell/payload.hpp>

namespace stepwell {

/// Handles one invocation: gets the event, gives its result. A plain function that returns a
/// TaskAnswer, or a coroutine that returns a Future of one. Called on a thread of the engine's,
/// several at once: a plain function should be short, a coroutine must not block.
template <class F>
concept FunctionHandler = std::is_invocable_r_v<TaskAnswer, F&, Payload> ||
                          std::is_invocable_r_v<Future<TaskAnswer>, F&, Payload>;

/// Any FunctionHandler, as the engine keeps it.
using AnyFunctionHandler =
    std::function<void(Payload event, UniqueFunction<void(TaskAnswer)> answer)>;

template <FunctionHandler F>
AnyFunctionHandler make_function_handler(F handler) {
    return [handler = std::move(handler)](Payload event,
                                          UniqueFunction<void(TaskAnswer)> answer) mutable {
        if constexpr (std::is_invocable_r_v<Future<TaskAnswer>, F&, Payload>) {
            Future<TaskAnswer> later = handler(std::move(event));
            std::move(later).then(std::move(answer));
        } else {
            answer(handler(std::move(event)));
        }
    };
}

}  // namespace stepwell
