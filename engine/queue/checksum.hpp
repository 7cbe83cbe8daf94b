// The MD5 digests that SQS answers with and that SDKs verify.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "queue/message.hpp"

namespace stepwell::queue {

/// 32 lower-case hexadecimal digits.
/// cost     one MD5 block per 64 bytes and about 0.1 us
std::string md5_hex(std::string_view bytes);

/// The digest of message attributes: sorted by name, each as length-prefixed name, length-prefixed
/// type, a byte that tells text (1) from binary (2), and the length-prefixed value. source   Amazon
/// SQS Developer Guide, "Calculating the MD5 message digest for message attributes"
std::string md5_of_attributes(std::span<const MessageAttribute> attributes);

}  // namespace stepwell::queue
