#include "journal/tables.hpp"

#include <utility>

#include "base/assert.hpp"
#include "journal/batch.hpp"

namespace stepwell::journal {

namespace {

// A node of the map: three pointers and a colour, two strings, a flag.
constexpr std::uint64_t node_bytes = 32 + sizeof(Tables::Map::value_type);

std::uint64_t value_bytes(const std::optional<std::string>& value) {
    return value ? value->size() : 0;
}

}  // namespace

void Tables::put(Table table, std::string_view key, std::string_view value) {
    Map& map = maps_[static_cast<std::size_t>(table)];
    const auto at = map.lower_bound(key);
    if (at == map.end() || at->first != key) {
        map.emplace_hint(at, key, std::string(value));
        bytes_ += node_bytes + key.size() + value.size();
        return;
    }
    bytes_ += value.size();
    bytes_ -= value_bytes(at->second);
    // A new string: assigning to the old one would keep its capacity, however small the value
    // becomes.
    at->second = std::string(value);
}

void Tables::erase(Table table, std::string_view key) {
    Map& map = maps_[static_cast<std::size_t>(table)];
    const auto at = map.lower_bound(key);
    const bool is_known = at != map.end() && at->first == key;
    if (below_ == nullptr || !below_->may_hold(table, key)) {
        if (!is_known) return;
        bytes_ -= node_bytes + key.size() + value_bytes(at->second);
        map.erase(at);
    } else if (is_known) {
        bytes_ -= value_bytes(at->second);
        at->second.reset();
    } else {
        map.emplace_hint(at, key, std::nullopt);
        bytes_ += node_bytes + key.size();
    }
}

void Tables::apply(std::string_view encoded) {
    const bool is_whole = for_each_change(encoded, [this](const Batch::Change& change) {
        if (change.value) {
            put(change.table, change.key, *change.value);
        } else {
            erase(change.table, change.key);
        }
    });
    SW_ASSERT(
        is_whole);  // written by Batch; what comes from the disk is checked before it is applied
}

}  // namespace stepwell::journal
