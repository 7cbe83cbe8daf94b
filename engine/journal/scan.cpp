#include "journal/scan.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace stepwell::journal {

namespace {

constexpr std::size_t page_bytes_max = 1 << 20;

/// The first key after all that start with `prefix`; nothing when there is none.
std::optional<std::string> after_prefix(std::string_view prefix) {
    std::string key(prefix);
    while (!key.empty() && static_cast<std::uint8_t>(key.back()) == 0xFF) key.pop_back();
    if (key.empty()) return std::nullopt;
    key.back() = static_cast<char>(static_cast<std::uint8_t>(key.back()) + 1);
    return key;
}

class TableCursor final : public Cursor {
 public:
    TableCursor(const MemoryTable::Ordered& entries, const KeyBounds& bounds, bool reverse)
        : first_(entries.lower_bound(std::string_view(bounds.low))),
          end_(bounds.high ? entries.lower_bound(std::string_view(*bounds.high)) : entries.end()),
          reverse_(reverse) {
        // Bounds that contradict each other: nothing to visit.
        if (bounds.high && *bounds.high <= bounds.low) end_ = first_;
    }

    bool is_at_end() const override { return first_ == end_; }
    std::string_view key() const override { return (*at())->key(); }
    std::optional<std::string_view> value() const override { return (*at())->value(); }
    void next() override {
        if (reverse_) {
            --end_;
        } else {
            ++first_;
        }
    }

 private:
    MemoryTable::Ordered::const_iterator at() const { return reverse_ ? std::prev(end_) : first_; }

    MemoryTable::Ordered::const_iterator first_;
    MemoryTable::Ordered::const_iterator end_;
    bool reverse_;
};

}  // namespace

KeyBounds bounds_of(const ScanRange& range) {
    KeyBounds bounds{std::string(range.prefix), after_prefix(range.prefix)};
    if (range.from.empty()) return bounds;
    if (range.reverse) {
        std::string high = std::string(range.from) + '\0';  // `from` itself is visited
        if (!bounds.high || high < *bounds.high) bounds.high = std::move(high);
    } else if (range.from > bounds.low) {
        bounds.low = range.from;
    }
    return bounds;
}

std::unique_ptr<Cursor> make_cursor(const MemoryTable& table, const KeyBounds& bounds,
                                    bool reverse) {
    SW_ASSERT(table.is_ordered());
    return std::make_unique<TableCursor>(table.ordered(), bounds, reverse);
}

ScanPage take_page(std::vector<std::unique_ptr<Cursor>>& sources, bool reverse,
                   std::size_t entries_max) {
    ScanPage page;
    std::size_t bytes = 0;
    std::size_t looked_at = 0;
    const std::size_t looked_at_max = std::max<std::size_t>(entries_max * 4, 1024);
    while (page.entries.size() < entries_max && bytes < page_bytes_max &&
           looked_at < looked_at_max) {
        Cursor* front = nullptr;  // of equal keys the first, that is the uppermost, wins
        for (const auto& source : sources) {
            if (source->is_at_end()) continue;
            if (front == nullptr ||
                (reverse ? source->key() > front->key() : source->key() < front->key())) {
                front = source.get();
            }
        }
        if (front == nullptr) {
            page.is_finished = true;
            return page;
        }
        page.last_key = std::string(front->key());
        ++looked_at;
        if (const auto value = front->value()) {
            bytes += page.last_key->size() + value->size();
            page.entries.emplace_back(*page.last_key, *value);
        }
        for (const auto& source : sources) {
            if (!source->is_at_end() && source->key() == *page.last_key) source->next();
        }
    }
    return page;
}

}  // namespace stepwell::journal
