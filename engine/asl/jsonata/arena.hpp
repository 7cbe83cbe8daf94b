// The memory of one evaluation: handed out in order, freed at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <vector>

namespace stepwell::asl::jsonata {

/// Gives memory until `bytes_max` are out. Small pieces are always given, so that callers need not
/// look: whoever runs the evaluation asks `is_exhausted` between two steps. Pieces whose size
/// depends on data come from `try_allocate`.
///
/// threads  one
class Arena {
 public:
    explicit Arena(std::size_t bytes_max) noexcept
        : next_(first_), end_(first_ + sizeof first_), bytes_left_(bytes_max) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    bool is_exhausted() const noexcept { return is_exhausted_; }

    /// A small piece, aligned for any type of ours.
    void* allocate(std::size_t bytes) {
        bytes = (bytes + alignment - 1) & ~(alignment - 1);
        if (bytes > static_cast<std::size_t>(end_ - next_)) return allocate_chunk(bytes);
        char* piece = next_;
        next_ += bytes;
        return piece;
    }
    /// Null, and from then on exhausted, when that much is not left.
    void* try_allocate(std::size_t bytes) {
        if (bytes > bytes_left_) {
            is_exhausted_ = true;
            return nullptr;
        }
        return allocate(bytes);
    }
    /// Counts memory that lies elsewhere.
    void charge(std::size_t bytes) noexcept {
        is_exhausted_ = is_exhausted_ || bytes > bytes_left_;
        bytes_left_ -= bytes < bytes_left_ ? bytes : bytes_left_;
    }
    /// Makes the piece that was given last larger without moving it; false when there is no room.
    bool extend(void* piece, std::size_t bytes, std::size_t new_bytes) noexcept {
        bytes = (bytes + alignment - 1) & ~(alignment - 1);
        char* const start = static_cast<char*>(piece);
        if (start + bytes != next_ || new_bytes > static_cast<std::size_t>(end_ - start))
            return false;
        next_ = start + ((new_bytes + alignment - 1) & ~(alignment - 1));
        if (next_ > end_) next_ = end_;
        return true;
    }

    template <class T>
    T* make(const T& value) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (allocate(sizeof(T))) T(value);
    }
    /// Room for `count` of T; null as with try_allocate.
    template <class T>
    T* try_array(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        if (count > bytes_left_ / sizeof(T)) return static_cast<T*>(try_allocate(bytes_left_ + 1));
        return static_cast<T*>(try_allocate(count * sizeof(T)));
    }

 private:
    static constexpr std::size_t alignment = 8;
    static constexpr std::size_t chunk_bytes_min = 8 << 10;
    static constexpr std::size_t chunk_bytes_max = 1 << 20;

    void* allocate_chunk(std::size_t bytes);

    char* next_;
    char* end_;
    std::size_t bytes_left_;
    bool is_exhausted_ = false;
    std::size_t chunk_bytes_ = chunk_bytes_min;
    std::vector<std::unique_ptr<char[]>> chunks_;
    alignas(alignment) char first_[2048];
};

}  // namespace stepwell::asl::jsonata
