#include "queue/checksum.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "queue/md5.hpp"

namespace stepwell::queue {

namespace {

void append_with_length(std::string& out, std::string_view text) {
    append_big_endian(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
}

}  // namespace

Md5Text::Md5Text(const std::array<unsigned char, 16>& digest) noexcept {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), digest.data(), sizeof halves);
    put_hex(text_.data(), __builtin_bswap64(halves[0]));
    put_hex(text_.data() + 16, __builtin_bswap64(halves[1]));
}

Md5Text md5_hex(std::string_view bytes) { return Md5Text(md5(bytes)); }

Md5Text md5_of_attributes(std::span<const MessageAttribute> attributes) {
    std::vector<const MessageAttribute*> sorted;
    sorted.reserve(attributes.size());
    for (const MessageAttribute& attribute : attributes) sorted.push_back(&attribute);
    std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->name < b->name; });
    std::string bytes;
    for (const MessageAttribute* attribute : sorted) {
        append_with_length(bytes, attribute->name);
        append_with_length(bytes, attribute->data_type);
        bytes.push_back(attribute->is_binary() ? '\x02' : '\x01');
        append_with_length(bytes, attribute->value);
    }
    return md5_hex(bytes);
}

}  // namespace stepwell::queue
