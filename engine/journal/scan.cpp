#include "journal/scan.hpp"

#include <algorithm>

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

class MapCursor final : public Cursor {
 public:
    MapCursor(const Tables::Map& map, const KeyBounds& bounds, bool reverse)
        : first_(map.lower_bound(bounds.low)),
          end_(bounds.high ? map.lower_bound(*bounds.high) : map.end()),
          reverse_(reverse) {
        // Bounds that contradict each other: nothing to visit.
        if (bounds.high && *bounds.high <= bounds.low) end_ = first_;
    }

    bool is_at_end() const override { return first_ == end_; }
    std::string_view key() const override { return at()->first; }
    std::optional<std::string_view> value() const override {
        const auto& value = at()->second;
        return value ? std::optional<std::string_view>{*value} : std::nullopt;
    }
    void next() override {
        if (reverse_) {
            --end_;
        } else {
            ++first_;
        }
    }

 private:
    Tables::Map::const_iterator at() const { return reverse_ ? std::prev(end_) : first_; }

    Tables::Map::const_iterator first_;
    Tables::Map::const_iterator end_;
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

std::unique_ptr<Cursor> make_cursor(const Tables::Map& map, const KeyBounds& bounds, bool reverse) {
    return std::make_unique<MapCursor>(map, bounds, reverse);
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
