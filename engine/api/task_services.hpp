// The services as tasks of executions see them.
#pragma once

#include <optional>
#include <string>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>

#include "api/operation.hpp"
#include "event/rules.hpp"
#include "flow/activities.hpp"
#include "flow/executions.hpp"
#include "flow/ports.hpp"
#include "function/functions.hpp"
#include "queue/queues.hpp"
#include "topic/topics.hpp"

namespace stepwell::api {

/// Starts tasks: sending to a queue, publishing to a topic and putting events happen within the
/// execution's own atomic step; a function is invoked once the step is durable; any other operation
/// of the table is called then, by its own way.
///
/// threads  as TaskPort; `connect` before the first task
class TaskServices final : public flow::TaskPort {
 public:
    struct Parts {
        Identity identity;
        Clock& clock;
        flow::Activities& activities;
        queue::Queues& queues;
        topic::Topics& topics;
        function::Functions& functions;
        event::Rules& rules;
    };
    explicit TaskServices(Parts parts) : parts_(std::move(parts)) {}

    /// Where answers that come later go, and where other operations are found.
    void connect(flow::Executions& executions, const OperationTable& operations) {
        executions_ = &executions;
        operations_ = &operations;
    }

    bool knows(const asl::Resource& resource) const override;
    std::optional<flow::ServiceReply> start(Effects& effects, const flow::TaskCall& call) override;
    void follow(Effects& effects, const flow::BegunJob& job) override;
    void abandon(Effects& effects, std::string_view request_id, std::string_view cause) override;

 private:
    std::optional<flow::ServiceReply> send_message(Effects& effects, const flow::TaskCall& call);
    std::optional<flow::ServiceReply> publish(Effects& effects, const flow::TaskCall& call);
    std::optional<flow::ServiceReply> put_events(Effects& effects, const flow::TaskCall& call);
    std::optional<flow::ServiceReply> invoke(Effects& effects, const flow::TaskCall& call);
    std::optional<flow::ServiceReply> invoke_directly(Effects& effects, const flow::TaskCall& call);
    void invoke_when_durable(Effects& effects, const flow::TaskCall& call,
                             function::InvokeInput input);
    std::optional<flow::ServiceReply> schedule(Effects& effects, const flow::TaskCall& call);
    std::optional<flow::ServiceReply> call_operation(Effects& effects, const flow::TaskCall& call);
    flow::ServiceReply answer_of(const asl::Resource& resource, const Result<std::string>& output,
                                 std::size_t body_bytes, std::string_view content_type,
                                 std::string_view request_id) const;

    const Parts parts_;
    flow::Executions* executions_ = nullptr;
    const OperationTable* operations_ = nullptr;
};

}  // namespace stepwell::api
