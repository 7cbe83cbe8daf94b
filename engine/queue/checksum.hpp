// The MD5 digests that SQS answers with and that SDKs verify.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "queue/message.hpp"

namespace stepwell::queue {

/// A digest as 32 lower-case hexadecimal digits.
class Md5Text {
 public:
    explicit Md5Text(const std::array<unsigned char, 16>& digest) noexcept;

    std::string_view view() const noexcept { return {text_.data(), text_.size()}; }
    operator std::string_view() const noexcept { return view(); }  // NOLINT: it is one
    friend bool operator==(const Md5Text&, const Md5Text&) = default;

 private:
    std::array<char, 32> text_;
};

/// cost     one MD5 block per 64 bytes, no allocation
Md5Text md5_hex(std::string_view bytes);

/// The digest of message attributes: sorted by name, each as length-prefixed name, length-prefixed
/// type, a byte that tells text (1) from binary (2), and the length-prefixed value. source   Amazon
/// SQS Developer Guide, "Calculating the MD5 message digest for message attributes"
Md5Text md5_of_attributes(std::span<const MessageAttribute> attributes);

}  // namespace stepwell::queue
