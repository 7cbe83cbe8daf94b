// MD5 and the checksums that S3 keeps of objects.
//
// source  Amazon S3 User Guide, "Checking object integrity"; RFC 1321; the CRC catalogue's CRC-32/
//         ISO-HDLC, CRC-32/ISCSI and CRC-64/NVME
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell::object {

enum class ChecksumAlgorithm : std::uint8_t { crc32, crc32c, crc64nvme, sha1, sha256 };
inline constexpr std::size_t checksum_algorithm_count = 5;

/// "CRC32", "CRC64NVME": as S3 writes it.
std::string_view name_of(ChecksumAlgorithm algorithm) noexcept;
std::optional<ChecksumAlgorithm> checksum_algorithm(std::string_view name) noexcept;
/// Those that can be put together of the checksums of parts.
constexpr bool is_crc(ChecksumAlgorithm algorithm) noexcept {
    return algorithm <= ChecksumAlgorithm::crc64nvme;
}

/// The checksum of bytes that come in portions.
///
/// threads  one
class Digest {
 public:
    static Digest md5();
    explicit Digest(ChecksumAlgorithm algorithm);
    ~Digest();
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) = delete;

    void update(std::string_view bytes);
    /// The checksum, its first byte the highest. Called once, last.
    std::string finish();

 private:
    struct Context;
    explicit Digest(std::unique_ptr<Context> context);

    std::unique_ptr<Context> context_;  // of what OpenSSL computes
    ChecksumAlgorithm algorithm_{};     // of what it does not
    std::uint64_t crc_ = 0;
};

std::string md5_of(std::string_view bytes);
std::string checksum_of(ChecksumAlgorithm algorithm, std::string_view bytes);

/// The CRC of two texts one after the other, from that of each and the length of the second.
std::string combined_crc(ChecksumAlgorithm algorithm, std::string_view first,
                         std::string_view second, std::uint64_t second_bytes);

/// Lower-case hexadecimal digits.
std::string hex_of(std::string_view bytes);
std::optional<std::string> bytes_of_hex(std::string_view digits);

}  // namespace stepwell::object
