// SipHash-2-4 with a 128-bit result: the MAC of task tokens and receipt handles.
// source  Aumasson, Bernstein: SipHash: a fast short-input PRF (2012), and its 128-bit variant
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace stepwell {

using MacKey = std::array<std::uint64_t, 2>;
using Mac = std::array<std::uint64_t, 2>;

Mac siphash128(const MacKey& key, const void* bytes, std::size_t size) noexcept;

/// Compares in a time that does not depend on where they differ.
inline bool equal_in_constant_time(const Mac& a, const Mac& b) noexcept {
    return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0;
}

}  // namespace stepwell
