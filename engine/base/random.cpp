#include "base/random.hpp"

#include <sys/random.h>

#include <bit>
#include <cerrno>

#include "base/assert.hpp"

namespace stepwell {

void fill_with_secret_bytes(void* bytes, std::size_t size) {
    auto* at = static_cast<unsigned char*>(bytes);
    while (size > 0) {
        const ssize_t got = ::getrandom(at, size, 0);
        if (got < 0 && errno == EINTR) continue;
        SW_ASSERT(got > 0);
        at += got;
        size -= static_cast<std::size_t>(got);
    }
}

Random::Random(std::uint64_t seed) noexcept : state_{} {
    for (std::uint64_t& word : state_) {  // splitmix64 spreads the seed over the state
        seed += 0x9e3779b97f4a7c15;
        std::uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        word = z ^ (z >> 31);
    }
}

Random Random::from_system() {
    std::uint64_t seed = 0;
    fill_with_secret_bytes(&seed, sizeof seed);
    return Random(seed);
}

std::uint64_t Random::next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::string make_uuid(Random& random) {
    constexpr char hex[] = "0123456789abcdef";
    std::uint64_t words[2] = {random.next(), random.next()};
    words[0] = (words[0] & ~0xf000ULL) | 0x4000;           // version 4
    words[1] = (words[1] & ~(3ULL << 62)) | (2ULL << 62);  // variant 10
    std::string text(36, '-');
    std::size_t at = 0;
    for (const std::uint64_t word : words) {
        for (int shift = 60; shift >= 0; shift -= 4) {
            if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
            text[at++] = hex[word >> shift & 15];
        }
    }
    return text;
}

std::string make_uuid() {
    thread_local Random random = Random::from_system();
    return make_uuid(random);
}

}  // namespace stepwell
