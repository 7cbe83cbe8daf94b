// A storage whose work under way a virtual clock can see.
#pragma once

#include <memory>
#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>

namespace stepwell::journal {

/// `storage`, with each of its commits and waiting reads counted, from the call to the end of the
/// action it leads to. For virtual clocks only: each call costs an action more.
std::unique_ptr<Storage> watch(std::unique_ptr<Storage> storage, Clock& clock);

}  // namespace stepwell::journal
