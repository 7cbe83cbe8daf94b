// From a function to the program that runs in its sandbox.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "function/child_process.hpp"
#include "function/configuration.hpp"

namespace stepwell::function {

/// What all sandboxes of a server share.
struct RuntimeSettings {
    std::string node_executable = {};  ///< empty: `node` of the search path
    std::string python_executable =
        {};                        ///< empty: `python3.N` of the function's runtime, else `python3`
    std::string search_path = {};  ///< PATH of the sandboxes; empty: the server's own
    std::string endpoint_url =
        {};  ///< where calls to *.amazonaws.com go; empty: they are left alone
    std::string region = {};
    std::string account = {};
    std::string bootstrap_directory = {};  ///< holds node.cjs and python.py
    std::string sdk_directory = {};  ///< a node_modules with the AWS SDKs; empty: none are supplied
};

/// What one sandbox has of its own.
struct SandboxPlace {
    std::uint16_t runtime_api_port = 0;
    std::string code_directory;
    std::string temporary_directory;
    std::string log_stream;
};

/// True for the identifiers that a function may have as its runtime and that we can run.
bool is_supported_runtime(std::string_view runtime) noexcept;
/// True for the identifiers that AWS has or had; what of these we cannot run gets an error that
/// says so.
bool is_known_runtime(std::string_view runtime) noexcept;
/// What AWS writes into the message for an unknown one: "[nodejs20.x, ...]".
std::string runtime_value_set();

/// The program of one sandbox: the runtime's executable with a built environment, in which nothing
/// of the server's own is but PATH, LANG and TZ.
///
/// errors   InvalidRuntimeException: the runtime's executable is not on this machine
Result<ChildProgram> program_of(const FunctionConfiguration& function,
                                const RuntimeSettings& settings, const SandboxPlace& place);

}  // namespace stepwell::function
