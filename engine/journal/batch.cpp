#include "journal/batch.hpp"

#include "base/assert.hpp"

namespace stepwell {

namespace journal {

void append_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>((value & 0x7F) | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

}  // namespace journal

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
    bytes_.push_back(static_cast<char>(tag));
    journal::append_varint(bytes_, key.size());
    journal::append_varint(bytes_, value.size());
    bytes_.append(key).append(value);
}

void Batch::erase(Table table, std::string_view key) {
    SW_ASSERT(static_cast<std::uint8_t>(table) < table_count);
    SW_ASSERT(key.size() <= UINT32_MAX);
    bytes_.push_back(static_cast<char>(static_cast<std::uint8_t>(table) | journal::erase_tag));
    journal::append_varint(bytes_, key.size());
    bytes_.append(key);
}

bool Batch::visit(std::string_view encoded, const std::function<void(const Change&)>& visit) {
    return journal::for_each_change(encoded, visit);
}

}  // namespace stepwell
