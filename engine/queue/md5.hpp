// MD5 (RFC 1321), which SQS answers with. Known to this folder only.
//
// For a message's few hundred bytes OpenSSL's way to its MD5 costs a quarter of the digest itself.
#pragma once

#include <array>
#include <string_view>

namespace stepwell::queue {

/// cost     some 500 instructions per 64 bytes, no allocation
std::array<unsigned char, 16> md5(std::string_view bytes) noexcept;

}  // namespace stepwell::queue
