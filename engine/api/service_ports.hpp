// What topics, functions and executions need of their neighbours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/identity.hpp"
#include "flow/ports.hpp"
#include "function/functions.hpp"
#include "function/ports.hpp"
#include "object/objects.hpp"
#include "queue/queues.hpp"
#include "topic/ports.hpp"

namespace stepwell::api {

/// Queues and functions as topics see them.
class TopicDeliveries final : public topic::DeliveryPort {
 public:
    TopicDeliveries(queue::Queues& queues, function::Functions& functions)
        : queues_(queues), functions_(functions) {}

    Result<> enqueue(Effects& effects, const topic::QueueMessage& message) override;
    void invoke(std::string function_arn, std::string payload, topic::Completion<> done) override;

 private:
    queue::Queues& queues_;
    function::Functions& functions_;
};

/// Queues as event source mappings see them.
class MappingQueues final : public function::QueuePort {
 public:
    MappingQueues(queue::Queues& queues, Storage& storage, const Identity& identity)
        : queues_(queues), storage_(storage), identity_(identity) {}

    std::optional<QueueFacts> find(std::string_view queue_arn) const override;
    Cancel receive(std::string_view queue_arn, std::uint32_t messages_max, milliseconds wait,
                   Received done) override;
    void delete_messages(std::string_view queue_arn, std::vector<std::string> receipt_handles,
                         UniqueFunction<void()> done) override;
    void release_messages(std::string_view queue_arn,
                          std::vector<std::string> receipt_handles) override;

 private:
    queue::Queues& queues_;
    Storage& storage_;
    const Identity& identity_;
};

/// S3's objects as distributed Maps see them.
class MapObjects final : public flow::ObjectPort {
 public:
    explicit MapObjects(object::Objects& objects) : objects_(objects) {}

    void get_object(flow::ObjectName name, UniqueFunction<void(Result<std::string>)> done) override;
    void list_objects(flow::ListObjectsRequest request,
                      UniqueFunction<void(Result<std::vector<flow::ListedObject>>)> done) override;
    void put_object(flow::ObjectName name, std::string content,
                    UniqueFunction<void(Result<>)> done) override;

 private:
    object::Objects& objects_;
};

}  // namespace stepwell::api
