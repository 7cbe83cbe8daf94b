// The commands of the program, one file each.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace stepwell::cli {

/// What the command that was chosen does; gives the exit code. Runs once the whole command line is
/// parsed.
using Chosen = std::function<int()>;

// Each adds a subcommand with its options to `app`, which sets `chosen` when the user chooses it.
// Both outlive parsing.

void add_demo(CLI::App& app, Chosen& chosen);
void add_logs(CLI::App& app, Chosen& chosen);
void add_run(CLI::App& app, Chosen& chosen);
void add_serve(CLI::App& app, Chosen& chosen);
void add_validate(CLI::App& app, Chosen& chosen);

}  // namespace stepwell::cli
