// Where the AWS SDKs are that Node.js functions get.
#pragma once

#include <string>

namespace stepwell::cli {

/// A node_modules directory: $STEPWELL_NODE_MODULES, or beside the program as it was built or
/// installed. Empty when there is none: functions then have what they bring themselves.
std::string find_sdk_directory();

}  // namespace stepwell::cli
