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

std::string MessageId::text() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
        text.push_back(digits[bytes[i] >> 4]);
        text.push_back(digits[bytes[i] & 15]);
    }
    return text;
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

std::string encode_message(const StoredMessage& message) {
    std::string out;
    out.reserve(40 + message.body.size() + message.extras.size());
    out.push_back(message_version);
    out.append(reinterpret_cast<const char*>(message.id.bytes.data()), message.id.bytes.size());
    append_varint(out, milliseconds_of(message.sent));
    append_varint(out, milliseconds_of(message.visible));
    append_text(out, message.body);
    out.append(message.extras);
    return out;
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

std::string encode_receipt(const StoredReceipt& receipt) {
    std::string out;
    out.reserve(32);
    out.push_back(receipt_version);
    append_varint(out, receipt.receive_count);
    append_varint(out, milliseconds_of(receipt.first_received));
    append_varint(out, milliseconds_of(receipt.visible));
    append_varint(out, receipt.slot);
    append_varint(out, receipt.generation);
    return out;
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
