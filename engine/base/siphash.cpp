#include "base/siphash.hpp"

#include <bit>
#include <cstring>

namespace stepwell {

namespace {

struct State {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void absorb(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
    std::uint64_t finish() noexcept {
        for (int i = 0; i < 4; ++i) round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

}  // namespace

Mac siphash128(const MacKey& key, const void* bytes, std::size_t size) noexcept {
    State state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee,
                key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    const auto* at = static_cast<const unsigned char*>(bytes);
    std::size_t left = size;
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        state.absorb(word);
    }
    std::uint64_t last = static_cast<std::uint64_t>(size) << 56;
    if (size >= 8 && left > 0) {  // the last eight bytes at once, of which the first are known
        std::uint64_t word = 0;
        std::memcpy(&word, at + left - 8, 8);
        last |= word >> (8 * (8 - left));
    } else {
        for (std::size_t i = 0; i < left; ++i) last |= std::uint64_t{at[i]} << (8 * i);
    }
    state.absorb(last);
    state.v2 ^= 0xee;
    Mac mac{};
    mac[0] = state.finish();
    state.v1 ^= 0xdd;
    mac[1] = state.finish();
    return mac;
}

}  // namespace stepwell
