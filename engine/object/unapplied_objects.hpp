// Objects that were changed, and that reads of the store do not show yet.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "object/object.hpp"

namespace stepwell::object {

/// What a change of an object is decided on when the one before it is still on its way to the
/// store.
///
/// threads  any
class UnappliedObjects {
 public:
    /// Absent: no change is on its way; else the object, or nothing once it is deleted.
    std::optional<std::optional<Object>> find(std::string_view key) const {
        const std::lock_guard lock(mutex_);
        const auto found = changes_.find(key);
        if (found == changes_.end()) return std::nullopt;
        return found->second.object;
    }

    /// Notes a change; `applied` ends it.
    void add(const std::string& key, std::optional<Object> object) {
        const std::lock_guard lock(mutex_);
        Change& change = changes_[key];
        change.object = std::move(object);
        ++change.on_the_way;
    }
    void applied(std::string_view key) {
        const std::lock_guard lock(mutex_);
        const auto found = changes_.find(key);
        if (found != changes_.end() && --found->second.on_the_way == 0) changes_.erase(found);
    }

    /// True when an object whose key starts with `prefix` is on its way into the store.
    bool has_any(std::string_view prefix) const {
        const std::lock_guard lock(mutex_);
        for (auto at = changes_.lower_bound(prefix);
             at != changes_.end() && std::string_view(at->first).starts_with(prefix); ++at) {
            if (at->second.object.has_value()) return true;
        }
        return false;
    }

 private:
    struct Change {
        std::optional<Object> object;  // after the last of them
        std::size_t on_the_way = 0;
    };

    mutable std::mutex mutex_;
    std::map<std::string, Change, std::less<>> changes_;  // by Table::object's keys
};

}  // namespace stepwell::object
