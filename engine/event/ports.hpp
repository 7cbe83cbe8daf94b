// What rules need from the services around them.
#pragma once

#include <string>
#include <string_view>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

namespace stepwell::event {

/// Answers one call, once. Runs on a thread of the engine's and must not block.
template <class T = void>
using Completion = UniqueFunction<void(Result<T>)>;

/// Where events go: queues, topics, functions, state machines.
class TargetPort {
 public:
    virtual ~TargetPort() = default;

    /// Whether the service that the ARN names is here.
    virtual bool knows(std::string_view arn) const = 0;
    /// Whether the target takes events as part of a step. Others are started afterwards.
    virtual bool takes_at_once(std::string_view arn) const = 0;

    /// Puts the event into a queue or topic, as part of the caller's step.
    /// errors   of the target's service
    /// threads  any; must not block
    virtual Result<> put(Effects& effects, std::string_view arn, std::string_view payload,
                         std::string_view message_group_id) = 0;

    /// Invokes a function or starts an execution; done when the service has taken it over. What
    /// comes twice with one `name` is started once where the service can tell.
    /// threads  any; must not block
    virtual void start(std::string arn, std::string payload, std::string name,
                       Completion<> done) = 0;
};

}  // namespace stepwell::event
