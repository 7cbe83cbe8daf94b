// State machines drawn from the seed, whose histories can be checked by what their names say.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.hpp"

namespace stepwell::sim {

/// A drawn state machine. Its states do what their names say:
///
///     Wait<n>_<seconds>   waits so long
///     Call<n>             sends a message with a task token and waits for it
///     Publish<n>          publishes its input's mark
///     Fan<n>, Each<n>     a Parallel, a Map
///
/// Whatever is done, the input's `mark` reaches the output. Every wait ends by itself.
struct Machine {
    std::string name;
    std::string definition;
    // Of every Call: its Retrier for the error "Retryable".
    std::uint32_t retries_max = 0;
    std::uint32_t retry_interval_s = 1;
};

/// Times scale with `longest_s`, from seconds to months.
Machine draw_machine(Random& random, std::string name, std::uint64_t longest_s);

}  // namespace stepwell::sim
