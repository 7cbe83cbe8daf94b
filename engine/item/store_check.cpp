#include "item/store_check.hpp"

#include <map>

#include "base/bytes.hpp"
#include "item/records.hpp"

namespace stepwell::item {

CheckedItems check_items(const Storage& storage) {
    CheckedItems found;
    const auto report = [&](std::string problem) {
        constexpr std::size_t shown_max = 100;
        ++found.problem_count;
        if (found.problems.size() < shown_max) found.problems.push_back(std::move(problem));
    };
    std::map<std::uint64_t, Table> tables;
    storage.scan(stepwell::Table::control, {.prefix = table_key_prefix},
                 [&](std::string_view key, std::string_view bytes) {
                     ++found.tables;
                     auto table = decode_table(bytes);
                     if (table.has_value()) {
                         tables.emplace(table->number, *std::move(table));
                     } else {
                         report(std::string(key) + ": it cannot be read");
                     }
                     return true;
                 });
    storage.scan(stepwell::Table::item, {}, [&](std::string_view key, std::string_view bytes) {
        ++found.items;
        ByteReader reader(key);
        const auto number = reader.big_endian<std::uint64_t>();
        const auto table = tables.find(number);
        const std::string name =
            table == tables.end() ? "number " + std::to_string(number) : table->second.name;
        const auto item = decode_item(bytes);
        if (!item.has_value()) {
            report("an item of table " + name + ": it cannot be read");
        } else if (table != tables.end()) {
            const auto own_key = key_of_item(table->second, *item);
            if (!own_key.has_value() || *own_key != reader.rest())
                report("an item of table " + name + ": it stands under another key than its own");
        }
        return true;
    });
    storage.scan(stepwell::Table::item_answer, {},
                 [&](std::string_view token, std::string_view bytes) {
                     if (!decode_answer(bytes).has_value())
                         report("the answer to " + std::string(token) + ": it cannot be read");
                     return true;
                 });
    return found;
}

}  // namespace stepwell::item
