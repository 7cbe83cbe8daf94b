// Whether what is stored of executions fits together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <stepwell/journal.hpp>

namespace stepwell::flow {

struct CheckedExecutions {
    std::uint64_t executions = 0;
    std::uint64_t running = 0;
    std::uint64_t events = 0;
    std::vector<std::string> problems;  ///< one line each; the first hundred
    std::uint64_t problem_count = 0;
};

/// Reads all records, names, listings, histories, continuations, redrive points and map runs: each
/// can be decoded; histories begin with event 1 and have no gap; an ended execution's last event is
/// the one that its record names; a running one has what it needs to go on, an ended one has not;
/// only one that has ended without success has a redrive point.
///
/// cost  reads everything once; the ids of running executions are kept in memory
/// threads  any; nothing runs on the storage meanwhile
CheckedExecutions check_executions(const Storage& storage);

}  // namespace stepwell::flow
