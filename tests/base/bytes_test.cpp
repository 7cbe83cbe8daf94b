#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace stepwell {
namespace {

TEST(Bytes, WhatIsWrittenIsReadBack) {
    std::string bytes;
    append_big_endian<std::uint32_t>(bytes, 0x01020304);
    for (const std::uint64_t value : {0ULL, 127ULL, 128ULL, 300ULL, ~0ULL})
        append_varint(bytes, value);
    append_text(bytes, "a text");

    ByteReader reader(bytes);
    EXPECT_EQ(reader.big_endian<std::uint32_t>(), 0x01020304U);
    for (const std::uint64_t value : {0ULL, 127ULL, 128ULL, 300ULL, ~0ULL})
        EXPECT_EQ(reader.varint(), value);
    EXPECT_EQ(reader.text(), "a text");
    EXPECT_TRUE(reader.is_at_end());
    EXPECT_TRUE(reader.is_good());
}

TEST(Bytes, EveryCutIsNoticed) {
    std::string bytes;
    append_varint(bytes, 1'000'000);
    append_text(bytes, "text");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ByteReader reader(std::string_view(bytes).substr(0, size));
        reader.varint();
        reader.text();
        EXPECT_FALSE(reader.is_good()) << size;
    }
}

TEST(Bytes, AVarintOfMoreThanTenBytesIsDamage) {
    const std::string bytes(11, '\x80');
    ByteReader reader(bytes);
    EXPECT_EQ(reader.varint(), 0U);
    EXPECT_FALSE(reader.is_good());
}

TEST(Bytes, BigEndianOfEverySizeAndSign) {
    std::string bytes;
    append_big_endian<std::uint8_t>(bytes, 0x01);
    append_big_endian<std::uint16_t>(bytes, 0x0203);
    append_big_endian<std::int32_t>(bytes, -2);
    EXPECT_EQ(bytes, "\x01\x02\x03\xff\xff\xff\xfe");
    ByteReader reader(bytes);
    EXPECT_EQ(reader.big_endian<std::uint8_t>(), 0x01);
    EXPECT_EQ(reader.big_endian<std::uint16_t>(), 0x0203);
    EXPECT_EQ(reader.big_endian<std::int32_t>(), -2);
    EXPECT_EQ(reader.big_endian<std::uint8_t>(), 0);
    EXPECT_FALSE(reader.is_good());
}

TEST(Bytes, BigEndianKeysSortAsNumbers) {
    std::string small, large;
    append_big_endian<std::uint64_t>(small, 255);
    append_big_endian<std::uint64_t>(large, 256);
    EXPECT_LT(small, large);
}

}  // namespace
}  // namespace stepwell
