#include "journal/batch.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace stepwell {

void Batch::put(Table table, std::string_view key, std::string_view value) {
    SW_ASSERT(static_cast<std::uint8_t>(table) < table_count);
    add(static_cast<std::uint8_t>(table), key, value);
}

void Batch::insert(Table table, std::string_view key, std::string_view value) {
    SW_ASSERT(static_cast<std::uint8_t>(table) < table_count);
    add(static_cast<std::uint8_t>(table) | journal::insert_tag, key, value);
}

void Batch::add(std::uint8_t tag, std::string_view key, std::string_view value) {
    SW_ASSERT(key.size() <= UINT32_MAX);
    SW_ASSERT(value.size() <= UINT32_MAX);
    ShortRecord<1 + 2 * varint_bytes_max> head;
    head.byte(static_cast<char>(tag)).varint(key.size()).varint(value.size());
    bytes_.append(head.view()).append(key).append(value);
}

void Batch::erase(Table table, std::string_view key) {
    SW_ASSERT(static_cast<std::uint8_t>(table) < table_count);
    SW_ASSERT(key.size() <= UINT32_MAX);
    ShortRecord<1 + varint_bytes_max> head;
    head.byte(static_cast<char>(static_cast<std::uint8_t>(table) | journal::erase_tag));
    bytes_.append(head.varint(key.size()).view()).append(key);
}

bool Batch::visit(std::string_view encoded, const std::function<void(const Change&)>& visit) {
    return journal::for_each_change(encoded, visit);
}

}  // namespace stepwell
