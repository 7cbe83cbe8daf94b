#include "journal/layered_store.hpp"

#include <utility>
#include <vector>

#include "base/try.hpp"
#include "journal/scan.hpp"

namespace stepwell::journal {

LayeredStore::LayeredStore(std::unique_ptr<Store> stored, std::uint64_t overlay_bytes_max)
    : overlay_bytes_max_(overlay_bytes_max), stored_(std::move(stored)) {}

void LayeredStore::apply(std::string_view batch) {
    const std::unique_lock lock(mutex_);
    overlay_.apply(batch);
}

bool LayeredStore::turn_over(const Position& end) {
    const std::unique_lock lock(mutex_);
    if (draining_ != nullptr) return false;
    draining_ = std::make_shared<Tables>(std::exchange(overlay_, Tables(Tables::Kind::changes)));
    draining_end_ = end;
    return true;
}

Result<> LayeredStore::drain() {
    std::shared_ptr<const Tables> layer;
    Position end;
    {
        const std::shared_lock lock(mutex_);
        layer = draining_;
        end = draining_end_;
    }
    if (layer == nullptr) return {};
    if (auto written = stored_->write(*layer, end); !written.has_value()) return written.error();
    const std::unique_lock lock(mutex_);
    draining_.reset();
    return {};  // the layer's memory goes with `layer`, after the lock
}

std::optional<std::string> LayeredStore::get(Table table, std::string_view key) const {
    {
        const std::shared_lock lock(mutex_);
        const MemoryTable::Entry* entry = overlay_.of(table).find(key);
        if (entry == nullptr && draining_ != nullptr) entry = draining_->of(table).find(key);
        if (entry != nullptr) {
            const auto value = entry->value();
            return value ? std::optional<std::string>(*value) : std::nullopt;
        }
    }
    // Between the lock and here a change may have come; then this is the answer from before it.
    // What was in a layer that is gone by now is in RocksDB.
    return stored_->get(table, key);
}

void LayeredStore::scan(
    Table table, const ScanRange& range,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
    const auto open_page = [&](const KeyBounds& bounds, std::size_t entries_max) {
        const std::unique_lock lock(mutex_);  // alone: it may have to put them in order
        std::vector<std::unique_ptr<Cursor>> sources;
        for (Tables* const layer : {&overlay_, draining_.get()}) {
            if (layer == nullptr) continue;
            layer->order(table);
            sources.push_back(make_cursor(layer->of(table), bounds, range.reverse));
        }
        sources.push_back(stored_->cursor(table, bounds, range.reverse));
        return take_page(sources, range.reverse, entries_max);
    };
    scan_by_pages(range, open_page, visit);
}

}  // namespace stepwell::journal
