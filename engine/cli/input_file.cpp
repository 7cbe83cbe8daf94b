#include "cli/input_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace stepwell::cli {

Result<std::string> read_input_file(const std::string& path) {
    const auto failure = [&path] {
        const int error = errno;
        const ErrorKind& kind = error == ENOENT ? file_not_found : file_unreadable;
        return Error{kind, "cannot read " + path + ": " + std::strerror(error)};
    };
    struct Close {
        void operator()(std::FILE* file) const noexcept {
            if (file != stdin) std::fclose(file);
        }
    };
    const std::unique_ptr<std::FILE, Close> file{path == "-" ? stdin
                                                             : std::fopen(path.c_str(), "rb")};
    if (file == nullptr) return failure();
    std::string text;
    char buffer[64 * 1024];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get()))
        text.append(buffer, got);
    if (std::ferror(file.get()) != 0) return failure();
    return text;
}

}  // namespace stepwell::cli
