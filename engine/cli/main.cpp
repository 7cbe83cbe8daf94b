// The program `stepwell`: every command with its options, and mistakes on the command line made
// easy to see.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cli/command.hpp"
#include "cli/data_directory.hpp"
#include "cli/exit_code.hpp"
#include "cli/suggest.hpp"
#include "cli/terminal.hpp"
#include "function/function_log.hpp"

namespace stepwell::cli {

namespace {

/// What the command that was chosen does; gives the exit code. Runs once the whole command line is
/// parsed.
using Chosen = std::function<int()>;

// Each adds a subcommand with its options to `app`, which sets `chosen` when the user chooses it.
// Both outlive parsing.

// Of a server that something is tried out on.
void add_trial_options(CLI::App& command, ServeOptions& options) {
    const std::map<std::string, bool> clocks{{"real", false}, {"virtual", true}};
    command
        .add_option("--clock", options.has_virtual_clock,
                    "real, or virtual: time passes when nothing else can happen, or as 'stepwell "
                    "clock' says")
        ->transform(CLI::CheckedTransformer(clocks))
        ->envname("STEPWELL_CLOCK");
    command
        .add_option("--mock-config", options.mock_config,
                    "A MockConfigFile.json as Step Functions Local has it: an execution of "
                    "ARN#CASE gets its tasks' answers from it")
        ->envname("SFN_MOCK_CONFIG");
}

void add_serve(CLI::App& app, Chosen& chosen) {
    CLI::App* command = app.add_subcommand("serve", "Run the server: all services on one port");
    auto options = std::make_shared<ServeOptions>();
    auto log_format = std::make_shared<LogFormat>(LogFormat::text);
    options->data = default_data_directory();
    options->shards = std::max(1U, std::thread::hardware_concurrency());

    const std::map<std::string, Durability> durabilities{
        {"sync", Durability::sync}, {"os", Durability::os}, {"none", Durability::none}};
    const std::map<std::string, LogFormat> log_formats{{"text", LogFormat::text},
                                                       {"json", LogFormat::json}};
    command->add_option("--listen", options->listen, "HOST:PORT; port 0 takes any free one")
        ->envname("STEPWELL_LISTEN")
        ->capture_default_str();
    command->add_option("--data", options->data, "Directory that everything is kept in")
        ->envname("STEPWELL_DATA")
        ->capture_default_str();
    command
        ->add_option("--durability", options->durability,
                     "When a call is acknowledged: sync (it survives power loss), os (it survives "
                     "the death of this process), none (in memory only)")
        ->transform(CLI::CheckedTransformer(durabilities))
        ->envname("STEPWELL_DURABILITY");
    command->add_option("--shards", options->shards, "Threads that run executions")
        ->check(CLI::Range(1, 256))
        ->envname("STEPWELL_SHARDS")
        ->capture_default_str();
    command
        ->add_option("--resident", options->resident_executions_max,
                     "Executions in memory, at most, before those that only wait leave it")
        ->envname("STEPWELL_RESIDENT")
        ->capture_default_str();
    command->add_option("--io-threads", options->io_threads, "Threads that serve connections")
        ->check(CLI::Range(1, 256))
        ->envname("STEPWELL_IO_THREADS")
        ->capture_default_str();
    command
        ->add_option("--allow-host", options->allowed_hosts,
                     "A further name of this server (*.NAME: and all below)")
        ->delimiter(',')
        ->envname("STEPWELL_ALLOW_HOST");
    command
        ->add_option("--allow-origin", options->allowed_origins,
                     "A web origin whose pages may call, as http://localhost:3000")
        ->delimiter(',')
        ->envname("STEPWELL_ALLOW_ORIGIN");
    add_trial_options(*command, *options);
    command->add_option("--log-format", *log_format, "text or json")
        ->transform(CLI::CheckedTransformer(log_formats))
        ->envname("STEPWELL_LOG_FORMAT");
    command->footer(
        "Prints one line on stdout when it is ready. SIGTERM or Ctrl-C answers what is open and "
        "ends it.\n\n"
        "Examples:\n"
        "  stepwell serve\n"
        "  stepwell serve --listen 127.0.0.1:0 --data /tmp/world --durability os\n"
        "  aws --endpoint-url http://127.0.0.1:4566 stepfunctions list-state-machines");
    command->callback([options, log_format, &chosen] {
        chosen = [options, log_format] {
            set_log_format(*log_format);
            return serve(*options);
        };
    });
}

void add_demo(CLI::App& app, Chosen& chosen) {
    CLI::App* command =
        app.add_subcommand("demo", "Run AWS's callback pattern example, each step shown");
    auto options = std::make_shared<DemoOptions>();
    command->add_flag("--keep", options->keeps,
                      "Leave the server running afterwards, until Ctrl-C");
    command
        ->add_option("--listen", options->listen,
                     "HOST:PORT of the server; port 0 takes any free one")
        ->capture_default_str();
    command->footer(
        "Everything is kept in a temporary directory, which is removed at the end. The function is "
        "AWS's own Node.js "
        "sample, unmodified.\n\n"
        "Examples:\n"
        "  stepwell demo\n"
        "  stepwell demo --keep --listen 127.0.0.1:4566");
    command->callback([options, &chosen] { chosen = [options] { return demo(*options); }; });
}

void add_run(CLI::App& app, Chosen& chosen) {
    CLI::App* command =
        app.add_subcommand("run", "Run one workflow in this process, and print its output");
    auto options = std::make_shared<RunOptions>();
    command
        ->add_option("FILE", options->file,
                     "The definition, in Amazon States Language; - reads standard input")
        ->required();
    command->add_option("--input", options->input, "The input: JSON, or @FILE")
        ->capture_default_str();
    command->add_flag("--history", options->shows_history,
                      "Print the history as a table, to stderr");
    CLI::Option* config = command->add_option(
        "--mock-config", options->mock_config,
        "A MockConfigFile.json as Step Functions Local has it: tasks get their answers from it");
    CLI::Option* test_case =
        command->add_option("--test-case", options->test_case, "The test case of it");
    config->needs(test_case);
    test_case->needs(config);
    command->footer(
        "Nothing is stored and no port is opened. Exit status 1 when the execution fails.\n\n"
        "Examples:\n"
        "  stepwell run order.asl.json --mock-config MockConfigFile.json --test-case HappyPath\n"
        "  stepwell run order.asl.json --input '{\"id\": 7}'\n"
        "  stepwell run order.asl.json --input @order.json --history");
    command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

void add_test(CLI::App& app, Chosen& chosen) {
    CLI::App* command =
        app.add_subcommand("test", "Run the test cases that stand beside state machines");
    auto options = std::make_shared<TestOptions>();
    options->jobs = std::max(1U, std::thread::hardware_concurrency());
    const std::map<std::string, api::FieldValidation> validations{
        {"none", api::FieldValidation::none},
        {"present", api::FieldValidation::present},
        {"strict", api::FieldValidation::strict}};
    command->add_option("DIR", options->path, "Where files *.test.json are; or one of them")
        ->capture_default_str();
    command->add_option("--filter", options->filter, "Only cases whose FILE: NAME has this text");
    command->add_option("--jobs", options->jobs, "Cases that run at a time")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command
        ->add_option(
            "--mock-validation", options->validation,
            "How far mocked results have to fit AWS's service models: strict (also what is "
            "required), present (what is there), none")
        ->transform(CLI::CheckedTransformer(validations));
    command->add_option("--junit", options->junit_file, "Write the results to it, as JUnit's XML");
    command->add_option("--coverage", options->coverage_file,
                        "Write to it, as JSON, which states, choices, retries and catches ran");
    command
        ->add_option("--min-coverage", options->coverage_min,
                     "Fail when less of them ran than so many percent")
        ->check(CLI::Range(0.0, 100.0));
    command->footer(
        "order.test.json has cases for order.asl.json: input, mocks, and what is expected. Each "
        "runs in memory with a virtual clock: waiting takes no time. Exit status 1 when a case "
        "fails.\n\n"
        "Examples:\n"
        "  stepwell test\n"
        "  stepwell test workflows --filter refund\n"
        "  stepwell test --junit results.xml --min-coverage 80");
    command->callback([options, &chosen] { chosen = [options] { return test(*options); }; });
}

void add_validate(CLI::App& app, Chosen& chosen) {
    CLI::App* command = app.add_subcommand("validate", "Check a state machine definition");
    auto options = std::make_shared<ValidateOptions>();
    command
        ->add_option("FILE", options->file,
                     "The definition, in Amazon States Language; - reads standard input")
        ->required();
    command->add_flag("--json", options->is_json,
                      "Print one JSON object, as ValidateStateMachineDefinition answers");
    command->footer(
        "Prints each problem as FILE:LINE:COLUMN: what is wrong. Exit status 1 when there is an "
        "error.\n\n"
        "Examples:\n"
        "  stepwell validate callback.asl.json\n"
        "  stepwell validate --json - < callback.asl.json");
    command->callback([options, &chosen] { chosen = [options] { return validate(*options); }; });
}

void add_env(CLI::App& app, Chosen& chosen) {
    CLI::App* command = app.add_subcommand(
        "env", "Print the variables that point AWS's clients at a server of this machine");
    auto options = std::make_shared<EnvOptions>();
    const std::map<std::string, Shell> shells{
        {"bash", Shell::bash}, {"fish", Shell::fish}, {"powershell", Shell::powershell}};
    const std::map<std::string, ClientSdk> sdks{{"cli", ClientSdk::cli},
                                                {"python", ClientSdk::python},
                                                {"node", ClientSdk::node},
                                                {"java", ClientSdk::java},
                                                {"go", ClientSdk::go}};
    command->add_option("--endpoint", options->endpoint, "Where the server listens")
        ->envname("STEPWELL_ENDPOINT")
        ->capture_default_str();
    command->add_option("--region", options->region, "The region that clients name")
        ->capture_default_str();
    command->add_option("--shell", options->shell, "bash (and zsh), fish or powershell")
        ->transform(CLI::CheckedTransformer(shells));
    command
        ->add_option("--sdk", options->sdk,
                     "Whose variables: cli, python, go (all the same), node or java")
        ->transform(CLI::CheckedTransformer(sdks));
    command->footer(
        "HTTP_PROXY takes start-sync-execution and test-state to the server: clients send them to "
        "a host of their own, 'sync-127.0.0.1', that no name server knows.\n\n"
        "Examples:\n"
        "  eval \"$(stepwell env)\"\n"
        "  stepwell env --shell fish --sdk node | source");
    command->callback([options, &chosen] { chosen = [options] { return env(*options); }; });
}

void add_clock(CLI::App& app, Chosen& chosen) {
    CLI::App* command =
        app.add_subcommand("clock", "Show or move the time of a server with a virtual clock");
    auto options = std::make_shared<ClockOptions>();
    const std::map<std::string, ClockAction> actions{{"show", ClockAction::show},
                                                     {"advance", ClockAction::advance},
                                                     {"auto", ClockAction::automatic},
                                                     {"pause", ClockAction::pause}};
    command->add_option("ACTION", options->action, "show, advance, auto or pause")
        ->transform(CLI::CheckedTransformer(actions));
    CLI::Option* duration =
        command->add_option("DURATION", options->duration, "Of advance: 90s, 15m, 2h, 365d, 1h30m");
    command->add_option("--endpoint", options->endpoint, "Where the server listens")
        ->envname("STEPWELL_ENDPOINT")
        ->capture_default_str();
    command->add_flag("--json", options->is_json, "Print the server's answer as it is");
    command->footer(
        "auto: whenever nothing can run, time jumps to the next moment that something waits for; "
        "so "
        "a server with --clock virtual starts. pause: it stands still.\n\n"
        "Examples:\n"
        "  stepwell serve --clock virtual\n"
        "  stepwell clock pause\n"
        "  stepwell clock advance 365d");
    command->callback([options, duration, &chosen] {
        if ((options->action == ClockAction::advance) != (duration->count() > 0))
            throw CLI::ValidationError("DURATION", "advance takes one, and nothing else does");
        chosen = [options] { return clock(*options); };
    });
}

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

void add_doctor(CLI::App& app, Chosen& chosen) {
    CLI::App* command =
        app.add_subcommand("doctor", "Check every byte of a data directory that no server uses");
    auto options = std::make_shared<DoctorOptions>();
    options->data = default_data_directory();
    command->add_option("DIR", options->data, "The data directory")
        ->envname("STEPWELL_DATA")
        ->capture_default_str();
    command->add_flag("--json", options->is_json, "Print one JSON object");
    command->footer(
        "Reads the log, the store and what stands in them, and says whether it fits together. It "
        "recovers the log as a start of the server would, and changes nothing else. Exit status 1 "
        "when something is damaged.\n\n"
        "Examples:\n"
        "  stepwell doctor\n"
        "  stepwell doctor ./data --json");
    command->callback([options, &chosen] { chosen = [options] { return doctor(*options); }; });
}

void add_jsonata(CLI::App& app, Chosen& chosen) {
    CLI::App* command = app.add_subcommand("jsonata", "Evaluate a JSONata expression");
    auto options = std::make_shared<JsonataOptions>();
    command->add_option("EXPR", options->expression,
                        "The expression; without one, requests are read from standard input, one "
                        "JSON object a line");
    command->add_option("FILE", options->file, "JSON to evaluate it over; - reads standard input");
    command->add_flag("--step-functions", options->is_step_functions,
                      "With the functions that AWS Step Functions has");
    command->footer(
        "Examples:\n"
        "  stepwell jsonata '$sum([1..10])'\n"
        "  stepwell jsonata 'items[price > 10].name' order.json\n"
        "  curl -s https://example.com/order.json | stepwell jsonata '$count(items)' -");
    command->callback([command, options, &chosen] {
        options->has_expression = command->count("EXPR") > 0;
        chosen = [options] { return jsonata(*options); };
    });
}

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

int run_program(int argc, char** argv) {
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
    add_test(app, chosen);
    add_validate(app, chosen);
    add_env(app, chosen);
    add_clock(app, chosen);
    add_logs(app, chosen);
    add_doctor(app, chosen);
    add_jsonata(app, chosen);

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

int main(int argc, char** argv) { return stepwell::cli::run_program(argc, argv); }
