// Messages of queues, for consumers within the embedding program.
#pragma once

#include <functional>
#include <string>

#include <stepwell/future.hpp>

namespace stepwell {

/// A message as a consumer gets it.
struct QueueMessage {
    std::string message_id;
    std::string body;
    std::uint32_t receive_count = 1;
};

/// Handles one message: true deletes it, false leaves it to come again after its visibility
/// timeout.
using QueueConsumer = std::function<Future<bool>(QueueMessage message)>;

}  // namespace stepwell
