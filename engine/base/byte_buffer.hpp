// Bytes that are written one after the other, many times over.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"

namespace stepwell {

/// A text that only grows, and keeps its room when it is cleared. What comes next is written in
/// place: make room for the most that it can be, write, and say where it ends.
///
/// threads  one
class ByteBuffer {
 public:
    bool is_empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    std::string_view view() const noexcept { return {bytes_.get(), size_}; }
    void clear() noexcept { size_ = 0; }

    /// Where the next `bytes_max` bytes go; `end_at` follows. Moves what was written before.
    char* room(std::size_t bytes_max) {
        if (capacity_ - size_ < bytes_max) grow(bytes_max);
        return bytes_.get() + size_;
    }
    void end_at(const char* end) noexcept { size_ = static_cast<std::size_t>(end - bytes_.get()); }

    void append(std::string_view text) { end_at(put(room(text.size()), text)); }
    void append(char byte) {
        *room(1) = byte;
        ++size_;
    }

    /// Writes `text`; gives the end of what it wrote.
    static char* put(char* at, std::string_view text) noexcept {
        if (!text.empty()) std::memcpy(at, text.data(), text.size());
        return at + text.size();
    }

 private:
    void grow(std::size_t bytes_max) {
        capacity_ = std::max(2 * capacity_, size_ + bytes_max);
        auto grown = std::make_unique_for_overwrite<char[]>(capacity_);
        if (size_ > 0) std::memcpy(grown.get(), bytes_.get(), size_);
        bytes_ = std::move(grown);
    }

    // Invariant: size_ <= capacity_, which is how much bytes_ holds.
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace stepwell
