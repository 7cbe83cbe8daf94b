// Random numbers: from the system for secrets, from a seeded generator for everything that has to
// repeat.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/hex.hpp"

namespace stepwell {

/// Fills with bytes from the system's cryptographic source. Panics when there is none.
void fill_with_secret_bytes(void* bytes, std::size_t size);

/// xoshiro256** (Blackman, Vigna 2018): fast, repeatable from its seed, not for secrets.
/// threads  one
class Random {
 public:
    explicit Random(std::uint64_t seed) noexcept;
    /// Seeded from the system's source.
    static Random from_system();

    std::uint64_t next() noexcept;
    /// Uniform in [0, 1).
    double next_fraction() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
    std::array<std::uint64_t, 4> state_;
};

/// A version 4 UUID.
UuidText make_uuid_text(Random& random) noexcept;
inline std::string make_uuid(Random& random) { return make_uuid_text(random).string(); }
/// The same from a generator of the calling thread's own.
UuidText make_uuid_text();
inline std::string make_uuid() { return make_uuid_text().string(); }

}  // namespace stepwell
