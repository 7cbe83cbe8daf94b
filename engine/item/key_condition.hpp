// Which keys a KeyConditionExpression means.
#pragma once

#include <string>

#include <stepwell/result.hpp>

#include "item/expression.hpp"
#include "item/table.hpp"

namespace stepwell::item {

/// Keys from `from` on and before `to`; all when both are empty.
struct KeyRange {
    std::string from = {};
    std::string to = {};

    bool has(std::string_view key) const noexcept {
        return key >= from && (to.empty() || key < to);
    }
};

/// errors   ValidationException: no condition that a query can have of these keys
Result<KeyRange> key_range(const Node& condition, const KeySchema& keys);

}  // namespace stepwell::item
