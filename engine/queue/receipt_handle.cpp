#include "queue/receipt_handle.hpp"

#include <cstring>

#include "base/base64.hpp"

namespace stepwell::queue {

namespace {

constexpr unsigned char format_version = 1;
constexpr std::size_t sealed_bytes = ReceiptHandle::bytes - sizeof(Mac);

template <class Integer>
unsigned char* put(unsigned char* at, Integer value) noexcept {
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

template <class Integer>
const unsigned char* get(const unsigned char* at, Integer& value) noexcept {
    std::memcpy(&value, at, sizeof value);
    return at + sizeof value;
}

}  // namespace

static_assert(ReceiptHandle::characters == base64url_length(ReceiptHandle::bytes));

ReceiptHandle ReceiptHandle::seal(const MacKey& key, const ReceiptAddress& address) noexcept {
    std::array<unsigned char, bytes> raw;
    unsigned char* at = put(raw.data(), format_version);
    at = put(at, address.queue_id);
    at = put(at, address.sequence);
    at = put(at, address.slot);
    at = put(at, address.generation);
    at = put(at, address.receive_count);
    at = put(at, address.received_ms);
    at = put(at, address.first_received_ms);
    put(at, siphash128(key, raw.data(), sealed_bytes));
    ReceiptHandle handle;
    base64url_encode(raw.data(), raw.size(), handle.text_.data());
    return handle;
}

std::optional<ReceiptAddress> ReceiptHandle::open(const MacKey& key,
                                                  std::string_view text) noexcept {
    std::array<unsigned char, bytes> raw;
    if (!base64url_decode(text, raw.data(), raw.size()) || raw[0] != format_version) return {};
    Mac mac;
    get(raw.data() + sealed_bytes, mac);
    if (!equal_in_constant_time(mac, siphash128(key, raw.data(), sealed_bytes))) return {};
    ReceiptAddress address;
    const unsigned char* at = get(raw.data() + 1, address.queue_id);
    at = get(at, address.sequence);
    at = get(at, address.slot);
    at = get(at, address.generation);
    at = get(at, address.receive_count);
    at = get(at, address.received_ms);
    get(at, address.first_received_ms);
    return address;
}

}  // namespace stepwell::queue
