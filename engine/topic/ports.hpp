// What topics need from the services around them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

namespace stepwell::topic {

/// One message attribute. `data_type` is String, String.Array, Number or Binary.
struct MessageAttribute {
    std::string name;
    std::string data_type;
    std::string value;  ///< text, or for Binary the bytes themselves

    bool is_binary() const noexcept { return data_type.starts_with("Binary"); }
};

/// Answers one call, once. Runs on a thread of the engine's and must not block.
template <class T = void>
using Completion = UniqueFunction<void(Result<T>)>;

/// A message on its way into a queue. The views end with the call.
struct QueueMessage {
    std::string_view queue_arn;
    std::string_view body;
    const std::vector<MessageAttribute>& attributes;
    std::string_view message_group_id;
    std::string_view message_deduplication_id;
};

/// Where deliveries go.
class DeliveryPort {
 public:
    virtual ~DeliveryPort() = default;

    /// Puts a message into the queue, as part of the caller's step.
    /// errors   of the queue service: it does not exist, it does not take the message
    /// threads  any; must not block
    virtual Result<> enqueue(Effects& effects, const QueueMessage& message) = 0;

    /// Invokes a function asynchronously with `payload`; done when the function service has taken
    /// it over. threads  any; must not block
    virtual void invoke(std::string function_arn, std::string payload, Completion<> done) = 0;
};

}  // namespace stepwell::topic
