// Sorting by a comparison that may fail. Known to this folder only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "asl/jsonata/outcome.hpp"

namespace stepwell::asl::jsonata {

/// Merges runs of ever larger width; stable, and compares as seldom as it can.
///
/// comes_behind  Outcome<bool> of two items: whether the first belongs behind the second
/// returns       nothing when a comparison failed
template <class Item, class ComesBehind>
Outcome<void> merge_sort(std::vector<Item>& items, ComesBehind comes_behind) {
    std::vector<Item> merged(items.size());
    for (std::size_t width = 1; width < items.size(); width *= 2) {
        for (std::size_t start = 0; start < items.size(); start += 2 * width) {
            const std::size_t middle = std::min(start + width, items.size());
            const std::size_t end = std::min(start + 2 * width, items.size());
            std::size_t left = start;
            std::size_t right = middle;
            for (std::size_t at = start; at < end; ++at) {
                bool takes_right = left == middle;
                if (left < middle && right < end) {
                    const Outcome<bool> is_behind = comes_behind(items[left], items[right]);
                    if (!is_behind) return Failed{};
                    takes_right = *is_behind;
                }
                merged[at] = takes_right ? items[right++] : items[left++];
            }
        }
        items.swap(merged);
    }
    return {};
}

}  // namespace stepwell::asl::jsonata
