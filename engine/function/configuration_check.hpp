// What AWS accepts as a function's configuration.
#pragma once

#include <cstdint>
#include <string_view>

#include <stepwell/result.hpp>

#include "function/configuration.hpp"

namespace stepwell::function {

/// errors   ValidationException, which names `member`: less than `least`, or more than `most`
Result<> check_range(std::int64_t value, std::string_view member, std::int64_t least,
                     std::int64_t most);

/// errors   ValidationException and InvalidParameterValueException, in AWS's words
Result<> check(const FunctionConfiguration& configuration);

}  // namespace stepwell::function
