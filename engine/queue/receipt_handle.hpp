// Receipt handles: where a received message is, sealed so that none can be forged.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/siphash.hpp"

namespace stepwell::queue {

/// What a receipt handle says. The sequence is never used twice in a queue, the queue id never in a
/// data directory.
struct ReceiptAddress {
    std::uint64_t queue_id = 0;
    std::uint64_t sequence = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint32_t receive_count = 0;     ///< makes the handle of each receive its own
    std::int64_t received_ms = 0;        ///< when, since the epoch
    std::int64_t first_received_ms = 0;  ///< when the message was received for the first time

    friend bool operator==(const ReceiptAddress&, const ReceiptAddress&) = default;
};

/// The text that users see.
class ReceiptHandle {
 public:
    static constexpr std::size_t bytes = 1 + 8 + 8 + 4 + 4 + 4 + 8 + 8 + 16;
    static constexpr std::size_t characters = (4 * bytes + 2) / 3;

    /// cost     one SipHash of 45 bytes, no allocation
    static ReceiptHandle seal(const MacKey& key, const ReceiptAddress& address) noexcept;
    /// Nothing for a text that `seal` with this key did not make.
    static std::optional<ReceiptAddress> open(const MacKey& key, std::string_view text) noexcept;

    std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

 private:
    std::array<char, characters> text_;
};

}  // namespace stepwell::queue
