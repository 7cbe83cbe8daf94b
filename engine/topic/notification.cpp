#include "topic/notification.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/time_text.hpp"
#include "json/writer.hpp"

namespace stepwell::topic {

namespace {

// Notifications are not signed: signing each would cost more than delivering it. The fields are
// there, because readers expect them.
constexpr std::string_view signature_version = "1";
constexpr std::string_view signature = "EXAMPLE";

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                              c == '~';
        if (is_plain) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.append({'%', digits[byte >> 4], digits[byte & 15]});
        }
    }
    return out;
}

std::string unsubscribe_url(const Notification& n) {
    return std::string(n.public_url) +
           "/?Action=Unsubscribe&SubscriptionArn=" + percent_encode(n.subscription_arn);
}

std::string subscribe_url(const Notification& n) {
    return std::string(n.public_url) +
           "/?Action=ConfirmSubscription&TopicArn=" + percent_encode(n.topic_arn) +
           "&Token=" + percent_encode(n.token);
}

std::string certificate_url(const Notification& n) {
    return "https://sns." + std::string(n.region) + ".amazonaws.com/SimpleNotificationService.pem";
}

/// An object with a member a line: "{\n  \"Type\" : \"Notification\",\n".
class Lines {
 public:
    void add(std::string_view key, std::string_view text) {
        begin(key);
        json::append_string(out_, text);
    }
    void add_raw(std::string_view key, std::string_view json) {
        begin(key);
        out_.append(json);
    }
    std::string take() {
        out_.append("\n}");
        return std::move(out_);
    }

 private:
    void begin(std::string_view key) {
        out_.append(out_.empty() ? "{\n  " : ",\n  ");
        json::append_string(out_, key);
        out_.append(" : ");
    }
    std::string out_;
};

std::string attributes_json(const std::vector<MessageAttribute>& attributes) {
    json::Writer writer;
    writer.begin_object();
    for (const MessageAttribute& attribute : attributes) {
        writer.key(attribute.name).begin_object();
        writer.member("Type", attribute.data_type);
        writer.member("Value",
                      attribute.is_binary() ? base64_encode(attribute.value) : attribute.value);
        writer.end_object();
    }
    writer.end_object();
    return writer.take();
}

}  // namespace

std::string envelope(const Notification& n) {
    Lines lines;
    lines.add("Type", n.type);
    lines.add("MessageId", n.message_id);
    if (!n.sequence_number.empty()) lines.add("SequenceNumber", n.sequence_number);
    if (!n.token.empty()) lines.add("Token", n.token);
    lines.add("TopicArn", n.topic_arn);
    if (n.published != nullptr && n.published->subject.has_value())
        lines.add("Subject", *n.published->subject);
    lines.add("Message", n.message);
    if (!n.token.empty()) lines.add("SubscribeURL", subscribe_url(n));
    lines.add("Timestamp", iso8601(n.time));
    if (n.sequence_number.empty()) {
        lines.add("SignatureVersion", signature_version);
        lines.add("Signature", signature);
        lines.add("SigningCertURL", certificate_url(n));
    }
    if (n.token.empty()) lines.add("UnsubscribeURL", unsubscribe_url(n));
    if (n.published != nullptr && !n.published->attributes.empty()) {
        lines.add_raw("MessageAttributes", attributes_json(n.published->attributes));
    }
    return lines.take();
}

std::string lambda_event(const Notification& n) {
    json::Writer writer;
    writer.begin_object().key("Records").begin_array().begin_object();
    writer.member("EventSource", "aws:sns").member("EventVersion", "1.0");
    writer.member("EventSubscriptionArn", n.subscription_arn);
    writer.key("Sns").begin_object();
    writer.member("Type", n.type).member("MessageId", n.message_id).member("TopicArn", n.topic_arn);
    writer.key("Subject");
    if (n.published != nullptr && n.published->subject.has_value()) {
        writer.string(*n.published->subject);
    } else {
        writer.null();
    }
    writer.member("Message", n.message).member("Timestamp", iso8601(n.time));
    writer.member("SignatureVersion", signature_version).member("Signature", signature);
    writer.member("SigningCertUrl", certificate_url(n))
        .member("UnsubscribeUrl", unsubscribe_url(n));
    writer.member_raw("MessageAttributes",
                      n.published == nullptr ? "{}" : attributes_json(n.published->attributes));
    writer.end_object().end_object().end_array().end_object();
    return writer.take();
}

}  // namespace stepwell::topic
