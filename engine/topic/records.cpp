#include "topic/records.hpp"

#include "base/bytes.hpp"
#include "base/text_map.hpp"

namespace stepwell::topic {

namespace {

constexpr char record_version = 1;

}  // namespace

std::string topic_key(std::string_view name) { return std::string(topic_key_prefix).append(name); }
std::string subscription_key(std::string_view arn) {
    return std::string(subscription_key_prefix).append(arn);
}

std::optional<std::string> name_in_topic_key(std::string_view key) {
    if (!key.starts_with(topic_key_prefix)) return std::nullopt;
    return std::string(key.substr(topic_key_prefix.size()));
}

std::string encode_topic(const TopicRecord& topic) {
    std::string out(1, record_version);
    append_map(out, topic.attributes);
    append_map(out, topic.tags);
    return out;
}

std::optional<TopicRecord> decode_topic(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    TopicRecord record;
    record.attributes = read_map<TextMap>(reader);
    record.tags = read_map<TextMap>(reader);
    if (!reader.is_good() || !reader.is_at_end()) return std::nullopt;
    return record;
}

std::string encode_subscription(const Subscription& subscription) {
    std::string out(1, record_version);
    append_text(out, subscription.arn);
    append_text(out, subscription.topic_arn);
    append_text(out, name_of(subscription.protocol));
    append_text(out, subscription.endpoint);
    append_text(out, subscription.token);
    append_varint(out, subscription.is_confirmed ? 1 : 0);
    append_map(out, subscription.attributes);
    return out;
}

std::optional<Subscription> decode_subscription(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    Subscription subscription;
    subscription.arn = reader.text();
    subscription.topic_arn = reader.text();
    const auto protocol = protocol_named(reader.text());
    subscription.endpoint = reader.text();
    subscription.token = reader.text();
    subscription.is_confirmed = reader.varint() == 1;
    subscription.attributes = read_map<TextMap>(reader);
    if (!reader.is_good() || !reader.is_at_end() || !protocol.has_value()) return std::nullopt;
    subscription.protocol = *protocol;
    return subscription;
}

}  // namespace stepwell::topic
