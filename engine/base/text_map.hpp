// Maps of texts in stored records.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.hpp"

namespace stepwell {

/// Appends how many pairs there are, and each one's name and value.
template <class Map>
void append_map(std::string& out, const Map& map) {
    append_varint(out, map.size());
    for (const auto& [name, value] : map) {
        append_text(out, name);
        append_text(out, value);
    }
}

/// What `append_map` wrote; where that is damaged, `reader` is no longer good.
template <class Map>
Map read_map(ByteReader& reader) {
    Map map;
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        std::string name(reader.text());
        map.emplace(std::move(name), reader.text());
    }
    return map;
}

}  // namespace stepwell
