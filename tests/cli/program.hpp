// Runs the program `stepwell` that was built beside the tests.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

namespace stepwell::cli {

struct Outcome {
    int exit_code = -1;
    std::string output;  ///< stdout and stderr
};

inline std::string program_path() {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "stepwell").string();
}

/// `arguments` as a shell reads them.
inline Outcome run_program(const std::string& arguments) {
    std::string command{"'"};
    command.append(program_path()).append("' ").append(arguments).append(" 2>&1");
    std::FILE* pipe = popen(command.c_str(), "r");
    Outcome outcome;
    std::array<char, 4096> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        outcome.output.append(buffer.data(), got);
    }
    const int status = pclose(pipe);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

}  // namespace stepwell::cli
