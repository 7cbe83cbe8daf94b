// What a run did, in one number: two runs of one seed have the same.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace stepwell::sim {

/// Hashes what happens, in order (FNV-1a over words and texts).
class Trace {
 public:
    void add(std::uint64_t word) noexcept {
        for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(word >> shift));
    }
    void add(std::string_view text) noexcept {
        add(text.size());
        for (const char c : text) byte(static_cast<std::uint8_t>(c));
    }
    std::uint64_t hash() const noexcept { return hash_; }

 private:
    void byte(std::uint8_t value) noexcept { hash_ = (hash_ ^ value) * 0x100000001b3; }

    std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace stepwell::sim
