#include <algorithm>
#include <iterator>

#include "base/siphash.hpp"
#include "base/try.hpp"
#include "item/errors.hpp"
#include "item/items.hpp"
#include "item/key_condition.hpp"

namespace stepwell::item {

namespace {

constexpr std::uint64_t page_bytes_max = 1'048'576;

Error invalid_start() { return errors::invalid("The provided starting key is invalid"); }

// The key in the table or index at which an ExclusiveStartKey stands.
Result<std::string> start_key(const Table& table, const Index* index, const Item& start) {
    Item primary;
    for (const auto& [name, value] : start) {
        if (table.keys.has(name)) {
            primary.emplace(name, value);
        } else if (index == nullptr || !index->keys.has(name)) {
            return invalid_start();
        }
    }
    const Result<std::string> key = key_of(table, primary);
    if (!key.has_value()) {
        return errors::invalid("The provided starting key is invalid: " + key.error().message());
    }
    if (index == nullptr) return *key;
    auto in_index = index_key_of(*index, start, *key);
    if (!in_index.has_value()) return invalid_start();
    return *std::move(in_index);
}

bool is_in_segment(const Query& query, const Table& table, const Item& item) {
    if (query.segments <= 1) return true;
    std::string hash;
    append_key_part(hash, item.at(table.keys.hash.name));
    const Mac mac = siphash128(MacKey{0x64796e616d6f, 0x7365676d656e74}, hash.data(), hash.size());
    return mac[0] % query.segments == query.segment;
}

// A key attribute that the filter looks at; nullptr for none.
const std::string* key_in(const Node& filter, const KeySchema& keys) {
    if (filter.op == Op::path && keys.has(filter.path[0].name)) return &filter.path[0].name;
    for (const Node& arg : filter.args) {
        if (const std::string* const key = key_in(arg, keys)) return key;
    }
    return nullptr;
}

// Takes items one after the other until the page is full.
class PageFiller {
 public:
    PageFiller(const Query& query, Page& page) : query_(query), page_(page) {}

    /// False when the page is full.
    bool take(const ItemPtr& item) {
        if (!is_in_segment(query_, *page_.table, *item)) return true;
        ++page_.scanned;
        page_.scanned_bytes += bytes_of(*item);
        const bool passes =
            query_.filter == nullptr ||
            holds(*query_.filter,
                  page_.index == nullptr ? *item : projected(*page_.table, *page_.index, *item));
        if (passes) page_.items.push_back(item);
        const bool is_full = (query_.limit.has_value() && page_.scanned >= *query_.limit) ||
                             page_.scanned_bytes >= page_bytes_max;
        if (is_full) page_.last_key = key_attributes(*page_.table, page_.index, *item);
        return !is_full;
    }

 private:
    const Query& query_;
    Page& page_;
};

}  // namespace

Result<Page> Items::query(const Query& query) const {
    const std::shared_lock lock(mutex_);
    const State* const state = find(query.table);
    if (state == nullptr) return errors::no_such_resource();
    Page page;
    page.table = state->table;
    const Entries* entries = &state->items;
    if (!query.index.empty()) {
        page.index = state->table->find_index(query.index);
        if (page.index == nullptr) {
            return errors::invalid("The table does not have the specified index: " + query.index);
        }
        entries = &state->indexes.find(query.index)->second;
    }
    KeyRange range;
    if (query.key_condition != nullptr) {
        const KeySchema& keys = page.index != nullptr ? page.index->keys : state->table->keys;
        SW_TRY(range, key_range(*query.key_condition, keys));
        const std::string* const key =
            query.filter == nullptr ? nullptr : key_in(*query.filter, keys);
        if (key != nullptr) {
            return errors::invalid(
                "Filter Expression can only contain non-primary key attributes: Primary key "
                "attribute: " +
                *key);
        }
    }
    auto begin = entries->lower_bound(range.from);
    auto end = range.to.empty() ? entries->end() : entries->lower_bound(range.to);
    if (range.to < range.from && !range.to.empty()) end = begin;
    if (query.start.has_value()) {
        SW_TRY(const std::string key, start_key(*state->table, page.index, *query.start));
        if (!range.has(key)) {
            return errors::invalid(
                "The provided starting key is outside query boundaries based on provided "
                "conditions");
        }
        (query.is_forward ? begin : end) =
            query.is_forward ? entries->upper_bound(key) : entries->lower_bound(key);
    }
    PageFiller filler(query, page);
    if (query.is_forward) {
        while (begin != end && filler.take(begin->second)) ++begin;
    } else {
        while (begin != end && filler.take(std::prev(end)->second)) --end;
    }
    return page;
}

}  // namespace stepwell::item
