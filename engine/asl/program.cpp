#include "asl/program.hpp"

namespace stepwell::asl {

std::optional<StateIndex> Program::find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        if (states_[i].name == name) return StateIndex{static_cast<std::uint32_t>(i)};
    }
    return std::nullopt;
}

}  // namespace stepwell::asl
