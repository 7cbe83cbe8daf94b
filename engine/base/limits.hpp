// AWS's limits that several layers need. Each service's own stand in its layer.
// source  Step Functions Developer Guide, "Quotas"
#pragma once

#include <cstddef>
#include <cstdint>

namespace stepwell::limits {

inline constexpr std::size_t payload_bytes_max = 262'144;
inline constexpr std::size_t definition_bytes_max = 1'048'576;
inline constexpr std::size_t request_bytes_max = 1'048'576;
inline constexpr std::uint32_t history_events_max = 25'000;
inline constexpr std::size_t name_characters_max = 80;
inline constexpr std::size_t error_characters_max = 256;
inline constexpr std::size_t cause_characters_max = 32'768;
inline constexpr std::size_t task_token_characters_max = 2'048;

}  // namespace stepwell::limits
