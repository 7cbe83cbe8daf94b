// The service integrations that AWS Step Functions has.
#pragma once

#include "asl/resource.hpp"

namespace stepwell::asl {

/// True when AWS takes the integration that `resource` names: the action is one of its service's,
/// and the pattern one of the action's. An action of an SDK may be any.
///
/// source  AWS Step Functions Developer Guide, "Integrating optimized services"
bool is_integration(const Resource& resource) noexcept;

}  // namespace stepwell::asl
