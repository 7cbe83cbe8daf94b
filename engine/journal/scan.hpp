// Scans over several sources that lie over each other.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <stepwell/journal.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/memory_table.hpp"

namespace stepwell::journal {

/// One sorted source of a scan, standing on a key or at its end. Moves in one direction only.
class Cursor {
 public:
    virtual ~Cursor() = default;
    virtual bool is_at_end() const = 0;
    virtual std::string_view key() const = 0;
    /// Absent: the key is erased here, whatever lies below.
    virtual std::optional<std::string_view> value() const = 0;
    virtual void next() = 0;
};

/// The keys that a scan visits: from `low` on, below `high` (absent: no bound).
struct KeyBounds {
    std::string low;
    std::optional<std::string> high;
};

/// The bounds of a range. Where `range.from` lies outside the prefix it bounds nothing, or
/// everything.
KeyBounds bounds_of(const ScanRange& range);

/// A cursor over one table within `bounds`; the table is in order, and must not change while the
/// cursor lives.
std::unique_ptr<Cursor> make_cursor(const MemoryTable& table, const KeyBounds& bounds,
                                    bool reverse);

/// Takes up to `entries_max` live entries (or about a megabyte) from sources, the uppermost first.
///
/// returns  the entries; fewer than `entries_max` and `is_finished` when the sources have ended
struct ScanPage {
    std::vector<std::pair<std::string, std::string>> entries;
    std::optional<std::string> last_key;  ///< the last key looked at, erased ones included
    bool is_finished = false;
};
ScanPage take_page(std::vector<std::unique_ptr<Cursor>>& sources, bool reverse,
                   std::size_t entries_max);

/// Scans page by page: `open_page(bounds, entries_max)` reads one page under whatever lock it
/// needs, `visit` runs without it. A scan therefore holds up nobody, may itself read, and sees each
/// key once, in order; what changes meanwhile is seen or not.
template <class OpenPage>
void scan_by_pages(const ScanRange& range, OpenPage&& open_page,
                   const std::function<bool(std::string_view, std::string_view)>& visit) {
    constexpr std::size_t page_entries_first = 32;
    constexpr std::size_t page_entries_max = 4096;
    KeyBounds bounds = bounds_of(range);
    for (std::size_t entries_max = page_entries_first;;) {
        const ScanPage page = open_page(bounds, entries_max);
        for (const auto& [key, value] : page.entries) {
            if (!visit(key, value)) return;
        }
        if (page.is_finished) return;
        if (range.reverse) {
            bounds.high = *page.last_key;  // exclusive
        } else {
            bounds.low = *page.last_key + '\0';  // the next possible key
        }
        entries_max = std::min(entries_max * 2, page_entries_max);
    }
}

}  // namespace stepwell::journal
