// A topic and its subscriptions, as values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>

#include "base/hex.hpp"
#include "topic/filter_policy.hpp"
#include "topic/ports.hpp"

namespace stepwell::topic {

using TextMap = std::map<std::string, std::string, std::less<>>;

/// Where a subscription delivers to.
enum class Protocol : std::uint8_t { sqs, lambda, http, https };
std::string_view name_of(Protocol protocol) noexcept;
std::optional<Protocol> protocol_named(std::string_view name) noexcept;

/// A subscription. Immutable: a change makes another one.
struct Subscription {
    std::string arn;
    std::string topic_arn;
    Protocol protocol = Protocol::sqs;
    std::string endpoint;
    std::string token;  ///< confirms it
    bool is_confirmed = false;
    TextMap attributes;  ///< as they were set: FilterPolicy, RawMessageDelivery, RedrivePolicy, ...

    // Taken from the attributes by `make`.
    bool is_raw = false;
    std::optional<FilterPolicy> filter;
    std::string dead_letter_arn;  ///< of RedrivePolicy; empty: none

    /// errors   InvalidParameter: an unknown attribute, or a value that it does not take. The
    /// message has no
    ///          "Invalid parameter: " before it, since AWS says it differently in each operation.
    static Result<Subscription> make(Subscription draft);
};
using SubscriptionPtr = std::shared_ptr<const Subscription>;
/// In the order in which they were made; immutable.
using Subscriptions = std::shared_ptr<const std::vector<SubscriptionPtr>>;

/// What Publish takes. The views end with the call.
struct PublishInput {
    std::string_view topic_arn;
    std::string_view message;
    std::optional<std::string_view> subject = {};
    std::string_view message_structure = {};
    std::vector<MessageAttribute> attributes = {};
    std::string_view message_group_id = {};
    std::string_view message_deduplication_id = {};
};
struct Published {
    UuidText message_id;
    std::string sequence_number;  ///< of FIFO topics; empty otherwise
};

/// errors   InvalidParameter, InvalidParameterValue: what Publish refuses before it looks at the
/// topic source   Amazon SNS API Reference, Publish
Result<> check_publish(const PublishInput& input);
/// What counts towards the limit of 262,144 bytes.
std::size_t publish_bytes(const PublishInput& input);

/// MessageStructure=json taken apart: the text for each protocol, with the default one. Views the
/// input's message.
/// errors   InvalidParameter: no JSON object, or without "default"
class ProtocolMessages {
 public:
    static Result<ProtocolMessages> make(const PublishInput& input);
    std::string_view for_protocol(Protocol protocol) const;

 private:
    std::string_view default_;  // the input's, or of by_protocol_
    std::map<std::string, std::string, std::less<>> by_protocol_;
};

}  // namespace stepwell::topic
