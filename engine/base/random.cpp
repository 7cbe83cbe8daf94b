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

UuidText make_uuid_text(Random& random) noexcept {
    const std::uint64_t first = random.next();
    return UuidText::version_4({first, random.next()});
}

UuidText make_uuid_text() {
    thread_local Random random = Random::from_system();
    return make_uuid_text(random);
}

}  // namespace stepwell
