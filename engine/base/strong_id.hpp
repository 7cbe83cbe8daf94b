// Distinct integer types for indices, counts and ids.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace stepwell {

/// An integer that only compares with its own kind. `Tag` is any unique type.
template <class Tag, class Integer = std::uint64_t>
struct StrongId {
    using integer = Integer;
    Integer value{};

    friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

}  // namespace stepwell

template <class Tag, class Integer>
struct std::hash<stepwell::StrongId<Tag, Integer>> {
    std::size_t operator()(stepwell::StrongId<Tag, Integer> id) const noexcept {
        return std::hash<Integer>{}(id.value);
    }
};
