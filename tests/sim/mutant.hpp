// Seeded bugs, of which a build of mutants has many and runs one. The engine's sources know nothing
// of this: tests/sim/mutants/*.patch put the calls into a copy of them.
#pragma once

#include <string_view>

namespace stepwell {

/// Whether this is the bug that runs. Defined by stepwell_sim.
bool is_mutant(std::string_view name);

namespace sim {

/// False: no such mutant in this build.
bool choose_mutant(std::string_view name);

}  // namespace sim
}  // namespace stepwell
