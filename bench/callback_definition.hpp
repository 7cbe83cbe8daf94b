// AWS's callback pattern example, as every load here runs it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stepwell::bench {

/// The state machine: a message with the token to `queue` and, after the callback, a notification
/// to the topic "bench".
std::string callback_definition(std::string_view queue);

/// What fills a payload of `bytes`, when the rest of it takes `other_bytes`.
std::string filler(std::size_t bytes, std::size_t other_bytes);

}  // namespace stepwell::bench
