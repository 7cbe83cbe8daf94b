#include "cli/sdk_directory.hpp"

#include <cstdlib>
#include <filesystem>

namespace stepwell::cli {

std::string find_sdk_directory() {
    namespace fs = std::filesystem;
    const char* given = std::getenv("STEPWELL_NODE_MODULES");
    if (given != nullptr && *given != '\0') return given;
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const fs::path prefix = program.parent_path().parent_path();
    for (const fs::path& candidate :
         {prefix / "share" / "stepwell" / "node_modules", prefix / "node_modules"}) {
        if (fs::is_directory(candidate, error)) return candidate.string();
    }
    return {};
}

}  // namespace stepwell::cli
