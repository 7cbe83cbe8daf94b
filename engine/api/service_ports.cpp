#include "api/service_ports.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "api/task_responses.hpp"
#include "base/random.hpp"
#include "queue/checksum.hpp"

namespace stepwell::api {

Result<> TopicDeliveries::enqueue(Effects& effects, const topic::QueueMessage& message) {
    const Result<queue::QueuePtr> queue = queues_.find_by_arn(message.queue_arn);
    if (!queue.has_value()) return queue.error();
    queue::SendMessageInput input;
    input.body = message.body;
    input.message_group_id = message.message_group_id;
    for (const topic::MessageAttribute& attribute : message.attributes) {
        input.attributes.push_back({attribute.name, attribute.data_type, attribute.value});
    }
    const Result<queue::SentMessage> sent = (*queue)->send(effects, input);
    if (!sent.has_value()) return sent.error();
    return {};
}

void TopicDeliveries::invoke(std::string function_arn, std::string payload,
                             topic::Completion<> done) {
    Result<function::FunctionName> name = function::parse_function_name(function_arn);
    if (!name.has_value()) return done(name.error());
    function::InvokeInput input;
    input.function = *std::move(name);
    input.type = function::InvocationType::event;
    input.payload = Payload::trusted(payload);
    functions_.invoke(std::move(input), [done = std::move(done)](
                                            const Result<function::InvokeOutput>& output) mutable {
        if (output.has_value()) return done({});
        done(output.error());
    });
}

std::optional<function::QueuePort::QueueFacts> MappingQueues::find(
    std::string_view queue_arn) const {
    const Result<queue::QueuePtr> queue = queues_.find_by_arn(queue_arn);
    if (!queue.has_value()) return std::nullopt;
    return QueueFacts{(*queue)->attributes().visibility_timeout_s,
                      (*queue)->name().ends_with(".fifo")};
}

namespace {

function::SourceMessage source_message(const queue::ReceivedMessage& received,
                                       const Identity& identity) {
    const auto milliseconds_text = [](TimePoint time) {
        return std::to_string(time.time_since_epoch().count());
    };
    const queue::Message& message = *received.message;
    queue::MessageExtras extras = queue::decode_extras(message.extras());
    function::SourceMessage source;
    source.message_id = message.id().text();
    source.receipt_handle = received.receipt_handle.text();
    source.body = message.body();
    source.md5_of_body = queue::md5_hex(message.body());
    source.attributes = {
        {"ApproximateReceiveCount", std::to_string(received.receive_count)},
        {"SentTimestamp", milliseconds_text(message.sent())},
        {"SenderId", identity.account},
        {"ApproximateFirstReceiveTimestamp", milliseconds_text(received.first_received)}};
    if (!extras.trace_header.empty())
        source.attributes.emplace_back("AWSTraceHeader", extras.trace_header);
    if (!extras.message_group_id.empty())
        source.attributes.emplace_back("MessageGroupId", extras.message_group_id);
    if (!extras.dead_letter_source_arn.empty()) {
        source.attributes.emplace_back("DeadLetterQueueSourceArn", extras.dead_letter_source_arn);
    }
    if (!extras.attributes.empty())
        source.md5_of_message_attributes = queue::md5_of_attributes(extras.attributes);
    for (queue::MessageAttribute& attribute : extras.attributes) {
        source.message_attributes.push_back({std::move(attribute.name),
                                             std::move(attribute.data_type),
                                             std::move(attribute.value)});
    }
    return source;
}

}  // namespace

function::QueuePort::Cancel MappingQueues::receive(std::string_view queue_arn,
                                                   std::uint32_t messages_max, milliseconds wait,
                                                   Received done) {
    const Result<queue::QueuePtr> queue = queues_.find_by_arn(queue_arn);
    if (!queue.has_value()) {
        done(queue.error());
        return {};
    }
    queue::ReceiveMessageInput input;
    input.max_number_of_messages = messages_max;
    input.wait_time_s =
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(wait).count());
    const Identity& identity = identity_;
    (*queue)->receive(input, [&identity, done = std::move(done)](
                                 const Result<queue::ReceivedMessages>& received) mutable {
        if (!received.has_value()) return done(received.error());
        std::vector<function::SourceMessage> messages;
        messages.reserve(received->size());
        for (const queue::ReceivedMessage& message : *received)
            messages.push_back(source_message(message, identity));
        done(std::move(messages));
    });
    return {};
}

