#include "api/task_services.hpp"

#include <utility>

#include "api/event_bridge.hpp"
#include "api/s3_tasks.hpp"
#include "api/sns.hpp"
#include "api/sqs.hpp"
#include "api/task_responses.hpp"
#include "asl/integrations.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "json/outline.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

namespace {

constexpr std::string_view json_content = "application/x-amz-json-1.0";

// The reply to Publish is XML, and all that varies in it has the same length each time.
constexpr std::size_t publish_reply_bytes = 294;

bool is(const asl::Resource& resource, std::string_view service, std::string_view action) {
    return resource.kind == asl::ResourceKind::integration && resource.service == service &&
           resource.action == action;
}

// "sendMessage" of service "sfn" is SendMessage of "states" in the table.
std::string operation_name(const asl::Resource& resource) {
    std::string name = resource.action;
    if (!name.empty() && name[0] >= 'a' && name[0] <= 'z')
        name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
}
std::string_view table_service(const asl::Resource& resource) {
    if (resource.service == "sfn") return "states";
    return resource.service == "eventbridge" ? std::string_view("events")
                                             : std::string_view(resource.service);
}

// A member of the parameters that the service wants as text: what is no string is sent as its JSON
// text.
template <class Object>
std::optional<std::string_view> text_member(const Object& parameters, std::string_view name) {
    const std::optional<json::Value> value = parameters.find(name);
    if (!value.has_value() || value->is_null()) return std::nullopt;
    return value->is_string() ? value->string() : value->raw();
}

// The host of a URL that names no queue at it; empty for any other. AWS's client looks such a host
// up, in vain.
std::string_view host_without_path(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::string_view rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    return rest.find('/') == std::string_view::npos ? rest : std::string_view{};
}

struct Invocation {
    flow::Executions& executions;
    flow::TaskAddress address;
    asl::Resource resource;
    std::string request_id;
    Clock& clock;
};

void answer_invocation(const Invocation& invocation, const Result<function::InvokeOutput>& output) {
    TaskAnswer answer;
    if (!output.has_value()) {
        answer = failure_of(invocation.resource, output.error(), invocation.request_id);
    } else if (!output->function_error.empty()) {
        answer = function_failure(output->payload);
    } else if (invocation.resource.kind == asl::ResourceKind::lambda_function) {
        Result<Payload> payload =
            Payload::parse(output->payload.empty() ? "null" : output->payload);
        answer = payload.has_value()
                     ? TaskAnswer(*std::move(payload))
                     : TaskAnswer(TaskFailure{"Lambda.Unknown", payload.error().message()});
    } else {
        answer = invoke_result(*output, CallTrace{invocation.request_id, invocation.clock.now()});
    }
    invocation.executions.answer_task(invocation.address, std::move(answer));
}

Result<function::InvocationType> invocation_type(std::optional<std::string_view> text) {
    if (!text.has_value() || *text == "RequestResponse")
        return function::InvocationType::request_response;
    if (*text == "Event") return function::InvocationType::event;
    if (*text == "DryRun") return function::InvocationType::dry_run;
    return Error(errors::validation,
                 "1 validation error detected: Value '" + std::string(*text) +
                     "' at 'invocationType' failed to satisfy constraint: Member must satisfy enum "
                     "value set: [Event, RequestResponse, DryRun]");
}

// The event of a lambda:invoke: a Payload that is text is the event's JSON itself; none or null is
// an empty object.
Payload event_of(json::Value parameters) {
    const std::optional<json::Value> payload = parameters.find("Payload");
    if (!payload.has_value() || payload->is_null()) return Payload::trusted("{}");
    if (payload->is_string()) {
        Result<Payload> text = Payload::parse(payload->string());
        if (text.has_value()) return *std::move(text);
    }
    return Payload::trusted(payload->raw());
}

Result<function::InvokeInput> invoke_input(json::Value parameters) {
    function::InvokeInput input;
    SW_TRY(input.function,
           function::parse_function_name(text_member(parameters, "FunctionName").value_or("")));
    if (const auto qualifier = text_member(parameters, "Qualifier"))
        input.function.qualifier = *qualifier;
    SW_TRY(input.type, invocation_type(text_member(parameters, "InvocationType")));
    input.payload = event_of(parameters);
    input.wants_log_tail = text_member(parameters, "LogType") == "Tail";
    input.client_context = text_member(parameters, "ClientContext").value_or("");
    return input;
}

// The body of a call that a client would make for the task.
std::string operation_input(const flow::TaskCall& call, std::string_view request_id) {
    if (is(call.resource, "states", "startExecution")) {
        // Input may be any JSON; and a start that is made again after a crash has to be the same
        // one.
        const json::Document document = json::Document::of(call.parameters);
        const json::Value parameters = document.root();
        json::Writer writer;
        writer.begin_object().member("stateMachineArn",
                                     text_member(parameters, "StateMachineArn").value_or(""));
        writer.member("name", text_member(parameters, "Name").value_or(request_id));
        if (const auto input = text_member(parameters, "Input")) writer.member("input", *input);
        if (const auto trace = text_member(parameters, "TraceHeader"))
            writer.member("traceHeader", *trace);
        return writer.end_object().take();
    }
    if (table_service(call.resource) == "states") return with_lower_names(call.parameters.text());
    return std::string(call.parameters.text());
}

}  // namespace

