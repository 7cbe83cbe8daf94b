#include "soak_target.hpp"

#include <optional>
#include <string_view>

#include "callback_definition.hpp"
#include "http_client.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "soak_measures.hpp"

namespace stepwell::bench {

namespace {

std::string text_in(HttpClient& client, std::string_view target, std::string_view body,
                    std::string_view member) {
    const auto reply = client.call(target, body);
    if (!reply.has_value() || reply->status != 200) {
        give_up(std::string(target) + ": " +
                (reply.has_value() ? reply->body : "the connection broke"));
    }
    const auto answer = json::Document::parse(reply->body);
    const auto found = answer.has_value() ? answer->root().find(member) : std::nullopt;
    if (!found.has_value()) give_up(std::string(target) + ": " + reply->body);
    return std::string(found->string());
}

std::string create_queue(HttpClient& client, std::string_view name,
                         std::chrono::seconds visibility_timeout) {
    json::Writer body;
    body.begin_object().member("QueueName", name).key("Attributes").begin_object();
    body.member("VisibilityTimeout", std::to_string(visibility_timeout.count()));
    body.end_object().end_object();
    return text_in(client, "AmazonSQS.CreateQueue", body.text(), "QueueUrl");
}

std::string create_machine(HttpClient& client, std::string_view name) {
    json::Writer body;
    body.begin_object().member("name", name).member("definition", callback_definition(name));
    body.member("roleArn", "arn:aws:iam::000000000000:role/bench").end_object();
    return text_in(client, "AWSStepFunctions.CreateStateMachine", body.text(), "stateMachineArn");
}

}  // namespace

SoakTarget create_target(std::uint16_t port, std::chrono::seconds visibility_timeout) {
    HttpClient client(port);
    const auto topic = client.call_query("Action=CreateTopic&Version=2010-03-31&Name=bench");
    if (!topic.has_value() || topic->status != 200) give_up("CreateTopic failed");
    SoakTarget target;
    target.port = port;
    target.queue_url = create_queue(client, "bench", visibility_timeout);
    create_queue(client, "bench-parked", std::chrono::seconds{600});
    target.machine_arn = create_machine(client, "bench");
    target.parked_machine_arn = create_machine(client, "bench-parked");
    return target;
}

}  // namespace stepwell::bench