void MappingQueues::delete_messages(std::string_view queue_arn,
                                    std::vector<std::string> receipt_handles,
                                    UniqueFunction<void()> done) {
    Effects effects;
    if (const Result<queue::QueuePtr> queue = queues_.find_by_arn(queue_arn); queue.has_value()) {
        for (const std::string& handle : receipt_handles) {
            // A handle that is no longer valid is skipped: its message was received again, or is
            // gone.
            static_cast<void>((*queue)->delete_message(effects, handle));
        }
    }
    effects.when_durable(std::move(done));
    storage_.commit(std::move(effects));
}

void MappingQueues::release_messages(std::string_view queue_arn,
                                     std::vector<std::string> receipt_handles) {
    const Result<queue::QueuePtr> queue = queues_.find_by_arn(queue_arn);
    if (!queue.has_value()) return;
    Effects effects;
    for (const std::string& handle : receipt_handles) {
        static_cast<void>((*queue)->change_message_visibility(effects, handle, 0));  // as above
    }
    storage_.commit(std::move(effects));
}

namespace {

// The message that a distributed Map shows: the SDK's, for its own client of S3 is one.
Error as_map_sees(const Error& error) {
    asl::Resource resource;
    resource.kind = asl::ResourceKind::integration;
    resource.service = "s3";
    return Error(error.kind(), failure_of(resource, error, make_uuid()).cause);
}

// Collects a listing page by page.
class WholeListing : public std::enable_shared_from_this<WholeListing> {
 public:
    using Done = UniqueFunction<void(Result<std::vector<flow::ListedObject>>)>;

    WholeListing(object::Objects& objects, flow::ListObjectsRequest request, Done done)
        : objects_(objects), request_(std::move(request)), done_(std::move(done)) {}

    void list_on(std::string after) {
        object::ListInput input;
        input.bucket = request_.bucket;
        input.prefix = request_.prefix;
        input.after = std::move(after);
        if (request_.objects_max != 0)
            input.max = std::min<std::uint64_t>(input.max, request_.objects_max - found_.size());
        objects_.list_objects(std::move(input),
                              [self = shared_from_this()](const Result<object::ListOutput>& page) {
                                  self->take(page);
                              });
    }

 private:
    void take(const Result<object::ListOutput>& page) {
        if (!page.has_value()) return done_(as_map_sees(page.error()));
        for (const object::ListedObject& listed : page->objects) {
            flow::ListedObject& found = found_.emplace_back();
            found.etag = "\"" + listed.object.etag + "\"";
            found.key = listed.key;
            found.last_modified = listed.object.last_modified;
            found.size = listed.object.size();
        }
        const bool is_enough = request_.objects_max != 0 && found_.size() >= request_.objects_max;
        if (!page->is_truncated || is_enough) return done_(std::move(found_));
        list_on(page->last);
    }

    object::Objects& objects_;
    const flow::ListObjectsRequest request_;
    Done done_;
    std::vector<flow::ListedObject> found_;
};

}  // namespace

void MapObjects::get_object(flow::ObjectName name, UniqueFunction<void(Result<std::string>)> done) {
    objects_.run_on_worker(
        [this, name = object::ObjectName{name.bucket, name.key}, done = std::move(done)]() mutable {
            const Result<object::Object> object = objects_.find_object(name);
            if (!object.has_value()) return done(as_map_sees(object.error()));
            Result<Content> content = objects_.open(*object, 0, object->size());
            if (!content.has_value()) return done(as_map_sees(content.error()));
            done((*std::move(content)).read());
        });
}

void MapObjects::list_objects(flow::ListObjectsRequest request,
                              UniqueFunction<void(Result<std::vector<flow::ListedObject>>)> done) {
    std::make_shared<WholeListing>(objects_, std::move(request), std::move(done))->list_on({});
}

void MapObjects::put_object(flow::ObjectName name, std::string content,
                            UniqueFunction<void(Result<>)> done) {
    object::PutInput put;
    put.name = {std::move(name.bucket), std::move(name.key)};
    put.attributes.headers["ContentType"] = "application/json";
    put.incoming.bytes = std::move(content);
    objects_.put_object(std::move(put),
                        [done = std::move(done)](const Result<object::Object>& made) mutable {
                            if (!made.has_value()) return done(as_map_sees(made.error()));
                            done({});
                        });
}

}  // namespace stepwell::api
