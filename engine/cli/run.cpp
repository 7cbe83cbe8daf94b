#include <cstdio>
#include <string>

#include <stepwell/engine.hpp>

#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/history_table.hpp"
#include "cli/input_file.hpp"
#include "cli/terminal.hpp"
#include "json/value.hpp"

namespace stepwell::cli {

namespace {

/// The text itself, or of the file that "@FILE" names.
Result<Payload> read_input(const std::string& given) {
    if (!given.starts_with('@')) return Payload::parse(given);
    SW_TRY(const std::string text, read_input_file(given.substr(1)));
    return Payload::parse(text);
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
    Result<std::unique_ptr<Engine>> engine = Engine::open();
    if (engine.has_error()) return complain(engine.error());
    const Result<std::string> machine = (*engine)->create_state_machine("run", *definition).get();
    if (machine.has_error()) return complain(machine.error());
    const Result<ExecutionDescription> ended = (*engine)->run(*machine, *input).get();
    if (ended.has_error()) return complain(ended.error());
    if (options.shows_history) print_history(**engine, ended->execution_arn);
    return report(*ended);
}

}  // namespace stepwell::cli
