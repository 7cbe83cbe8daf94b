// Where the server keeps its data unless told otherwise.
#pragma once

#include <string>

namespace stepwell::cli {

/// $XDG_DATA_HOME/stepwell, or what the XDG specification puts in its place.
std::string default_data_directory();

}  // namespace stepwell::cli
