#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "function/function_log.hpp"

namespace stepwell::cli {

namespace {

/// "arn:aws:lambda:us-east-1:000000000000:function:NAME[:QUALIFIER]" or NAME.
std::string name_in(const std::string& function) {
    constexpr std::string_view marker = ":function:";
    const auto at = function.find(marker);
    if (at == std::string::npos) return function;
    const std::string name = function.substr(at + marker.size());
    return name.substr(0, name.find(':'));
}

}  // namespace

int logs(const LogsOptions& options) {
    const std::string name = name_in(options.function);
    if (name.empty() || name.find('/') != std::string::npos) {
        say(Severity::error, "not a function's name: '" + options.function + "'");
        return exit_usage;
    }
    const std::filesystem::path directory =
        std::filesystem::path{options.data} / "functions" / "logs";
    const std::string text = function::read_log(directory.string(), name, options.bytes_max);
    if (text.empty()) {
        say(Severity::error, "no log of a function '" + name + "' in " + options.data);
        return exit_not_found;
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_ok;
}

}  // namespace stepwell::cli
