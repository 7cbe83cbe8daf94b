// Jobs that .sync tasks have begun and wait for no more: what is stored of them until they are
// over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <stepwell/journal.hpp>

#include "flow/execution.hpp"

namespace stepwell::flow {

/// A job whose task ended before it did.
struct AbandonedJob {
    std::string starter;  ///< the request id of the task
    std::string cause;    ///< what the job is ended with
};

/// Part of the commit that ends the task: from now on the job is not forgotten in a crash.
void remember_abandoned_job(Effects& effects, const AbandonedJob& job);
/// Part of the commit that ends the job. Does nothing when it was not abandoned.
void forget_abandoned_job(Effects& effects, std::string_view starter);
/// All of them. Blocks.
std::vector<AbandonedJob> abandoned_jobs(const Storage& storage);

/// Whether a task that waited ends by this without its service having answered: a timeout or a
/// stop. Who has the token answers too.
inline bool ends_without_answer(Outcome::Kind kind) noexcept {
    using enum Outcome::Kind;
    return kind == timed_out || kind == heartbeat_missed || kind == stopped ||
           kind == machine_timed_out;
}

}  // namespace stepwell::flow
