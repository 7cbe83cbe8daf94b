#include "api/sqs_messages.hpp"

#include <algorithm>
#include <set>

#include "base/base64.hpp"
#include "base/try.hpp"
#include "queue/checksum.hpp"
#include "queue/errors.hpp"
#include "queue/message_rules.hpp"

namespace stepwell::api::sqs {

namespace {

namespace errors = queue::errors;
using queue::MessageAttribute;

constexpr std::size_t batch_entries_max = 10;
constexpr std::size_t batch_bytes_max = 1'048'576;

Result<std::vector<MessageAttribute>> attributes_in(Fields& fields, std::string_view name) {
    std::vector<MessageAttribute> attributes;
    for (AttributeField& field : attribute_fields(fields, name)) {
        if (field.has_wrong_field) {
            const bool is_binary = field.data_type.starts_with("Binary");
            return errors::invalid("The message attribute '" + field.name + "' with type '" +
                                   field.data_type + "' must use field '" +
                                   (is_binary ? "Binary" : "String") + "'.");
        }
        attributes.push_back(
            {std::move(field.name), std::move(field.data_type), std::move(field.value)});
    }
    if (fields.error().has_value()) return *fields.error();
    return attributes;
}

/// Whether a list of names as ReceiveMessage takes it ("All", ".*", "prefix.*", "name") names this
/// one.
bool selects(const std::vector<std::string>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view pattern) {
        if (pattern == "All" || pattern == ".*" || pattern == name) return true;
        if (!pattern.ends_with(".*")) return false;
        pattern.remove_suffix(2);
        return name.starts_with(pattern);
    });
}

void write_attributes(json::Writer& writer, const std::vector<MessageAttribute>& attributes) {
    writer.member("MD5OfMessageAttributes", queue::md5_of_attributes(attributes));
    writer.key("MessageAttributes").begin_object();
    for (const MessageAttribute& attribute : attributes) {
        writer.key(attribute.name).begin_object();
        if (attribute.is_binary()) {
            writer.member("BinaryValue", base64_encode(attribute.value));
        } else {
            writer.member("StringValue", attribute.value);
        }
        writer.member("DataType", attribute.data_type).end_object();
    }
    writer.end_object();
}

void write_system_attributes(json::Writer& writer, const std::vector<std::string>& names,
                             const queue::ReceivedMessage& received,
                             const queue::MessageExtras& extras, std::string_view account) {
    const auto milliseconds_text = [](TimePoint time) {
        return std::to_string(time.time_since_epoch().count());
    };
    const std::pair<std::string_view, std::string> all[] = {
        {"SenderId", std::string(account)},
        {"SentTimestamp", milliseconds_text(received.message->sent())},
        {"ApproximateReceiveCount", std::to_string(received.receive_count)},
        {"ApproximateFirstReceiveTimestamp", milliseconds_text(received.first_received)},
        {"MessageGroupId", extras.message_group_id},
        {"AWSTraceHeader", extras.trace_header},
        {"DeadLetterQueueSourceArn", extras.dead_letter_source_arn},
    };
    writer.key("Attributes").begin_object();
    for (const auto& [name, value] : all) {
        if (!value.empty() && selects(names, name)) writer.member(name, value);
    }
    writer.end_object();
}

Result<> check_range(std::optional<std::int64_t> value, std::string_view name, std::int64_t min,
                     std::int64_t max, std::string_view reason) {
    if (!value.has_value() || (*value >= min && *value <= max)) return {};
    return errors::invalid("Value " + std::to_string(*value) + " for parameter " +
                           std::string(name) + " is invalid. Reason: " + std::string(reason));
}

std::optional<std::uint32_t> as_unsigned(std::optional<std::int64_t> value) {
    return value.has_value() ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

}  // namespace

void SentText::write_members(json::Writer& writer) const {
    writer.member("MD5OfMessageBody", md5_of_body);
    if (md5_of_attributes.has_value()) writer.member("MD5OfMessageAttributes", *md5_of_attributes);
    if (md5_of_system_attributes.has_value())
        writer.member("MD5OfMessageSystemAttributes", *md5_of_system_attributes);
    writer.member("MessageId", message_id);
}

Result<SentText> send_to(Effects& effects, queue::StandardQueue& queue, Fields& fields,
                         BodyForm form) {
    const auto given = fields.value("MessageBody");
    const bool is_other_json =
        form == BodyForm::any_json && given.has_value() && !given->is_string();
    const std::string_view body =
        is_other_json ? given->raw() : fields.required_text("MessageBody");
    const auto delay = fields.integer("DelaySeconds");
    const std::string_view group = fields.text("MessageGroupId").value_or("");
    const auto deduplication = fields.text("MessageDeduplicationId");
    SW_TRY(std::vector<MessageAttribute> attributes, attributes_in(fields, "MessageAttributes"));
    SW_TRY(const std::vector<MessageAttribute> system,
           attributes_in(fields, "MessageSystemAttributes"));
    if (fields.error().has_value()) return *fields.error();
    if (deduplication.has_value()) {
        return errors::invalid(
            "Value " + std::string(*deduplication) +
            " for parameter MessageDeduplicationId is invalid. Reason: The request "
            "include parameter that "
            "is not valid for this queue type");
    }
    std::string_view trace_header;
    for (const MessageAttribute& attribute : system) {
        if (attribute.name != "AWSTraceHeader" || attribute.is_binary()) {
            return errors::invalid("Message system attribute name '" + attribute.name +
                                   "' is invalid.");
        }
        trace_header = attribute.value;
    }
    SentText sent{.md5_of_body = queue::md5_hex(body)};
    if (!attributes.empty()) sent.md5_of_attributes = queue::md5_of_attributes(attributes);
    if (!system.empty()) sent.md5_of_system_attributes = queue::md5_of_attributes(system);
    SW_TRY(const queue::SentMessage message,
           queue.send(effects, {.body = body,
                                .attributes = std::move(attributes),
                                .trace_header = trace_header,
                                .delay_seconds = delay,
                                .message_group_id = group}));
    sent.message_id = message.message_id.text();
    return sent;
}

