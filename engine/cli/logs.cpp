#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/command.hpp"
#include "cli/data_directory.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "function/function_log.hpp"

namespace stepwell::cli {

namespace {

struct LogsOptions {
    std::string function;
    std::string data;
    std::uint64_t bytes_max = 64 * 1024;
};

/// "arn:aws:lambda:us-east-1:000000000000:function:NAME[:QUALIFIER]" or NAME.
std::string name_in(const std::string& function) {
    constexpr std::string_view marker = ":function:";
    const auto at = function.find(marker);
    if (at == std::string::npos) return function;
    const std::string name = function.substr(at + marker.size());
    return name.substr(0, name.find(':'));
}

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

}  // namespace

void add_logs(CLI::App& app, Chosen& chosen) {
    CLI::App* command =
        app.add_subcommand("logs", "Show what a function wrote to stdout and stderr");
    auto options = std::make_shared<LogsOptions>();
    options->data = default_data_directory();
    command->add_option("FUNCTION", options->function, "The function's name or ARN")->required();
    command->add_option("--data", options->data, "The server's data directory")
        ->envname("STEPWELL_DATA")
        ->capture_default_str();
    command->add_option("--bytes", options->bytes_max, "How much of the end is shown")
        ->check(CLI::Range(std::uint64_t{1}, function::log_file_bytes_max * 2))
        ->capture_default_str();
    command->footer(
        "Reads the data directory, whether a server runs on it or not.\n\n"
        "Examples:\n"
        "  stepwell logs callback\n"
        "  stepwell logs callback --data ./data --bytes 4096");
    command->callback([options, &chosen] { chosen = [options] { return logs(*options); }; });
}

}  // namespace stepwell::cli
