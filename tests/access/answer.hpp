// The outcome of a call that answers later.
#pragma once

#include <future>
#include <utility>

#include "access/replies.hpp"

namespace stepwell::access {

/// Makes the call with a reply and waits for it: `answer<Role>([&](auto reply) {
/// roles.get_role("a", reply); })`.
template <class T = void, class Call>
Result<T> answer(Call call) {
    std::promise<Result<T>> promise;
    call(Reply<T>([&promise](Result<T> result) { promise.set_value(std::move(result)); }));
    return promise.get_future().get();
}

}  // namespace stepwell::access