Result<ReceiveSelection> ReceiveSelection::make(Fields& fields) {
    const auto max = fields.integer("MaxNumberOfMessages");
    const auto visibility = fields.integer("VisibilityTimeout");
    const auto wait = fields.integer("WaitTimeSeconds");
    ReceiveSelection selection;
    selection.system_attribute_names = fields.texts("AttributeNames");
    for (std::string& name : fields.texts("MessageSystemAttributeNames")) {
        selection.system_attribute_names.push_back(std::move(name));
    }
    selection.attribute_names = fields.texts("MessageAttributeNames");
    if (fields.error().has_value()) return *fields.error();
    const Result<> checks[] = {
        check_range(max, "MaxNumberOfMessages", 1, 10, "Must be between 1 and 10, if provided."),
        check_range(visibility, "VisibilityTimeout", 0, queue::visibility_timeout_max_s,
                    "VisibilityTimeout must be an integer between 0 and 43200."),
        check_range(wait, "WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided."),
    };
    for (const Result<>& checked : checks) {
        if (!checked.has_value()) return checked.error();
    }
    selection.input = {static_cast<std::uint32_t>(max.value_or(1)), as_unsigned(visibility),
                       as_unsigned(wait)};
    return selection;
}

std::string ReceiveSelection::write(const queue::ReceivedMessages& received,
                                    std::string_view account) const {
    json::Writer writer;
    writer.begin_object();
    if (!received.empty()) writer.key("Messages").begin_array();
    for (const queue::ReceivedMessage& each : received) {
        writer.begin_object();
        writer.member("MessageId", each.message->id().text());
        writer.member("ReceiptHandle", each.receipt_handle.text());
        writer.member("MD5OfBody", queue::md5_hex(each.message->body()));
        writer.member("Body", each.message->body());
        queue::MessageExtras extras = queue::decode_extras(each.message->extras());
        if (!system_attribute_names.empty()) {
            write_system_attributes(writer, system_attribute_names, each, extras, account);
        }
        std::erase_if(extras.attributes,
                      [&](const MessageAttribute& a) { return !selects(attribute_names, a.name); });
        if (!extras.attributes.empty()) write_attributes(writer, extras.attributes);
        writer.end_object();
    }
    if (!received.empty()) writer.end_array();
    writer.end_object();
    return writer.take();
}

Result<> check_batch(const std::vector<json::Value>& entries, std::string_view kind) {
    if (entries.empty()) {
        return Error{errors::empty_batch_request,
                     "There should be at least one " + std::string(kind) + " in the request."};
    }
    if (entries.size() > batch_entries_max) {
        return Error{errors::too_many_entries_in_batch_request,
                     "Maximum number of entries per request are 10. You have sent " +
                         std::to_string(entries.size()) + "."};
    }
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    std::set<std::string_view> ids;
    for (const json::Value entry : entries) {
        const auto id = entry.find("Id");
        const std::string_view text =
            id.has_value() && id->is_string() ? id->string() : std::string_view{};
        if (text.empty() || text.size() > 80 ||
            !std::all_of(text.begin(), text.end(), is_allowed)) {
            return Error{errors::invalid_batch_entry_id,
                         "A batch entry id can only contain alphanumeric characters, hyphens and "
                         "underscores. It can "
                         "be at most 80 letters long."};
        }
        if (!ids.insert(text).second) {
            return Error{errors::batch_entry_ids_not_distinct,
                         "Id " + std::string(text) + " repeated."};
        }
    }
    return {};
}

Result<> check_batch_bytes(const std::vector<json::Value>& entries) {
    std::size_t bytes = 0;
    for (const json::Value entry : entries) {
        Fields fields(entry,
                      [](std::string_view name) { return errors::invalid(std::string(name)); });
        bytes += fields.text("MessageBody").value_or("").size();
        for (const AttributeField& attribute : attribute_fields(fields, "MessageAttributes")) {
            bytes += attribute.name.size() + attribute.data_type.size() + attribute.value.size();
        }
    }
    if (bytes <= batch_bytes_max) return {};
    return Error{errors::batch_request_too_long,
                 "Batch requests cannot be longer than " + std::to_string(batch_bytes_max) +
                     " bytes. You have sent " + std::to_string(bytes) + " bytes."};
}

}  // namespace stepwell::api::sqs
