#include <stepwell/payload.hpp>

#include "base/assert.hpp"

namespace stepwell {

Payload Payload::of_size(std::size_t size) {
    SW_ASSERT(size <= UINT32_MAX);
    Payload payload;
    void* memory = ::operator new(sizeof(Block) + size);
    payload.block_ = ::new (memory) Block{1, static_cast<std::uint32_t>(size)};
    return payload;
}

Payload Payload::trusted(std::string_view text) {
    Payload payload = of_size(text.size());
    if (!text.empty()) std::memcpy(bytes(payload.block_), text.data(), text.size());
    return payload;
}

}  // namespace stepwell
