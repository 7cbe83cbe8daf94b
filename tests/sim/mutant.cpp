#include "sim/mutant.hpp"

#include <string>

#ifndef STEPWELL_MUTANTS
#define STEPWELL_MUTANTS ""
#endif

namespace stepwell {

namespace {
std::string chosen;
}  // namespace

bool is_mutant(std::string_view name) { return name == chosen; }

namespace sim {

bool choose_mutant(std::string_view name) {
    constexpr std::string_view names = STEPWELL_MUTANTS;  // "a b c"
    const std::string padded = " " + std::string(names) + " ";
    if (padded.find(" " + std::string(name) + " ") == std::string::npos) return false;
    chosen = name;
    return true;
}

}  // namespace sim
}  // namespace stepwell
