// Sixteen bytes looked at in one go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace stepwell {

/// Sixteen bytes of a text. Each question is answered by a bit a byte, the first byte's the lowest.
///
/// cost     with SSE2, which every x86-64 has: one or two instructions a question
class Sixteen {
 public:
    static constexpr std::size_t bytes = 16;

#if defined(__SSE2__)
    explicit Sixteen(const char* at) noexcept
        : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

    std::uint32_t equal_to(char c) const noexcept {
        return mask(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c)));
    }
    std::uint32_t controls() const noexcept {  ///< below 0x20
        const __m128i highest = _mm_set1_epi8(0x1F);
        return mask(_mm_cmpeq_epi8(_mm_max_epu8(bytes_, highest), highest));
    }
    std::uint32_t not_ascii() const noexcept { return mask(bytes_); }  ///< 0x80 and above

 private:
    static std::uint32_t mask(__m128i answers) noexcept {
        return static_cast<std::uint32_t>(_mm_movemask_epi8(answers));
    }
    __m128i bytes_;
#else
    explicit Sixteen(const char* at) noexcept { std::memcpy(bytes_, at, sizeof bytes_); }

    std::uint32_t equal_to(char c) const noexcept {
        return mask([c](unsigned char byte) { return byte == static_cast<unsigned char>(c); });
    }
    std::uint32_t controls() const noexcept {  ///< below 0x20
        return mask([](unsigned char byte) { return byte < 0x20; });
    }
    std::uint32_t not_ascii() const noexcept {  ///< 0x80 and above
        return mask([](unsigned char byte) { return byte >= 0x80; });
    }

 private:
    template <class Question>
    std::uint32_t mask(Question is_true) const noexcept {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < bytes; ++i) bits |= std::uint32_t{is_true(bytes_[i])} << i;
        return bits;
    }
    unsigned char bytes_[bytes];
#endif
};

}  // namespace stepwell
