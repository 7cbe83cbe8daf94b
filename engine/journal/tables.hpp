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

/// Keys and values, a map per table. Either a whole store, or changes that lie over one: then an
/// erased key stays as a mark that hides what lies below.
///
/// threads  one writes while none reads; else any number reads
class Tables {
 public:
    using Map = std::map<std::string, std::optional<std::string>, std::less<>>;

    enum class Erased : std::uint8_t { is_removed, leaves_mark };
    explicit Tables(Erased erased) : erased_(erased) {}

    void put(Table table, std::string_view key, std::string_view value);
    void erase(Table table, std::string_view key);
    /// Applies an encoded batch, which must be whole.
    void apply(std::string_view encoded);

    const Map& map(Table table) const noexcept { return maps_[static_cast<std::size_t>(table)]; }

    /// What the maps take, roughly: keys, values and the cost of a node each.
    std::uint64_t bytes() const noexcept { return bytes_; }
    bool is_empty() const noexcept { return bytes_ == 0; }

 private:
    Erased erased_;
    std::uint64_t bytes_ = 0;
    std::array<Map, table_count> maps_;
};

}  // namespace stepwell::journal
