// How topics and subscriptions stand in Table::control. Known to this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "topic/topic.hpp"

namespace stepwell::topic {

inline constexpr std::string_view topic_key_prefix = "topic/";
inline constexpr std::string_view subscription_key_prefix = "subscription/";
inline constexpr std::string_view topic_epoch_key =
    "topic/epoch";  // in Table::meta: counts the starts

std::string topic_key(std::string_view name);
std::string subscription_key(std::string_view arn);
/// Nothing for a key of another kind.
std::optional<std::string> name_in_topic_key(std::string_view key);

struct TopicRecord {
    TextMap attributes;
    TextMap tags;
};
std::string encode_topic(const TopicRecord& topic);
/// Nothing for damaged bytes or an unknown version.
std::optional<TopicRecord> decode_topic(std::string_view bytes);

std::string encode_subscription(const Subscription& subscription);
/// A draft for Subscription::make; nothing for damaged bytes or an unknown version.
std::optional<Subscription> decode_subscription(std::string_view bytes);

}  // namespace stepwell::topic
