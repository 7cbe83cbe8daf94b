// Memory for one thread's small objects: coroutine frames and executions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stepwell::sched {

/// Hands out blocks of up to 4 KiB in size classes of 64 bytes, from chunks of 256 KiB that it
/// keeps until it ends. A freed block is the next one of its class to be handed out, while it is
/// still in the cache.
///
/// threads  one: blocks are given back on the thread that took them
class Slab {
 public:
    Slab() = default;
    ~Slab();
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;

    /// Aligned to 16 bytes. Larger requests go to the heap.
    void* allocate(std::size_t bytes);

    /// Gives back a block of `bytes` to the slab that it came from.
    static void release(void* block, std::size_t bytes) noexcept;

    std::size_t bytes_in_use() const noexcept { return bytes_in_use_; }
    std::size_t bytes_reserved() const noexcept { return chunks_.size() * chunk_bytes; }

 private:
    // Invariants
    //  (1) A chunk is aligned to its size and begins with the address of its slab: from a block's
    //  address its slab is
    //      found without a word of its own in the block.
    //  (2) free_[c] links the free blocks of class c through their first word.
    static constexpr std::size_t chunk_bytes = 256 * 1024;
    static constexpr std::size_t class_bytes = 64;
    static constexpr std::size_t class_count = 64;
    static constexpr std::size_t block_bytes_max = class_bytes * class_count;

    struct FreeBlock {
        FreeBlock* next;
    };
    static std::size_t class_of(std::size_t bytes) noexcept { return (bytes - 1) / class_bytes; }
    void add_chunk();

    std::array<FreeBlock*, class_count> free_{};
    std::byte* unused_ = nullptr;  // the rest of the newest chunk
    std::byte* unused_end_ = nullptr;
    std::vector<void*> chunks_;
    std::size_t bytes_in_use_ = 0;
};

}  // namespace stepwell::sched
