#include "topic/topic.hpp"

#include <algorithm>
#include <array>

#include "base/try.hpp"
#include "json/value.hpp"
#include "topic/errors.hpp"

namespace stepwell::topic {

namespace {

constexpr std::size_t publish_bytes_max = 262'144;

constexpr std::array<std::pair<std::string_view, Protocol>, 4> protocols{
    {{"sqs", Protocol::sqs},
     {"lambda", Protocol::lambda},
     {"http", Protocol::http},
     {"https", Protocol::https}}};

Error refuse_attribute(std::string why) { return {errors::invalid_parameter, std::move(why)}; }
Error refuse_value(std::string why) { return {errors::invalid_parameter_value, std::move(why)}; }

bool is_json_object(std::string_view text) {
    const auto document = json::Document::parse(text);
    return document.has_value() && document->root().is_object();
}

Result<> check_attribute_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    if (name.empty() || name.size() > 256) {
        return refuse_value("Length of message attribute name must be between 1 and 256 bytes.");
    }
    if (name.front() == '.')
        return refuse_value(
            "Invalid message attribute name starting with character '.' was found.");
    if (name.back() == '.')
        return refuse_value("Invalid message attribute name ending with character '.' was found.");
    for (const char c : name) {
        if (is_allowed(c)) continue;
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        std::string why = "Invalid non-alphanumeric character '#x";
        why.push_back(digits[byte >> 4]);
        why.push_back(digits[byte & 15]);
        why.append("' was found in the message attribute name. Can only include alphanumeric ");
        return refuse_value(why.append("characters, hyphens, underscores, or dots."));
    }
    if (name.find("..") != std::string_view::npos) {
        return refuse_value("Message attribute name can not have successive '.' character.");
    }
    return {};
}

Result<> check_message_attribute(const MessageAttribute& attribute) {
    if (const auto named = check_attribute_name(attribute.name); !named.has_value())
        return named.error();
    const std::string base = attribute.data_type.substr(0, attribute.data_type.find('.'));
    const std::string quoted = "The message attribute '" + attribute.name + "'";
    if (base != "String" && base != "Number" && base != "Binary") {
        return refuse_value(
            quoted +
            " has an invalid message attribute type, the set of supported type prefixes is "
            "Binary, Number, and String.");
    }
    if (attribute.value.empty()) {
        return refuse_value(
            quoted +
            " must contain non-empty message attribute value for message attribute type '" +
            attribute.data_type + "'.");
    }
    return {};
}

}  // namespace

std::string_view name_of(Protocol protocol) noexcept {
    for (const auto& [name, value] : protocols) {
        if (value == protocol) return name;
    }
    return {};
}

std::optional<Protocol> protocol_named(std::string_view name) noexcept {
    for (const auto& [known, value] : protocols) {
        if (known == name) return value;
    }
    return std::nullopt;
}

Result<Subscription> Subscription::make(Subscription draft) {
    constexpr std::array<std::string_view, 7> known{
        "DeliveryPolicy", "FilterPolicy",        "FilterPolicyScope", "RawMessageDelivery",
        "RedrivePolicy",  "SubscriptionRoleArn", "ReplayPolicy"};
    draft.is_raw = false;
    draft.filter.reset();
    draft.dead_letter_arn.clear();
    FilterScope scope = FilterScope::message_attributes;
    for (auto& [name, value] : draft.attributes) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            return refuse_attribute("AttributeName");
        if (name == "RawMessageDelivery") {
            std::transform(value.begin(), value.end(), value.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            });
            if (value != "true" && value != "false") {
                return refuse_attribute("RawMessageDelivery: Invalid value [" + value +
                                        "]. Must be true or false.");
            }
            draft.is_raw = value == "true";
        } else if (name == "FilterPolicyScope") {
            if (value != "MessageAttributes" && value != "MessageBody") {
                return refuse_attribute("FilterPolicyScope: Invalid value [" + value +
                                        "]. Please use either MessageBody or MessageAttributes");
            }
            if (value == "MessageBody") scope = FilterScope::message_body;
        } else if (name == "RedrivePolicy" && !value.empty()) {
            const auto document = json::Document::parse(value);
            const auto target =
                document.has_value() ? document->root().find("deadLetterTargetArn") : std::nullopt;
            if (!target.has_value() || !target->is_string() ||
                !target->string().starts_with("arn:")) {
                return refuse_attribute("RedrivePolicy: deadLetterTargetArn is an invalid arn");
            }
            draft.dead_letter_arn = target->string();
        } else if (name == "DeliveryPolicy" && !value.empty() && !is_json_object(value)) {
            return refuse_attribute("DeliveryPolicy: failed to parse JSON.");
        }
    }
    const auto policy = draft.attributes.find("FilterPolicy");
    if (policy != draft.attributes.end() && !policy->second.empty() && policy->second != "{}") {
        SW_TRY(draft.filter, FilterPolicy::parse(policy->second, scope));
    }
    return draft;
}

std::size_t publish_bytes(const PublishInput& input) {
    std::size_t bytes = input.message.size();
    for (const MessageAttribute& attribute : input.attributes) {
        bytes += attribute.name.size() + attribute.data_type.size() + attribute.value.size();
    }
    return bytes;
}

Result<> check_publish(const PublishInput& input) {
    if (input.message.empty()) return errors::invalid("Empty message");
    if (input.subject.has_value()) {
        const std::string_view subject = *input.subject;
        const bool has_control = std::any_of(subject.begin(), subject.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
        });
        if (subject.empty() || subject.size() > 100 || has_control)
            return errors::invalid("Subject");
    }
    if (!input.message_structure.empty() && input.message_structure != "json") {
        return errors::invalid("MessageStructure");
    }
    for (const MessageAttribute& attribute : input.attributes) {
        if (const auto checked = check_message_attribute(attribute); !checked.has_value())
            return checked.error();
    }
    if (publish_bytes(input) > publish_bytes_max) return errors::invalid("Message too long");
    return {};
}

Result<ProtocolMessages> ProtocolMessages::make(const PublishInput& input) {
    ProtocolMessages messages;
    if (input.message_structure != "json") {
        messages.default_ = input.message;
        return messages;
    }
    const auto document = json::Document::parse(input.message);
    if (!document.has_value() || !document->root().is_object()) {
        return errors::invalid("Message Structure - JSON message body failed to parse");
    }
    const auto fallback = document->root().find("default");
    if (!fallback.has_value() || !fallback->is_string()) {
        return errors::invalid("Message Structure - No default entry in JSON message body");
    }
    for (const json::Member& member : document->root().members()) {
        const json::Value text(&member.value);
        if (text.is_string())
            messages.by_protocol_.insert_or_assign(std::string(member.key), text.string());
    }
    messages.default_ = messages.by_protocol_.find("default")->second;
    return messages;
}

std::string_view ProtocolMessages::for_protocol(Protocol protocol) const {
    if (by_protocol_.empty()) return default_;
    const auto found = by_protocol_.find(name_of(protocol));
    return found == by_protocol_.end() ? default_ : found->second;
}

}  // namespace stepwell::topic
