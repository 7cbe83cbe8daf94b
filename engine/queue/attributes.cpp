#include "queue/attributes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/try.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "queue/errors.hpp"

namespace stepwell::queue {

namespace {

/// An attribute that is a number.
struct NumberAttribute {
    std::string_view name;
    std::uint32_t QueueAttributes::* field;
    std::uint32_t min;
    std::uint32_t max;
};
constexpr std::array numbers{
    NumberAttribute{"VisibilityTimeout", &QueueAttributes::visibility_timeout_s, 0, 43'200},
    NumberAttribute{"DelaySeconds", &QueueAttributes::delay_s, 0, 900},
    NumberAttribute{"MaximumMessageSize", &QueueAttributes::message_bytes_max, 1'024, 1'048'576},
    NumberAttribute{"MessageRetentionPeriod", &QueueAttributes::retention_s, 60, 1'209'600},
    NumberAttribute{"ReceiveMessageWaitTimeSeconds", &QueueAttributes::receive_wait_time_s, 0, 20},
};

constexpr std::array<std::string_view, 7> text_names{"Policy",
                                                     "RedrivePolicy",
                                                     "RedriveAllowPolicy",
                                                     "KmsMasterKeyId",
                                                     "KmsDataKeyReusePeriodSeconds",
                                                     "SqsManagedSseEnabled",
                                                     "ContentBasedDeduplication"};

constexpr std::array<std::string_view, 10> read_only_names{"All",
                                                           "ApproximateNumberOfMessages",
                                                           "ApproximateNumberOfMessagesNotVisible",
                                                           "ApproximateNumberOfMessagesDelayed",
                                                           "CreatedTimestamp",
                                                           "LastModifiedTimestamp",
                                                           "QueueArn",
                                                           "FifoQueue",
                                                           "DeduplicationScope",
                                                           "FifoThroughputLimit"};

std::optional<std::uint32_t> integer_in(std::string_view text, std::uint32_t min,
                                        std::uint32_t max) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (value < min || value > max) return std::nullopt;
    return value;
}

Error invalid_value(std::string_view name) {
    return {errors::invalid_attribute_value,
            "Invalid value for the parameter " + std::string(name) + "."};
}

Error unknown(std::string_view name) {
    return {errors::invalid_attribute_name, "Unknown Attribute " + std::string(name) + "."};
}

Error invalid_policy(std::string_view name, std::string_view value, std::string_view reason) {
    std::string message = "Value ";
    message.append(value).append(" for parameter ").append(name);
    message.append(" is invalid. Reason: ").append(reason);
    return {errors::invalid_parameter_value, message};
}

Result<RedrivePolicy> parse_redrive(std::string_view value) {
    constexpr std::string_view name = "RedrivePolicy";
    const auto document = json::Document::parse(value);
    if (!document.has_value() || !document->root().is_object()) {
        return invalid_policy(name, value, "Redrive policy is not a valid JSON map.");
    }
    const auto target = document->root().find("deadLetterTargetArn");
    const auto count = document->root().find("maxReceiveCount");
    if (!target.has_value() || !target->is_string() || !count.has_value()) {
        return invalid_policy(
            name, value,
            "Redrive policy does not contain mandatory attribute: " +
                std::string(count.has_value() ? "deadLetterTargetArn." : "maxReceiveCount."));
    }
    const std::string_view text = count->is_string() ? count->string() : count->raw();
    const auto max = integer_in(text, 1, 1'000);
    if (!max.has_value()) {
        return invalid_policy(name, value,
                              "Invalid value for maxReceiveCount: " + std::string(text) +
                                  ", valid values are from 1 to 1000 both inclusive.");
    }
    return RedrivePolicy{std::string(target->string()), *max};
}

Result<RedriveAllowPolicy> parse_redrive_allow(std::string_view value) {
    constexpr std::string_view name = "RedriveAllowPolicy";
    const auto document = json::Document::parse(value);
    if (!document.has_value() || !document->root().is_object()) {
        return invalid_policy(name, value, "Redrive allow policy is not a valid JSON map.");
    }
    const auto permission = document->root().find("redrivePermission");
    const auto sources = document->root().find("sourceQueueArns");
    const std::string_view kind =
        permission.has_value() && permission->is_string() ? permission->string() : "";
    RedriveAllowPolicy policy;
    if (kind == "denyAll" || kind == "allowAll") {
        if (sources.has_value()) {
            return invalid_policy(name, value,
                                  "sourceQueueArns is only valid with redrivePermission byQueue.");
        }
        policy.denies_all = kind == "denyAll";
        return policy;
    }
    if (kind != "byQueue" || !sources.has_value() || !sources->is_array() || sources->size() == 0 ||
        sources->size() > 10) {
        return invalid_policy(
            name, value,
            "redrivePermission must be allowAll, denyAll or byQueue, the latter with "
            "1 to 10 sourceQueueArns.");
    }
    policy.source_queue_arns.emplace();
    for (const json::Node& node : sources->elements()) {
        const json::Value source(&node);
        if (source.is_string()) policy.source_queue_arns->emplace_back(source.string());
    }
    return policy;
}

Result<> check_text(std::string_view name, std::string_view value) {
    if (name == "KmsDataKeyReusePeriodSeconds" && !integer_in(value, 60, 86'400)) {
        return invalid_value(name);
    }
    if (name == "SqsManagedSseEnabled" && value != "true" && value != "false")
        return invalid_value(name);
    if (name == "Policy" && !value.empty()) {
        const auto document = json::Document::parse(value);
        if (!document.has_value() || !document->root().is_object()) return invalid_value(name);
    }
    return {};
}

}  // namespace

Result<> QueueAttributes::set(std::string_view name, std::string_view value) {
    for (const NumberAttribute& number : numbers) {
        if (number.name != name) continue;
        const auto parsed = integer_in(value, number.min, number.max);
        if (!parsed.has_value()) return invalid_value(name);
        this->*number.field = *parsed;
        return {};
    }
    // A standard queue knows nothing of FIFO attributes; its names are all in the two tables.
    if (std::find(text_names.begin(), text_names.end(), name) == text_names.end() ||
        name == "ContentBasedDeduplication") {
        return unknown(name);
    }
    if (const Result<> done = check_text(name, value); !done.has_value()) return done.error();
    if (name == "RedrivePolicy") {
        redrive.reset();
        if (!value.empty()) {
            SW_TRY(redrive, parse_redrive(value));
        }
    }
    if (name == "RedriveAllowPolicy") {
        redrive_allow = {};
        if (!value.empty()) {
            SW_TRY(redrive_allow, parse_redrive_allow(value));
        }
    }
    if (value.empty()) {
        texts.erase(std::string(name));
    } else {
        texts.insert_or_assign(std::string(name), std::string(value));
    }
    return {};
}

Result<> QueueAttributes::set_all(const TextMap& attributes) {
    for (const auto& [name, value] : attributes)
        if (const Result<> done = set(name, value); !done.has_value()) return done.error();
    return {};
}

TextMap QueueAttributes::as_text() const {
    TextMap all = texts;
    for (const NumberAttribute& number : numbers) {
        all.emplace(number.name, std::to_string(this->*number.field));
    }
    if (!all.contains("KmsMasterKeyId")) all.emplace("SqsManagedSseEnabled", "true");
    return all;
}

bool is_attribute_name(std::string_view name) {
    const auto is_it = [name](std::string_view known) { return known == name; };
    return std::any_of(text_names.begin(), text_names.end(), is_it) ||
           std::any_of(read_only_names.begin(), read_only_names.end(), is_it) ||
           std::any_of(numbers.begin(), numbers.end(),
                       [name](const NumberAttribute& number) { return number.name == name; });
}

}  // namespace stepwell::queue
