// A message: what a sender gives, what a queue keeps, and how it stands in the store.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>

#include "base/bytes.hpp"
#include "base/hex.hpp"

namespace stepwell::queue {

/// One message attribute. `data_type` is String, Number or Binary, with an optional ".label".
struct MessageAttribute {
    std::string name;
    std::string data_type;
    std::string value;  ///< text, or for Binary the bytes themselves

    bool is_binary() const noexcept { return data_type.starts_with("Binary"); }
};

/// What SendMessage takes. The views end with the call.
struct SendMessageInput {
    std::string_view body;
    std::vector<MessageAttribute> attributes = {};
    std::string_view trace_header = {};  ///< the system attribute AWSTraceHeader; empty: none
    std::optional<std::int64_t> delay_seconds = {};  ///< absent: the queue's
    std::string_view message_group_id = {};          ///< fair queues: kept and given back
};

/// A UUID in 16 bytes.
struct MessageId {
    std::array<unsigned char, 16> bytes{};
    UuidText text() const noexcept;
};

struct SentMessage {
    MessageId message_id;
};

/// What stands in a message beside its body; all optional.
struct MessageExtras {
    std::vector<MessageAttribute> attributes;
    std::string trace_header;
    std::string message_group_id;
    std::string dead_letter_source_arn;  ///< of a message that a redrive policy moved
};

/// A time as records have it, and back.
inline std::uint64_t milliseconds_of(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
inline TimePoint time_of(std::uint64_t count) {
    return TimePoint{milliseconds{static_cast<std::int64_t>(count)}};
}

inline constexpr std::uint32_t no_slot = UINT32_MAX;

/// One message in memory: a header and its bytes in one block.
///
/// The body and the extras never change. The fields under "the owner's" belong to whoever owns the
/// message: the one who popped it from the ready queue, or who won its slot (in_flight.hpp).
/// References keep the block alive only.
class Message {
 public:
    /// A block of its own, with one reference.
    static Message* make(MessageId id, std::uint64_t sequence, TimePoint sent,
                         std::string_view body, std::string_view extras);

    std::string_view body() const noexcept { return {bytes(), body_bytes_}; }
    /// The encoded MessageExtras; empty when there are none.
    std::string_view extras() const noexcept { return {bytes() + body_bytes_, extras_bytes_}; }
    MessageId id() const noexcept { return id_; }
    std::uint64_t sequence() const noexcept { return sequence_; }
    TimePoint sent() const noexcept { return sent_; }

    // The owner's.
    TimePoint first_received{};
    std::uint32_t receive_count = 0;
    std::uint32_t slot = no_slot;  ///< from the first receive (or delay) to the message's end

    void retain() const noexcept {
        // relaxed: a new reference is made from one that already keeps the block alive
        references_.fetch_add(1, std::memory_order_relaxed);
    }
    void release() const noexcept;

 private:
    Message(MessageId id, std::uint64_t sequence, TimePoint sent, std::uint32_t body_bytes,
            std::uint32_t extras_bytes) noexcept
        : sent_(sent),
          sequence_(sequence),
          id_(id),
          body_bytes_(body_bytes),
          extras_bytes_(extras_bytes) {}
    const char* bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }

    const TimePoint sent_;
    const std::uint64_t sequence_;
    const MessageId id_;
    const std::uint32_t body_bytes_;
    const std::uint32_t extras_bytes_;
    mutable std::atomic<std::uint32_t> references_{1};
};
static_assert(sizeof(Message) <= 80, "a message costs its bytes and less than 100 B");

/// Shares one message.
class MessageRef {
 public:
    MessageRef() noexcept = default;
    /// Takes over a reference that the caller holds.
    explicit MessageRef(Message* message) noexcept : message_(message) {}
    MessageRef(const MessageRef& other) noexcept : message_(other.message_) {
        if (message_ != nullptr) message_->retain();
    }
    MessageRef(MessageRef&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}
    MessageRef& operator=(MessageRef other) noexcept {
        std::swap(message_, other.message_);
        return *this;
    }
    ~MessageRef() {
        if (message_ != nullptr) message_->release();
    }

    Message* get() const noexcept { return message_; }
    Message* operator->() const noexcept { return message_; }
    Message& operator*() const noexcept { return *message_; }
    Message* take() noexcept { return std::exchange(message_, nullptr); }
    explicit operator bool() const noexcept { return message_ != nullptr; }

 private:
    Message* message_ = nullptr;
};

std::string encode_extras(const MessageExtras& extras);
/// errors   none for what encode_extras wrote; damaged bytes give what could be read
MessageExtras decode_extras(std::string_view bytes);

/// A key of Table::message and Table::message_receipt: queue id and sequence, big-endian, so in
/// sending order.
class MessageKey {
 public:
    MessageKey(std::uint64_t queue_id, std::uint64_t sequence) noexcept;
    operator std::string_view() const noexcept {
        return {bytes_.data(), bytes_.size()};
    }  // NOLINT: it is one

 private:
    std::array<char, 16> bytes_;
};

/// The value in Table::message.
struct StoredMessage {
    MessageId id;
    TimePoint sent{};
    TimePoint visible{};  ///< later than `sent` for a delayed message
    std::string_view body;
    std::string_view extras;
};
/// Into `out`, whose memory is used again.
void encode_message(const StoredMessage& message, std::string& out);
/// Nothing for damaged bytes or an unknown version. The views point into `bytes`.
std::optional<StoredMessage> decode_message(std::string_view bytes);

/// The value in Table::message_receipt: what a receive changed.
struct StoredReceipt {
    std::uint32_t receive_count = 0;
    TimePoint first_received{};
    TimePoint visible{};  ///< when the message may be received again
    std::uint32_t slot = no_slot;
    std::uint32_t generation = 0;
};
using ReceiptRecord = ShortRecord<1 + 5 * varint_bytes_max>;
ReceiptRecord encode_receipt(const StoredReceipt& receipt) noexcept;
std::optional<StoredReceipt> decode_receipt(std::string_view bytes);

}  // namespace stepwell::queue
