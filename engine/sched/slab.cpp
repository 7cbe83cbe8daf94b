#include "sched/slab.hpp"

#include <cstdlib>
#include <new>

#include "base/assert.hpp"

namespace stepwell::sched {

Slab::~Slab() {
    for (void* chunk : chunks_) std::free(chunk);
}

void* Slab::allocate(std::size_t bytes) {
    SW_ASSERT(bytes > 0);
    if (bytes > block_bytes_max) return ::operator new(bytes);
    const std::size_t index = class_of(bytes);
    const std::size_t size = (index + 1) * class_bytes;
    bytes_in_use_ += size;
    if (FreeBlock* block = free_[index]; block != nullptr) {
        free_[index] = block->next;
        return block;
    }
    if (static_cast<std::size_t>(unused_end_ - unused_) < size) add_chunk();
    void* block = unused_;
    unused_ += size;
    return block;
}

void Slab::release(void* block, std::size_t bytes) noexcept {
    if (bytes > block_bytes_max) return ::operator delete(block);
    const auto chunk = reinterpret_cast<std::uintptr_t>(block) & ~(chunk_bytes - 1);
    Slab* slab = *reinterpret_cast<Slab**>(chunk);  // invariant (1)
    const std::size_t index = class_of(bytes);
    slab->bytes_in_use_ -= (index + 1) * class_bytes;
    auto* free_block = static_cast<FreeBlock*>(block);
    free_block->next = slab->free_[index];
    slab->free_[index] = free_block;
}

void Slab::add_chunk() {
    void* chunk = std::aligned_alloc(chunk_bytes, chunk_bytes);
    if (chunk == nullptr) throw std::bad_alloc();
    chunks_.push_back(chunk);
    *static_cast<Slab**>(chunk) = this;
    unused_ = static_cast<std::byte*>(chunk) +
              class_bytes;  // the first line holds the address, invariant (1)
    unused_end_ = static_cast<std::byte*>(chunk) + chunk_bytes;
}

}  // namespace stepwell::sched