bool TaskServices::knows(const asl::Resource& resource) const {
    return resource.kind != asl::ResourceKind::integration || asl::is_integration(resource);
}

std::optional<flow::ServiceReply> TaskServices::start(Effects& effects,
                                                      const flow::TaskCall& call) {
    const asl::Resource& resource = call.resource;
    if (resource.kind == asl::ResourceKind::lambda_function) return invoke_directly(effects, call);
    if (resource.kind == asl::ResourceKind::activity) return schedule(effects, call);
    if (is(resource, "sqs", "sendMessage")) return send_message(effects, call);
    if (is(resource, "sns", "publish")) return publish(effects, call);
    if (is(resource, "events", "putEvents")) return put_events(effects, call);
    if (is(resource, "lambda", "invoke")) return invoke(effects, call);
    return call_operation(effects, call);
}

// The answer of a service that answers with a JSON object.
flow::ServiceReply TaskServices::answer_of(const asl::Resource& resource,
                                           const Result<std::string>& output,
                                           std::size_t body_bytes, std::string_view content_type,
                                           std::string_view request_id) const {
    if (!output.has_value()) return failure_of(resource, output.error(), request_id);
    if (resource.is_sdk) return Payload::trusted(*output);
    return with_sdk_metadata(*output, body_bytes, content_type,
                             CallTrace{request_id, parts_.clock.now()});
}

std::optional<flow::ServiceReply> TaskServices::send_message(Effects& effects,
                                                             const flow::TaskCall& call) {
    json::Outline parameters(call.parameters.text());
    const std::string_view url = text_member(parameters, "QueueUrl").value_or("");
    if (const std::string_view host = host_without_path(url); !host.empty()) {
        return TaskFailure{
            "SQS.SdkClientException",
            "Unable to execute HTTP request: " + std::string(host) + ": Name or service not known"};
    }
    const Result<std::string> output = api::send_message(effects, parts_.queues, parameters);
    return answer_of(call.resource, output, output.has_value() ? output->size() : 0, json_content,
                     uuid_of(call.request_id));
}

std::optional<flow::ServiceReply> TaskServices::publish(Effects& effects,
                                                        const flow::TaskCall& call) {
    json::Outline parameters(call.parameters.text());
    const Result<std::string> output = api::publish(effects, parts_.topics, parameters);
    return answer_of(call.resource, output, publish_reply_bytes, "text/xml",
                     uuid_of(call.request_id));
}

std::optional<flow::ServiceReply> TaskServices::put_events(Effects& effects,
                                                           const flow::TaskCall& call) {
    const json::Document parameters = json::Document::of(call.parameters);
    const Result<PutEventsAnswer> answer =
        api::put_events(effects, parts_.rules, parameters.root());
    if (answer.has_value() && answer->failed > 0)
        return TaskFailure{"EventBridge.FailedEntry", answer->body};
    const Result<std::string> output =
        answer.has_value() ? Result<std::string>(answer->body) : answer.error();
    return answer_of(call.resource, output, output.has_value() ? output->size() : 0,
                     "application/x-amz-json-1.1", uuid_of(call.request_id));
}

std::optional<flow::ServiceReply> TaskServices::invoke(Effects& effects,
                                                       const flow::TaskCall& call) {
    const json::Document parameters = json::Document::of(call.parameters);
    Result<function::InvokeInput> input = invoke_input(parameters.root());
    if (!input.has_value())
        return failure_of(call.resource, input.error(), uuid_of(call.request_id));
    invoke_when_durable(effects, call, *std::move(input));
    return std::nullopt;
}

