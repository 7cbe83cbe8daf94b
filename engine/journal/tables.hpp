// The tables of a store as ordered maps in memory.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stepwell/journal.hpp>
#include <string>
#include <string_view>

namespace stepwell::journal {

/// What changes lie over.
class Below {
 public:
    virtual ~Below() = default;
    /// False only when `key` is certainly not there.
    virtual bool may_hold(Table table, std::string_view key) const = 0;
};

/// Keys and values, a map per table. Either a whole store, or changes that lie over one. Then a key
/// that is erased, and that may exist below, stays as a mark that hides it; one that was put and
/// erased here leaves no trace.
///
/// threads  one writes while none reads; else any number reads
class Tables {
 public:
    using Map = std::map<std::string, std::optional<std::string>, std::less<>>;

    /// below   what these lie over, and outlives them; null: nothing
    explicit Tables(const Below* below = nullptr) : below_(below) {}

    void put(Table table, std::string_view key, std::string_view value);
    void erase(Table table, std::string_view key);
    /// Applies an encoded batch, which must be whole.
    void apply(std::string_view encoded);

    const Map& map(Table table) const noexcept { return maps_[static_cast<std::size_t>(table)]; }

    /// What the maps take, roughly: keys, values and the cost of a node each.
    std::uint64_t bytes() const noexcept { return bytes_; }
    bool is_empty() const noexcept { return bytes_ == 0; }

 private:
    const Below* below_;
    std::uint64_t bytes_ = 0;
    std::array<Map, table_count> maps_;
};

}  // namespace stepwell::journal
