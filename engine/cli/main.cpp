// The program `stepwell`: finds the command, and makes mistakes on the command line easy to see.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/suggest.hpp"
#include "cli/terminal.hpp"

namespace stepwell::cli {

namespace {

/// The command that the user chose, or the program itself.
const CLI::App& chosen_app(const CLI::App& app) {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    return chosen.empty() ? app : *chosen.front();
}

std::vector<std::string> names_in(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_lnames().empty()) names.push_back("--" + option->get_lnames().front());
    }
    return names;
}

int complain(const CLI::App& app, const std::string& message, const std::string& unknown) {
    const CLI::App& command = chosen_app(app);
    std::string text = message;
    const std::string suggestion = unknown.empty() ? "" : nearest(unknown, names_in(command));
    if (!suggestion.empty()) text += "; did you mean '" + suggestion + "'?";
    const std::string name = &command == &app ? "" : " " + command.get_name();
    text += "\nTry 'stepwell" + name + " --help'.";
    say(Severity::error, text);
    return exit_usage;
}

/// CLI11 tells by exceptions what was wrong.
int parse(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
        return exit_ok;
    } catch (const CLI::CallForHelp&) {
        std::printf("%s", app.help().c_str());
    } catch (const CLI::CallForVersion& version) {
        std::printf("%s\n", version.what());
    } catch (const CLI::ExtrasError&) {
        const std::vector<std::string> extra = app.remaining(true);
        const std::string unknown = extra.empty() ? "" : extra.front();
        const bool is_command = chosen_app(app).get_name().empty() || &chosen_app(app) == &app;
        const char* what = unknown.starts_with('-') ? "unknown option"
                           : is_command             ? "unknown command"
                                                    : "unexpected";
        return complain(app, std::string{what} + " '" + unknown + "'", unknown);
    } catch (const CLI::ParseError& error) {
        return complain(app, error.what(), "");
    }
    return -1;  // done: help or the version was printed
}

int run(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a reader of our output that has left is an error of the write
    CLI::App app{
        "Stepwell runs Amazon States Language workflows on this machine, durably, behind AWS's own "
        "APIs.",
        "stepwell"};
    app.set_version_flag("--version", "stepwell " STEPWELL_VERSION);
    app.require_subcommand(0, 1);
    app.footer(
        "Examples:\n"
        "  stepwell demo\n"
        "  stepwell serve --data ./data\n"
        "  stepwell run order.asl.json --input '{\"id\": 7}'\n"
        "  stepwell validate callback.asl.json\n\n"
        "'stepwell COMMAND --help' tells more about each.");
    Chosen chosen;
    add_serve(app, chosen);
    add_demo(app, chosen);
    add_run(app, chosen);
    add_validate(app, chosen);
    add_logs(app, chosen);

    const int parsed = parse(app, argc, argv);
    if (parsed != exit_ok) return parsed < 0 ? exit_ok : parsed;
    if (!chosen) {
        std::printf("%s", app.help().c_str());
        return exit_usage;
    }
    return chosen();
}

}  // namespace

}  // namespace stepwell::cli

int main(int argc, char** argv) { return stepwell::cli::run(argc, argv); }
