// What functions need from the services around them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

namespace stepwell::function {

/// A message of a queue, as an event source mapping gets it.
struct SourceMessage {
    std::string message_id;
    std::string receipt_handle;
    std::string body;
    std::string md5_of_body;
    /// ApproximateReceiveCount, SentTimestamp, SenderId, ApproximateFirstReceiveTimestamp, for FIFO
    /// queues more.
    std::vector<std::pair<std::string, std::string>> attributes;

    struct Attribute {
        std::string name;
        std::string data_type;  ///< "String", "Number.custom", "Binary"
        std::string value;      ///< of Binary: the bytes
    };
    std::vector<Attribute> message_attributes = {};
    std::string md5_of_message_attributes = {};
};

/// Queues as event source mappings see them.
///
/// threads  any; nothing here blocks
class QueuePort {
 public:
    virtual ~QueuePort() = default;

    struct QueueFacts {
        std::int64_t visibility_timeout_seconds = 30;
        bool is_fifo = false;
    };
    /// Nothing when there is no such queue.
    virtual std::optional<QueueFacts> find(std::string_view queue_arn) const = 0;

    using Received = UniqueFunction<void(Result<std::vector<SourceMessage>>)>;
    using Cancel = UniqueFunction<void()>;
    /// Receives 1 to 10 messages; waits up to `wait` while there is none, then calls back with
    /// none. Each received message is invisible for the queue's visibility timeout.
    ///
    /// returns  ends the wait early (the call-back then comes with no messages); may be empty
    virtual Cancel receive(std::string_view queue_arn, std::uint32_t messages_max,
                           milliseconds wait, Received done) = 0;

    /// Deletes messages that were processed. Those whose receipt handle is no longer valid are
    /// skipped.
    virtual void delete_messages(std::string_view queue_arn,
                                 std::vector<std::string> receipt_handles,
                                 UniqueFunction<void()> done) = 0;

    /// Makes messages visible again at once.
    virtual void release_messages(std::string_view queue_arn,
                                  std::vector<std::string> receipt_handles) = 0;
};

}  // namespace stepwell::function
