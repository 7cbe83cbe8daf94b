#include "queue/message.hpp"

#include <bit>
#include <cstring>
#include <new>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace stepwell::queue {

namespace {

// Formats on disk: a version byte first. Never change one; add a version.
constexpr char message_version = 1;
constexpr char receipt_version = 1;

// The kinds of extras; part of the format.
enum class Extra : std::uint8_t {
    attribute = 1,
    trace_header = 2,
    message_group_id = 3,
    dead_letter_source_arn = 4,
};

void append_extra(std::string& out, Extra kind, std::string_view text) {
    if (text.empty()) return;
    out.push_back(static_cast<char>(kind));
    append_text(out, text);
}

}  // namespace

UuidText MessageId::text() const noexcept {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), bytes.data(), sizeof halves);
    return UuidText({__builtin_bswap64(halves[0]), __builtin_bswap64(halves[1])});
}

Message* Message::make(MessageId id, std::uint64_t sequence, TimePoint sent, std::string_view body,
                       std::string_view extras) {
    void* memory = ::operator new(sizeof(Message) + body.size() + extras.size());
    auto* message =
        ::new (memory) Message(id, sequence, sent, static_cast<std::uint32_t>(body.size()),
                               static_cast<std::uint32_t>(extras.size()));
    char* at = reinterpret_cast<char*>(message + 1);
    std::memcpy(at, body.data(), body.size());
    if (!extras.empty()) std::memcpy(at + body.size(), extras.data(), extras.size());
    return message;
}

void Message::release() const noexcept {
    // acq_rel: the thread that frees has to see every use that happened before the others let go
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        this->~Message();
        ::operator delete(const_cast<Message*>(this));
    }
}

std::string encode_extras(const MessageExtras& extras) {
    std::string out;
    for (const MessageAttribute& attribute : extras.attributes) {
        out.push_back(static_cast<char>(Extra::attribute));
        append_text(out, attribute.name);
        append_text(out, attribute.data_type);
        append_text(out, attribute.value);
    }
    append_extra(out, Extra::trace_header, extras.trace_header);
    append_extra(out, Extra::message_group_id, extras.message_group_id);
    append_extra(out, Extra::dead_letter_source_arn, extras.dead_letter_source_arn);
    return out;
}

MessageExtras decode_extras(std::string_view bytes) {
    MessageExtras extras;
    ByteReader reader(bytes);
    while (reader.is_good() && !reader.is_at_end()) {
        switch (static_cast<Extra>(reader.big_endian<std::uint8_t>())) {
            case Extra::attribute: {
                MessageAttribute attribute;
                attribute.name = reader.text();
                attribute.data_type = reader.text();
                attribute.value = reader.text();
                if (reader.is_good()) extras.attributes.push_back(std::move(attribute));
                break;
            }
            case Extra::trace_header:
                extras.trace_header = reader.text();
                break;
            case Extra::message_group_id:
                extras.message_group_id = reader.text();
                break;
            case Extra::dead_letter_source_arn:
                extras.dead_letter_source_arn = reader.text();
                break;
            default:
                return extras;
        }
    }
    return extras;
}

MessageKey::MessageKey(std::uint64_t queue_id, std::uint64_t sequence) noexcept {
    static_assert(std::endian::native == std::endian::little);
    const std::array<std::uint64_t, 2> big_endian{__builtin_bswap64(queue_id),
                                                  __builtin_bswap64(sequence)};
    std::memcpy(bytes_.data(), big_endian.data(), bytes_.size());
}

void encode_message(const StoredMessage& message, std::string& out) {
    ShortRecord<1 + sizeof(MessageId) + 3 * varint_bytes_max> head;
    head.byte(message_version).copy(message.id.bytes);
    head.varint(milliseconds_of(message.sent)).varint(milliseconds_of(message.visible));
    head.varint(message.body.size());
    out.assign(head.view()).append(message.body).append(message.extras);
}

std::optional<StoredMessage> decode_message(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != message_version) return std::nullopt;
    StoredMessage message;
    const std::string_view id = reader.take(message.id.bytes.size());
    message.sent = time_of(reader.varint());
    message.visible = time_of(reader.varint());
    message.body = reader.text();
    if (!reader.is_good()) return std::nullopt;
    std::memcpy(message.id.bytes.data(), id.data(), id.size());
    message.extras = reader.rest();
    return message;
}

ReceiptRecord encode_receipt(const StoredReceipt& receipt) noexcept {
    ReceiptRecord record;
    record.byte(receipt_version).varint(receipt.receive_count);
    record.varint(milliseconds_of(receipt.first_received)).varint(milliseconds_of(receipt.visible));
    record.varint(receipt.slot).varint(receipt.generation);
    return record;
}

std::optional<StoredReceipt> decode_receipt(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != receipt_version) return std::nullopt;
    StoredReceipt receipt;
    receipt.receive_count = static_cast<std::uint32_t>(reader.varint());
    receipt.first_received = time_of(reader.varint());
    receipt.visible = time_of(reader.varint());
    receipt.slot = static_cast<std::uint32_t>(reader.varint());
    receipt.generation = static_cast<std::uint32_t>(reader.varint());
    if (!reader.is_good()) return std::nullopt;
    return receipt;
}

}  // namespace stepwell::queue
