// Immutable JSON text, shared and validated once.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include <stepwell/result.hpp>

namespace stepwell {

/// A JSON text that is valid by construction: what executions take in, hand on and give back.
///
/// Copies share the bytes; none is ever changed. A default-constructed Payload is *absent*, which
/// is not `null`.
///
/// threads  copies may be used and destroyed on any thread; one object is not to be assigned
/// concurrently
class Payload {
 public:
    Payload() noexcept = default;
    Payload(const Payload& other) noexcept : block_(other.block_) { retain(); }
    Payload(Payload&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Payload& operator=(Payload other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Payload() { release(); }

    /// Validates `text` as one JSON value in UTF-8 and copies it.
    ///
    /// errors   InvalidJson, with the reason, for anything else; nesting deeper than 1,000 levels
    /// included cost     one pass of simdjson, one allocation
    static Result<Payload> parse(std::string_view text);

    /// Takes over a text that the engine itself has written; the caller vouches that it is valid
    /// JSON.
    static Payload trusted(std::string_view text);

    /// The same of a text that `fill(char*)` writes, `size` bytes of it, right where it stays.
    template <class Fill>
    static Payload written(std::size_t size, Fill&& fill) {
        Payload payload = of_size(size);
        fill(bytes(payload.block_));
        return payload;
    }

    bool is_absent() const noexcept { return block_ == nullptr; }
    /// The JSON text; empty when absent. Valid as long as any copy lives.
    std::string_view text() const noexcept {
        return block_ == nullptr ? std::string_view{}
                                 : std::string_view{bytes(block_), block_->size};
    }
    std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }

    /// True when both are the very same bytes in memory (not merely equal).
    bool is_same_as(const Payload& other) const noexcept { return block_ == other.block_; }
    /// An address that identifies the shared bytes while a copy lives.
    const void* identity() const noexcept { return block_; }

 private:
    struct Block {
        std::atomic<std::uint32_t> references;
        std::uint32_t size;
    };
    static Payload of_size(std::size_t size);  // whose bytes are still to be written
    static char* bytes(Block* block) noexcept { return reinterpret_cast<char*>(block + 1); }

    void retain() const noexcept {
        // relaxed: a new reference is made from one that already keeps the block alive
        if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
    }
    void release() noexcept {
        // acq_rel: the thread that frees has to see every use that happened before the others let
        // go
        if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            ::operator delete(block_);
        }
    }

    Block* block_ = nullptr;
};

/// Errors of Payload::parse.
inline constexpr ErrorKind invalid_json{"InvalidJson", 400, {}};

}  // namespace stepwell
