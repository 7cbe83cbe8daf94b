#include "function/runtimes.hpp"

#include <unistd.h>

#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <cstdlib>

#include "function/errors.hpp"

namespace stepwell::function {

namespace {

constexpr std::array node_runtimes{"nodejs",     "nodejs4.3",  "nodejs6.10", "nodejs8.10",
                                   "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x",
                                   "nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"};
constexpr std::array python_runtimes{"python3.6",  "python3.7",  "python3.8",
                                     "python3.9",  "python3.10", "python3.11",
                                     "python3.12", "python3.13", "python3.14"};
constexpr std::array provided_runtimes{"provided", "provided.al2", "provided.al2023"};
constexpr std::array foreign_runtimes{
    "java8",     "java8.al2",     "java11",         "java17",        "java21",        "java25",
    "python2.7", "dotnetcore1.0", "dotnetcore2.0",  "dotnetcore2.1", "dotnetcore3.1", "dotnet6",
    "dotnet8",   "dotnet10",      "nodejs4.3-edge", "go1.x",         "ruby2.5",       "ruby2.7",
    "ruby3.2",   "ruby3.3",       "ruby3.4",        "ruby4.0"};

template <class List>
bool contains(const List& list, std::string_view text) noexcept {
    return std::find(list.begin(), list.end(), text) != list.end();
}

std::string environment_or(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string search_path_of(const RuntimeSettings& settings) {
    if (!settings.search_path.empty()) return settings.search_path;
    return environment_or("PATH", "/usr/local/bin:/usr/bin:/bin");
}

bool is_executable_file(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

// The path of `name` in the search path; empty when it is not there.
std::string find_executable(std::string_view name, std::string_view search_path) {
    while (!search_path.empty()) {
        const std::size_t colon = search_path.find(':');
        std::string candidate(search_path.substr(0, colon));
        candidate.append("/").append(name);
        if (candidate.front() == '/' && is_executable_file(candidate)) return candidate;
        if (colon == std::string_view::npos) break;
        search_path.remove_prefix(colon + 1);
    }
    return {};
}

Error missing(std::string_view runtime, std::string_view program) {
    std::string message = "The runtime ";
    message.append(runtime).append(" needs ").append(program).append(
        ", which is not installed on this machine.");
    return Error(errors::invalid_runtime, std::move(message));
}

Result<std::vector<std::string>> command_of(const FunctionConfiguration& function,
                                            const RuntimeSettings& settings,
                                            const SandboxPlace& place) {
    const std::string path = search_path_of(settings);
    if (contains(node_runtimes, function.runtime)) {
        const std::string node = settings.node_executable.empty() ? find_executable("node", path)
                                                                  : settings.node_executable;
        if (node.empty()) return missing(function.runtime, "node");
        return std::vector<std::string>{node, settings.bootstrap_directory + "/node.cjs"};
    }
    if (contains(python_runtimes, function.runtime)) {
        std::string python = settings.python_executable;
        if (python.empty()) python = find_executable(function.runtime, path);
        if (python.empty()) python = find_executable("python3", path);
        if (python.empty()) return missing(function.runtime, "python3");
        return std::vector<std::string>{python, settings.bootstrap_directory + "/python.py"};
    }
    return std::vector<std::string>{place.code_directory + "/bootstrap"};
}

bool is_reserved(std::string_view name) {
    static constexpr std::array reserved{"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "_HANDLER",
                                         "STEPWELL_ENDPOINT"};
    return contains(reserved, name);
}

class Environment {
 public:
    void set(std::string_view name, std::string_view value) {
        std::string entry(name);
        entry.append("=").append(value);
        const std::string_view prefix = std::string_view(entry).substr(0, name.size() + 1);
        const auto same = [prefix](const std::string& other) { return other.starts_with(prefix); };
        std::erase_if(entries_, same);
        entries_.push_back(std::move(entry));
    }
    std::vector<std::string> take() { return std::move(entries_); }

 private:
    std::vector<std::string> entries_;
};

void set_aws(Environment& environment, const FunctionConfiguration& function,
             const RuntimeSettings& settings, const SandboxPlace& place) {
    environment.set("AWS_REGION", settings.region);
    environment.set("AWS_DEFAULT_REGION", settings.region);
    environment.set("AWS_ACCESS_KEY_ID", "test");
    environment.set("AWS_SECRET_ACCESS_KEY", "test");
    environment.set("AWS_SESSION_TOKEN", "test");
    environment.set("AWS_EC2_METADATA_DISABLED", "true");
    if (!settings.endpoint_url.empty()) environment.set("AWS_ENDPOINT_URL", settings.endpoint_url);
    environment.set("AWS_EXECUTION_ENV", "AWS_Lambda_" + function.runtime);
    environment.set("AWS_LAMBDA_FUNCTION_NAME", function.name);
    environment.set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    environment.set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mb));
    environment.set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    environment.set("AWS_LAMBDA_LOG_GROUP_NAME", log_group_of(function.name));
    environment.set("AWS_LAMBDA_LOG_STREAM_NAME", place.log_stream);
}

}  // namespace

bool is_supported_runtime(std::string_view runtime) noexcept {
    return contains(node_runtimes, runtime) || contains(python_runtimes, runtime) ||
           contains(provided_runtimes, runtime);
}
bool is_known_runtime(std::string_view runtime) noexcept {
    return is_supported_runtime(runtime) || contains(foreign_runtimes, runtime);
}

std::string runtime_value_set() {
    std::string text = "[";
    const auto append = [&text](const auto& list) {
        for (const char* runtime : list) text.append(text.size() > 1 ? ", " : "").append(runtime);
    };
    append(node_runtimes);
    append(python_runtimes);
    append(provided_runtimes);
    return text + "]";
}

Result<ChildProgram> program_of(const FunctionConfiguration& function,
                                const RuntimeSettings& settings, const SandboxPlace& place) {
    auto command = command_of(function, settings, place);
    if (!command.has_value()) return command.error();
    Environment environment;
    environment.set("PATH", search_path_of(settings));
    environment.set("LANG", environment_or("LANG", "C.UTF-8"));
    environment.set("TZ", environment_or("TZ", ":UTC"));
    environment.set("TMPDIR", place.temporary_directory);
    // Without it, SDKs look up the user's own home and read ~/.aws/config there.
    environment.set("HOME", place.temporary_directory);
    set_aws(environment, function, settings, place);
    if (!settings.sdk_directory.empty()) environment.set("NODE_PATH", settings.sdk_directory);
    environment.set("PYTHONUNBUFFERED", "1");
    environment.set("PYTHONDONTWRITEBYTECODE", "1");
    if (function.environment.has_value()) {
        for (const auto& [name, value] : *function.environment) {
            if (!is_reserved(name)) environment.set(name, value);
        }
    }
    environment.set("AWS_LAMBDA_RUNTIME_API",
                    "127.0.0.1:" + std::to_string(place.runtime_api_port));
    environment.set("LAMBDA_TASK_ROOT", place.code_directory);
    environment.set("_HANDLER", function.handler);
    if (!settings.endpoint_url.empty()) environment.set("STEPWELL_ENDPOINT", settings.endpoint_url);

    ChildProgram program;
    program.arguments = std::move(*command);
    program.environment = environment.take();
    program.working_directory = place.code_directory;
    program.file_bytes_max = static_cast<std::uint64_t>(function.ephemeral_storage_mb) << 20;
    return program;
}

}  // namespace stepwell::function
