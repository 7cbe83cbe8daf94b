// What a message may hold.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "queue/message.hpp"

namespace stepwell::queue {

inline constexpr std::size_t message_attributes_max = 10;

/// errors   MissingParameter (no body), InvalidMessageContents (characters that XML does not have)
/// source   Amazon SQS API Reference, SendMessage
Result<> check_body(std::string_view body);

/// errors   InvalidParameterValue: too many, a bad name or type, an empty value, a Number that is
/// none source   Amazon SQS Developer Guide, "Amazon SQS message metadata"
Result<> check_attributes(const std::vector<MessageAttribute>& attributes);

/// What counts towards MaximumMessageSize: the body, and names, types and values of the attributes.
std::size_t message_bytes(std::string_view body, const std::vector<MessageAttribute>& attributes);

}  // namespace stepwell::queue
