// One state as a definition of its own, which is how TestState looks at it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.hpp"

namespace stepwell::asl {

/// A state machine of that state, which it starts at, and of a Succeed for each state it may go to.
struct LoneState {
    std::string definition;
    std::string name;
};

/// A definition that is a state. AWS calls it "StateName": so the context object and the locations
/// of problems have it.
LoneState lone_state(json::Value state);

/// The state of that name in a whole definition, also inside a Parallel or a Map; nothing when
/// there is none. The first one counts, outer states before inner ones.
std::optional<LoneState> lone_state(json::Value definition, std::string_view name);

}  // namespace stepwell::asl
