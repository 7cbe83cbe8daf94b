// What AWS accepts as a function's configuration.
#pragma once

#include <stepwell/result.hpp>

#include "function/configuration.hpp"

namespace stepwell::function {

/// errors   ValidationException and InvalidParameterValueException, in AWS's words
Result<> check(const FunctionConfiguration& configuration);

}  // namespace stepwell::function
