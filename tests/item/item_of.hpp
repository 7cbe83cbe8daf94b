// Items written as DynamoDB's JSON.
#pragma once

#include <string>
#include <string_view>

#include "item/value_json.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::item {

inline Item item_of(std::string_view json) {
    return *read_item(json::Document::parse(json)->root());
}
inline std::string text_of(const Item& item) {
    json::Writer writer;
    write_item(writer, item);
    return writer.take();
}

}  // namespace stepwell::item
