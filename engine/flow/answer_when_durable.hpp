// Answering a call with what its turn did.
#pragma once

#include <utility>

#include "flow/executions.hpp"

namespace stepwell::flow {

/// Completes `done` once the turn's effects are durable.
template <class T>
void answer_when_durable(Effects& effects, Completion<T> done, Result<T> result) {
    effects.when_durable([done = std::move(done), result = std::move(result)]() mutable {
        done(std::move(result));
    });
}

}  // namespace stepwell::flow
