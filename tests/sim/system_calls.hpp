// What the simulated machine's calls need to be told.
#pragma once

#include "base/random.hpp"
#include "sim/fibers.hpp"

namespace stepwell::sim {

/// A machine of its own for one seed; `secrets` is its source of random bytes and outlives it.
void begin_machine(Random& secrets);
/// The process has died, and its descriptors with it.
void end_process();

/// The machine's wall clock, since the Unix epoch. It may be set to any time; the monotonic one,
/// which is the fibers', only goes on.
void set_wall_clock(Nanos since_epoch);
Nanos wall_clock();

}  // namespace stepwell::sim
