#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <stepwell/engine.hpp>

#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/history_table.hpp"
#include "cli/input_file.hpp"
#include "cli/terminal.hpp"
#include "flow/mocks.hpp"
#include "json/value.hpp"

namespace stepwell::cli {

namespace {

/// The text itself, or of the file that "@FILE" names.
Result<Payload> read_input(const std::string& given) {
    if (!given.starts_with('@')) return Payload::parse(given);
    SW_TRY(const std::string text, read_input_file(given.substr(1)));
    return Payload::parse(text);
}

/// The test case that the tasks' answers come from.
struct Mocked {
    std::string configuration = {};  ///< empty: none
    std::string state_machine = "run";
    std::string suffix = {};  ///< "#CASE"
};

// Called as its file, or as the only state machine that has such a test case.
Result<std::string> mocked_machine(const flow::MockConfiguration& mocks,
                                   const RunOptions& options) {
    const std::string file = std::filesystem::path(options.file).filename().string();
    std::string stem = file.substr(0, file.find('.'));
    if (mocks.find(stem, options.test_case) != nullptr) return stem;
    std::vector<std::string> having;
    for (const auto& [machine, cases] : mocks.state_machines()) {
        if (cases.contains(options.test_case)) having.push_back(machine);
    }
    if (having.size() == 1) return having.front();
    const char* const how_many = having.empty() ? "no" : "more than one";
    return Error(flow::invalid_mocks, "the mock configuration has " + std::string(how_many) +
                                          " state machine with a test case '" + options.test_case +
                                          "', and none called '" + stem + "'");
}

Result<Mocked> read_mocks(const RunOptions& options) {
    Mocked mocked;
    if (options.mock_config.empty()) return mocked;
    SW_TRY(mocked.configuration, read_input_file(options.mock_config));
    SW_TRY(const flow::MockConfiguration mocks,
           flow::MockConfiguration::parse(mocked.configuration));
    SW_TRY(mocked.state_machine, mocked_machine(mocks, options));
    mocked.suffix = "#" + options.test_case;
    return mocked;
}

int complain(const Error& error) {
    say(Severity::error, error.message());
    return error.is(file_not_found) ? exit_not_found : exit_failed;
}

void print_history(Engine& engine, const std::string& execution_arn) {
    const Result<Payload> events = engine.execution_history(execution_arn).get();
    if (events.has_error())
        return say(Severity::warning, "no history: " + events.error().message());
    std::fprintf(stderr, "%s", history_table(json::Document::of(*events).root()).c_str());
}

int report(const ExecutionDescription& ended) {
    if (ended.status == ExecutionStatus::succeeded) {
        std::printf("%s\n", std::string{ended.output.text()}.c_str());
        return exit_ok;
    }
    std::string message = "the execution ended as ";
    message.append(name_of(ended.status));
    if (ended.error.has_value()) message.append(": ").append(*ended.error);
    if (ended.cause.has_value()) message.append(": ").append(*ended.cause);
    say(Severity::error, message);
    return exit_failed;
}

}  // namespace

int run(const RunOptions& options) {
    const Result<std::string> definition = read_input_file(options.file);
    if (definition.has_error()) return complain(definition.error());
    const Result<Payload> input = read_input(options.input);
    if (input.has_error()) {
        say(Severity::error, "the input is no JSON: " + input.error().message());
        return input.error().is(file_not_found) ? exit_not_found : exit_usage;
    }
    const Result<Mocked> mocked = read_mocks(options);
    if (mocked.has_error()) return complain(mocked.error());
    Engine::Options opened;
    opened.mock_configuration = mocked->configuration;
    Result<std::unique_ptr<Engine>> engine = Engine::open(std::move(opened));
    if (engine.has_error()) return complain(engine.error());
    const Result<std::string> machine =
        (*engine)->create_state_machine(mocked->state_machine, *definition).get();
    if (machine.has_error()) return complain(machine.error());
    const Result<ExecutionDescription> ended =
        (*engine)->run(*machine + mocked->suffix, *input).get();
    if (ended.has_error()) return complain(ended.error());
    if (options.shows_history) print_history(**engine, ended->execution_arn);
    return report(*ended);
}

}  // namespace stepwell::cli
