// The attributes of a queue: their names, ranges, defaults, and what they mean.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

namespace stepwell::queue {

/// Attribute and tag names and values as clients write them, in the order of the names.
using TextMap = std::map<std::string, std::string, std::less<>>;

/// What RedrivePolicy says.
struct RedrivePolicy {
    std::string dead_letter_target_arn;
    std::uint32_t max_receive_count = 0;
};

/// What RedriveAllowPolicy says; without one, everything is allowed.
struct RedriveAllowPolicy {
    bool denies_all = false;
    std::optional<std::vector<std::string>> source_queue_arns;  ///< byQueue: these only
};

/// The attributes that can be set, checked and taken apart. A value; copies are cheap enough for
/// control calls.
struct QueueAttributes {
    std::uint32_t visibility_timeout_s = 30;
    std::uint32_t delay_s = 0;
    std::uint32_t message_bytes_max = 1'048'576;
    std::uint32_t retention_s = 345'600;
    std::uint32_t receive_wait_time_s = 0;
    std::optional<RedrivePolicy> redrive;
    RedriveAllowPolicy redrive_allow;
    TextMap texts;  ///< the other attributes and the policies, as they were written

    /// Sets one attribute. An empty policy removes it.
    ///
    /// errors   InvalidAttributeName (unknown, or read-only), InvalidAttributeValue (out of AWS's
    /// range),
    ///          InvalidParameterValue (a RedrivePolicy that says nothing sensible)
    /// source   Amazon SQS API Reference, SetQueueAttributes
    Result<> set(std::string_view name, std::string_view value);
    Result<> set_all(const TextMap& attributes);

    /// Every attribute that is set or has a default, without those that the queue's state gives.
    TextMap as_text() const;
};

/// True for the names that GetQueueAttributes takes, "All" included.
bool is_attribute_name(std::string_view name);

/// Statements that AddPermission and RemovePermission edit.
/// errors   InvalidParameterValue: the label is taken or unknown, an action is unknown
Result<std::string> add_statement(std::string_view policy, std::string_view queue_arn,
                                  std::string_view label, const std::vector<std::string>& accounts,
                                  const std::vector<std::string>& actions);
Result<std::string> remove_statement(std::string_view policy, std::string_view queue_arn,
                                     std::string_view label);

}  // namespace stepwell::queue
