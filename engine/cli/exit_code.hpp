// What the program's exit status says. Scripts rely on it.
#pragma once

namespace stepwell::cli {

enum ExitCode : int {
    exit_ok = 0,
    exit_failed = 1,  ///< the work was done and failed: an invalid definition, a failed execution
    exit_usage = 2,   ///< the command line is wrong
    exit_not_found = 3,  ///< a file or a named thing is not there
    exit_refused = 4,    ///< for safety's sake: a damaged or newer data directory, an open address
                         ///< without --allow-host
    exit_temporary =
        75,  ///< try again later: the port or the data directory is in use (EX_TEMPFAIL)
};

}  // namespace stepwell::cli
