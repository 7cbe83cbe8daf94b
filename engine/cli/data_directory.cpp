#include "cli/data_directory.hpp"

#include <cstdlib>

namespace stepwell::cli {

std::string default_data_directory() {
    const char* data_home = std::getenv("XDG_DATA_HOME");
    if (data_home != nullptr && *data_home == '/')
        return std::string{data_home}.append("/stepwell");
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home != '/') return "/var/lib/stepwell";
    return std::string{home}.append("/.local/share/stepwell");
}

}  // namespace stepwell::cli
