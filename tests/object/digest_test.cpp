#include "object/digest.hpp"

#include <gtest/gtest.h>

namespace stepwell::object {
namespace {

std::string hex(ChecksumAlgorithm algorithm, std::string_view text) {
    return hex_of(checksum_of(algorithm, text));
}

TEST(Digest, IsThatOfTheCatalogues) {
    EXPECT_EQ(hex_of(md5_of("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex_of(md5_of("abc")), "900150983cd24fb0d6963f7d28e17f72");
    // The CRC catalogue's check values.
    EXPECT_EQ(hex(ChecksumAlgorithm::crc32, "123456789"), "cbf43926");
    EXPECT_EQ(hex(ChecksumAlgorithm::crc32c, "123456789"), "e3069283");
    EXPECT_EQ(hex(ChecksumAlgorithm::crc64nvme, "123456789"), "ae8b14860a799888");
    EXPECT_EQ(hex(ChecksumAlgorithm::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex(ChecksumAlgorithm::sha256, "abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, DoesNotDependOnThePortions) {
    const std::string text(1000, 'x');
    for (const auto algorithm :
         {ChecksumAlgorithm::crc32, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc64nvme,
          ChecksumAlgorithm::sha1, ChecksumAlgorithm::sha256}) {
        Digest digest(algorithm);
        for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size % 37 + 1)
            digest.update(std::string_view(text).substr(at, size));
        EXPECT_EQ(digest.finish(), checksum_of(algorithm, text)) << name_of(algorithm);
    }
}

TEST(Digest, TheCrcOfTwoTextsIsMadeOfThatOfEach) {
    const std::string first = "a first part";
    const std::string second(100'000, 'y');
    for (const auto algorithm :
         {ChecksumAlgorithm::crc32, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc64nvme}) {
        EXPECT_EQ(combined_crc(algorithm, checksum_of(algorithm, first),
                               checksum_of(algorithm, second), second.size()),
                  checksum_of(algorithm, first + second))
            << name_of(algorithm);
        EXPECT_EQ(
            combined_crc(algorithm, checksum_of(algorithm, first), checksum_of(algorithm, ""), 0),
            checksum_of(algorithm, first));
    }
}

}  // namespace
}  // namespace stepwell::object
