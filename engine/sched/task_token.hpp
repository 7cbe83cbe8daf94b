// The text of task tokens: an address nobody can guess or forge.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/base64.hpp"
#include "base/siphash.hpp"

namespace stepwell::sched {

/// Where a token future is: what a token's text says.
struct TokenAddress {
    std::uint32_t shard = 0;       ///< the shard that the execution was started on (below 65,536)
    std::uint32_t slot = 0;        ///< in that shard's token table
    std::uint32_t generation = 0;  ///< counts the tokens of one execution: never the same twice
    std::uint64_t execution = 0;

    friend bool operator==(const TokenAddress&, const TokenAddress&) = default;
};

/// The secret of one data directory, which also stands for the directory's identity: tokens of
/// another one do not verify.
struct TokenKey {
    MacKey key{};
};

// version 1, shard 2, slot 4, generation 4, execution 8, MAC 16
inline constexpr std::size_t token_bytes = 35;
inline constexpr std::size_t token_characters = base64url_length(token_bytes);

using TokenText = std::array<char, token_characters>;

/// cost  one SipHash of 19 bytes, no allocation
TokenText encode_token(const TokenKey& key, const TokenAddress& address) noexcept;

/// Nothing unless `text` is a token that `encode_token` gave with the same key. Constant time over
/// the MAC.
std::optional<TokenAddress> decode_token(const TokenKey& key, std::string_view text) noexcept;

}  // namespace stepwell::sched
