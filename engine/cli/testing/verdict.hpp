// Whether a case did what it should have.
#pragma once

#include <string>
#include <vector>

#include "cli/testing/test_world.hpp"

namespace stepwell::cli {

/// The names of the states, as they were entered.
std::vector<std::string> path_of(const asl::Program& program, const CaseRun& run);

/// Everything that is not as expected, one or more lines each; empty: the case has passed.
std::vector<std::string> failures_of(const TestFile& file, const TestCase& test,
                                     const CaseRun& run);

}  // namespace stepwell::cli
