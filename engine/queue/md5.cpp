#include "queue/md5.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

namespace stepwell::queue {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t block_bytes = 64;
using State = std::array<std::uint32_t, 4>;

// The RFC's T: the integer part of 2^32 * |sin(i + 1)|.
constexpr std::array<std::uint32_t, 64> sines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
constexpr int shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// One of the 64 steps. The roles of the four words go round, so that none is ever moved.
template <std::size_t i>
inline void step(State& state, const std::array<std::uint32_t, 16>& words) noexcept {
    constexpr std::size_t round = i / 16;
    std::uint32_t& a = state[(64 - i) % 4];
    const std::uint32_t b = state[(65 - i) % 4];
    const std::uint32_t c = state[(66 - i) % 4];
    const std::uint32_t d = state[(67 - i) % 4];
    std::uint32_t mixed = 0;
    if constexpr (round == 0) mixed = d ^ (b & (c ^ d));
    if constexpr (round == 1) mixed = c ^ (d & (b ^ c));
    if constexpr (round == 2) mixed = b ^ c ^ d;
    if constexpr (round == 3) mixed = c ^ (b | ~d);
    constexpr std::size_t word = round == 0   ? i
                                 : round == 1 ? (5 * i + 1) % 16
                                 : round == 2 ? (3 * i + 5) % 16
                                              : 7 * i % 16;
    a = b + std::rotl(a + words[word] + sines[i] + mixed, shifts[round][i % 4]);
}

void absorb(State& state, const char* block) noexcept {
    std::array<std::uint32_t, 16> words;
    std::memcpy(words.data(), block, sizeof words);
    State next = state;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
        (step<i>(next, words), ...);
    }(std::make_index_sequence<64>{});
    for (std::size_t i = 0; i < state.size(); ++i) state[i] += next[i];
}

}  // namespace

std::array<unsigned char, 16> md5(std::string_view bytes) noexcept {
    State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
    for (; bytes.size() >= block_bytes; bytes.remove_prefix(block_bytes))
        absorb(state, bytes.data());

    // The rest, a one bit, zeros, and the length at the end of a block.
    std::array<char, 2 * block_bytes> last{};
    std::memcpy(last.data(), bytes.data(), bytes.size());
    last[bytes.size()] = '\x80';
    const std::size_t size =
        bytes.size() + 1 + sizeof bits <= block_bytes ? block_bytes : 2 * block_bytes;
    std::memcpy(last.data() + size - sizeof bits, &bits, sizeof bits);
    for (std::size_t at = 0; at < size; at += block_bytes) absorb(state, last.data() + at);

    std::array<unsigned char, 16> digest;
    std::memcpy(digest.data(), state.data(), sizeof digest);
    return digest;
}

}  // namespace stepwell::queue
