// The check that every JSON body passes before an operation sees it.
#pragma once

#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::wire {

/// Ok when `body` is one JSON object in UTF-8.
///
/// errors   SerializationException, with the reason
/// cost     one pass, no copy
Result<> check_json_object(std::string_view body);

}  // namespace stepwell::wire
