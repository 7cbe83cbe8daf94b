#include "sched/task_token.hpp"

#include <cstring>

namespace stepwell::sched {

namespace {

constexpr unsigned char format_version = 1;
constexpr std::size_t address_bytes = 19;
static_assert(address_bytes + sizeof(Mac) == token_bytes);

template <class Integer>
void put(unsigned char* at, Integer value) noexcept {
    std::memcpy(at, &value, sizeof value);
}
template <class Integer>
Integer get(const unsigned char* at) noexcept {
    Integer value{};
    std::memcpy(&value, at, sizeof value);
    return value;
}

}  // namespace

TokenText encode_token(const TokenKey& key, const TokenAddress& address) noexcept {
    unsigned char bytes[token_bytes];
    bytes[0] = format_version;
    put(bytes + 1, static_cast<std::uint16_t>(address.shard));
    put(bytes + 3, address.slot);
    put(bytes + 7, address.generation);
    put(bytes + 11, address.execution);
    put(bytes + address_bytes, siphash128(key.key, bytes, address_bytes));
    TokenText text;
    base64url_encode(bytes, token_bytes, text.data());
    return text;
}

std::optional<TokenAddress> decode_token(const TokenKey& key, std::string_view text) noexcept {
    unsigned char bytes[token_bytes];
    if (!base64url_decode(text, bytes, token_bytes)) return std::nullopt;
    const Mac mac = siphash128(key.key, bytes, address_bytes);
    if (!equal_in_constant_time(mac, get<Mac>(bytes + address_bytes)) || bytes[0] != format_version)
        return std::nullopt;
    return TokenAddress{get<std::uint16_t>(bytes + 1), get<std::uint32_t>(bytes + 3),
                        get<std::uint32_t>(bytes + 7), get<std::uint64_t>(bytes + 11)};
}

}  // namespace stepwell::sched
