// The targets of event rules: queues, topics, functions, state machines.
#pragma once

#include <string>
#include <string_view>

#include "api/operation.hpp"
#include "base/identity.hpp"
#include "event/ports.hpp"
#include "function/functions.hpp"
#include "queue/queues.hpp"
#include "topic/topics.hpp"

namespace stepwell::api {

/// The services as event rules see them. Executions are started by the table's StartExecution, with
/// the delivery's name as starter, so that one delivery is one execution.
class EventTargets final : public event::TargetPort {
 public:
    EventTargets(queue::Queues& queues, topic::Topics& topics, function::Functions& functions,
                 const OperationTable& operations, const Identity& identity)
        : queues_(queues),
          topics_(topics),
          functions_(functions),
          operations_(operations),
          identity_(identity) {}

    bool knows(std::string_view arn) const override;
    bool takes_at_once(std::string_view arn) const override;
    Result<> put(Effects& effects, std::string_view arn, std::string_view payload,
                 std::string_view message_group_id) override;
    void start(std::string arn, std::string payload, std::string name,
               event::Completion<> done) override;

 private:
    queue::Queues& queues_;
    topic::Topics& topics_;
    function::Functions& functions_;
    const OperationTable& operations_;
    const Identity& identity_;
};

}  // namespace stepwell::api
