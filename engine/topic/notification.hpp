// What subscribers get: the envelope around a message.
#pragma once

#include <string>
#include <string_view>

#include <stepwell/clock.hpp>

#include "topic/topic.hpp"

namespace stepwell::topic {

/// One notification. The views end with the call.
struct Notification {
    std::string_view type =
        "Notification";  ///< or SubscriptionConfirmation, UnsubscribeConfirmation
    std::string_view message_id;
    std::string_view topic_arn;
    std::string_view subscription_arn;
    std::string_view message;
    const PublishInput* published = nullptr;  ///< subject and attributes; null for confirmations
    std::string_view token = {};              ///< of confirmations
    std::string_view sequence_number = {};    ///< of FIFO topics
    TimePoint time{};
    std::string_view public_url;  ///< where SubscribeURL and UnsubscribeURL lead
    std::string_view region;
};

/// The JSON document that queues and HTTP endpoints get without raw delivery, laid out as AWS does.
/// source   Amazon SNS Developer Guide, "HTTP/HTTPS notification JSON format"
std::string envelope(const Notification& notification);

/// The event that a function gets.
/// source   AWS Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS notifications"
std::string lambda_event(const Notification& notification);

}  // namespace stepwell::topic
