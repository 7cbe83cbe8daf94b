#include "asl/program.hpp"

#include <algorithm>

namespace stepwell::asl {

std::optional<StateIndex> Program::find(std::string_view name) const noexcept {
    const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                        [this](StateIndex index, std::string_view wanted) {
                                            return states_[index.value].name < wanted;
                                        });
    if (found == by_name_.end() || states_[found->value].name != name) return std::nullopt;
    return *found;
}

}  // namespace stepwell::asl
