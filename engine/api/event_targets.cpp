#include "api/event_targets.hpp"

#include "base/errors.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

namespace {

// "sqs" of "arn:aws:sqs:...".
std::string_view service_in(std::string_view arn) {
    constexpr std::string_view prefix = "arn:aws:";
    if (!arn.starts_with(prefix)) return {};
    arn.remove_prefix(prefix.size());
    return arn.substr(0, arn.find(':'));
}

}  // namespace

bool EventTargets::knows(std::string_view arn) const {
    const std::string_view service = service_in(arn);
    return takes_at_once(arn) || service == "lambda" ||
           (service == "states" && arn.find(":stateMachine:") != std::string_view::npos);
}

bool EventTargets::takes_at_once(std::string_view arn) const {
    const std::string_view service = service_in(arn);
    return service == "sqs" || service == "sns";
}

Result<> EventTargets::put(Effects& effects, std::string_view arn, std::string_view payload,
                           std::string_view message_group_id) {
    if (service_in(arn) == "sns") {
        topic::PublishInput input;
        input.topic_arn = arn;
        input.message = payload;
        const Result<topic::Published> published = topics_.publish(effects, input);
        if (!published.has_value()) return published.error();
        return {};
    }
    const Result<queue::QueuePtr> queue = queues_.find_by_arn(arn);
    if (!queue.has_value()) return queue.error();
    queue::SendMessageInput input;
    input.body = payload;
    input.message_group_id = message_group_id;
    const Result<queue::SentMessage> sent = (*queue)->send(effects, input);
    if (!sent.has_value()) return sent.error();
    return {};
}

void EventTargets::start(std::string arn, std::string payload, std::string name,
                         event::Completion<> done) {
    if (service_in(arn) == "lambda") {
        Result<function::FunctionName> function = function::parse_function_name(arn);
        if (!function.has_value()) return done(function.error());
        function::InvokeInput input;
        input.function = *std::move(function);
        input.type = function::InvocationType::event;
        input.payload = Payload::trusted(payload);
        functions_.invoke(
            std::move(input),
            [done = std::move(done)](const Result<function::InvokeOutput>& output) mutable {
                if (!output.has_value()) return done(output.error());
                done({});
            });
        return;
    }
    const Operation* const operation = operations_.find("states", "StartExecution");
    if (operation == nullptr)
        return done(Error{errors::not_implemented, "Executions cannot be started here."});
    Call call;
    json::Writer body;
    body.begin_object().member("stateMachineArn", arn).member("name", name);
    call.body = body.member("input", payload).end_object().take();
    call.context = CallContext{"http://127.0.0.1:4566", name, "", identity_.region};
    call.context.starter = "event " + name;
    (*operation)(std::move(call), [done = std::move(done)](const Result<Reply>& reply) mutable {
        if (!reply.has_value()) return done(reply.error());
        done({});
    });
}

}  // namespace stepwell::api
