// Base64 (RFC 4648), standard and URL-safe alphabets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell {

/// Standard alphabet, padded.
std::string base64_encode(std::string_view bytes);
/// Standard alphabet; padding may be missing. Nothing for any other character or an impossible
/// length.
std::optional<std::string> base64_decode(std::string_view text);

/// URL-safe alphabet, no padding: (4 * n + 2) / 3 characters for n bytes, written to `out`.
void base64url_encode(const unsigned char* bytes, std::size_t size, char* out) noexcept;
/// Decodes exactly `size` bytes from unpadded URL-safe text; false for a wrong length, character or
/// stray bits.
bool base64url_decode(std::string_view text, unsigned char* bytes, std::size_t size) noexcept;

constexpr std::size_t base64url_length(std::size_t size) noexcept { return (4 * size + 2) / 3; }

}  // namespace stepwell
