#include "asl/jsonata/arena.hpp"

#include <algorithm>

namespace stepwell::asl::jsonata {

void* Arena::allocate_chunk(std::size_t bytes) {
    const std::size_t size = std::max(bytes, chunk_bytes_);
    chunk_bytes_ = std::min(chunk_bytes_ * 2, chunk_bytes_max);
    is_exhausted_ = is_exhausted_ || size > bytes_left_;
    bytes_left_ -= std::min(size, bytes_left_);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    char* const chunk = chunks_.back().get();
    if (size - bytes > static_cast<std::size_t>(end_ - next_)) {  // keep the one with more room
        next_ = chunk + bytes;
        end_ = chunk + size;
    }
    return chunk;
}

}  // namespace stepwell::asl::jsonata
