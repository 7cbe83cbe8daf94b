// Counts what a benchmark allocates.
#pragma once

#include <cstdint>

namespace stepwell::bench {

/// Calls of operator new on this thread so far, in the whole program.
std::uint64_t allocations() noexcept;

}  // namespace stepwell::bench
