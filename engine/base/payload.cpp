#include <stepwell/payload.hpp>

#include "base/assert.hpp"

namespace stepwell {

Payload Payload::trusted(std::string_view text) {
    SW_ASSERT(text.size() <= UINT32_MAX);
    Payload payload;
    void* memory = ::operator new(sizeof(Block) + text.size());
    payload.block_ = ::new (memory) Block{1, static_cast<std::uint32_t>(text.size())};
    if (!text.empty()) std::memcpy(bytes(payload.block_), text.data(), text.size());
    return payload;
}

}  // namespace stepwell