std::optional<flow::ServiceReply> TaskServices::invoke_directly(Effects& effects,
                                                                const flow::TaskCall& call) {
    Result<function::FunctionName> name = function::parse_function_name(call.resource.arn);
    if (!name.has_value()) return failure_of(call.resource, name.error(), uuid_of(call.request_id));
    function::InvokeInput input;
    input.function = *std::move(name);
    input.payload = call.parameters;
    invoke_when_durable(effects, call, std::move(input));
    return std::nullopt;
}

void TaskServices::invoke_when_durable(Effects& effects, const flow::TaskCall& call,
                                       function::InvokeInput input) {
    input.request_id = uuid_of(call.request_id).view();
    Invocation invocation{*executions_, call.address, call.resource, input.request_id,
                          parts_.clock};
    effects.when_durable(
        [this, input = std::move(input), invocation = std::move(invocation)]() mutable {
            parts_.functions.invoke(
                std::move(input),
                [invocation = std::move(invocation)](const Result<function::InvokeOutput>& output) {
                    answer_invocation(invocation, output);
                });
        });
}

std::optional<flow::ServiceReply> TaskServices::schedule(Effects& effects,
                                                         const flow::TaskCall& call) {
    const Result<> scheduled = parts_.activities.schedule(effects, call.resource.arn, call.address,
                                                          call.token, call.parameters);
    if (scheduled.has_value()) return std::nullopt;
    return TaskFailure{"States.TaskFailed", scheduled.error().message()};
}

namespace {

// Of an integration that AWS has: its state machines can be created, and so tested with mocks.
TaskFailure not_available(const asl::Resource& resource) {
    return TaskFailure{"Stepwell.NotAvailable", "The integration " + resource.arn +
                                                    " is AWS's, and this server has nothing that "
                                                    "could run it."};
}

}  // namespace

// The jobs are executions: no other runs here.
void TaskServices::follow(Effects& effects, const flow::BegunJob& job) {
    const json::Document response = json::Document::of(job.response);
    std::string arn(text_member(response.root(), "ExecutionArn").value_or(""));
    effects.when_durable([this, arn = std::move(arn), address = job.address,
                          resource = job.resource, request_id = uuid_of(job.request_id)]() mutable {
        executions_->wait_until_ended(
            std::move(arn), [this, address, resource = std::move(resource),
                             request_id](const Result<ExecutionDescription>& child) {
                executions_->answer_task(
                    address, child.has_value() ? child_answer(resource, *child)
                                               : failure_of(resource, child.error(), request_id));
            });
    });
}

void TaskServices::abandon(Effects& effects, std::string_view request_id, std::string_view cause) {
    effects.when_durable(
        [this, starter = std::string(request_id), cause = std::string(cause)]() mutable {
            executions_->stop_started_by(std::move(starter), std::move(cause));
        });
}

// Any other operation: called like a client would, once the step is durable.
std::optional<flow::ServiceReply> TaskServices::call_operation(Effects& effects,
                                                               const flow::TaskCall& call) {
    const asl::Resource& resource = call.resource;
    const bool is_others_job = resource.is_sync() && !is(resource, "states", "startExecution");
    const Operation* operation =
        is_others_job ? nullptr
                      : operations_->find(table_service(resource), operation_name(resource));
    if (operation == nullptr) return not_available(resource);
    const std::string request_id = uuid_of(call.request_id).string();
    Call request;
    request.body = operation_input(call, request_id);
    if (table_service(resource) == "s3") prepare_s3_call(resource.action, request);
    request.context = CallContext{"http://127.0.0.1:4566", request_id, "", parts_.identity.region};
    request.context.starter = call.request_id;
    effects.when_durable([this, operation, request = std::move(request), address = call.address,
                          resource, request_id]() mutable {
        (*operation)(std::move(request), [this, address, resource = std::move(resource),
                                          request_id](Result<Reply> reply) {
            Result<std::string> output = std::string("{}");
            const std::size_t body_bytes = reply.has_value() ? reply->body.size() : 0;
            if (!reply.has_value()) {
                output = reply.error();
            } else if (table_service(resource) == "s3") {
                output = s3_task_output(*std::move(reply));
            } else if (!reply->body.empty()) {
                output = table_service(resource) == "states"
                             ? with_upper_names(resource, reply->body)
                             : reply->body;
            }
            executions_->answer_task(
                address, answer_of(resource, output, body_bytes, json_content, request_id).answer);
        });
    });
    return std::nullopt;
}

}  // namespace stepwell::api
