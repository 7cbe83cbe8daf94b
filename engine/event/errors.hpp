// Error kinds of EventBridge.
// source  Amazon EventBridge API Reference
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "base/errors.hpp"

namespace stepwell::event::errors {

inline constexpr ErrorKind invalid_event_pattern{"InvalidEventPatternException", 400, {}};
inline constexpr ErrorKind limit_exceeded{"LimitExceededException", 400, {}};
inline constexpr ErrorKind resource_not_found{"ResourceNotFoundException", 400, {}};

inline Error invalid(std::string message) {
    return {stepwell::errors::validation, std::move(message)};
}
inline Error no_such_rule(std::string_view name) {
    return {resource_not_found,
            "Rule " + std::string(name) + " does not exist on EventBus default."};
}
inline Error no_such_bus(std::string_view name) {
    return {resource_not_found, "Event bus " + std::string(name) + " does not exist."};
}

}  // namespace stepwell::event::errors
