#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "base/random.hpp"
#include "base/siphash.hpp"
#include "base/time_text.hpp"

namespace stepwell {
namespace {

TEST(Base64, VectorsOfRfc4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
}

TEST(Base64, PaddingMayBeMissing) { EXPECT_EQ(base64_decode("Zg"), "f"); }

TEST(Base64, OtherTextIsRefused) {
    for (const char* text : {"Z", "Zm9v!", "Zm 9v", "Zh==", "====", "Zm9v\n"}) {
        EXPECT_FALSE(base64_decode(text).has_value()) << text;
    }
}

TEST(Base64, UrlFormHasExactlyOneTextForEachValue) {
    const unsigned char bytes[5] = {0xff, 0xfe, 0xfd, 0x00, 0x01};
    char text[base64url_length(5)];
    base64url_encode(bytes, 5, text);
    unsigned char back[5];
    ASSERT_TRUE(base64url_decode({text, sizeof text}, back, 5));
    EXPECT_EQ(std::memcmp(bytes, back, 5), 0);
    text[sizeof text - 1] = static_cast<char>(text[sizeof text - 1] + 1);  // stray low bits
    EXPECT_FALSE(base64url_decode({text, sizeof text}, back, 5));
}

TEST(Base64, TextOfAnyLengthComesBackAndAnyWrongCharacterIsNoticed) {
    Random random(3);
    for (std::size_t size = 1; size < 80; ++size) {
        std::string bytes(size, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random.next());
        std::string text(base64url_length(size), '\0');
        base64url_encode(reinterpret_cast<const unsigned char*>(bytes.data()), size, text.data());
        std::string back(size, '\0');
        auto* const out = reinterpret_cast<unsigned char*>(back.data());
        EXPECT_TRUE(base64url_decode(text, out, size));
        EXPECT_EQ(back, bytes);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
        for (char& character : text) {
            const char right = std::exchange(character, random.next() % 2 == 0 ? '+' : '\xff');
            EXPECT_FALSE(base64url_decode(text, out, size));
            character = right;
        }
    }
}

TEST(Hex, EveryDigit) {
    std::string text(16, ' ');
    put_hex(text.data(), std::uint64_t{0x0123456789abcdef});
    EXPECT_EQ(text, "0123456789abcdef");
    EXPECT_EQ(UuidText({0x0011223344556677, 0x8899aabbccddeeff}).view(),
              "00112233-4455-6677-8899-aabbccddeeff");
}

// source  reference implementation's vectors for SipHash-2-4-128: key 00..0f, input 00, 01, ... of
// length n
TEST(SipHash, ReferenceVectors) {
    unsigned char key_bytes[16], input[64];
    for (unsigned char i = 0; i < 16; ++i) key_bytes[i] = i;
    for (unsigned char i = 0; i < 64; ++i) input[i] = i;
    MacKey key{};
    std::memcpy(key.data(), key_bytes, 16);
    const unsigned char empty[16] = {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6,
                                     0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93};
    const unsigned char one[16] = {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44,
                                   0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45};
    Mac mac = siphash128(key, input, 0);
    EXPECT_EQ(std::memcmp(mac.data(), empty, 16), 0);
    mac = siphash128(key, input, 1);
    EXPECT_EQ(std::memcmp(mac.data(), one, 16), 0);
    const unsigned char sixty_three[16] = {0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a,
                                           0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd, 0x7c};
    mac = siphash128(key, input, 63);
    EXPECT_EQ(std::memcmp(mac.data(), sixty_three, 16), 0);
}

TEST(Uuid, HasTheFormOfVersion4) {
    Random random(7);
    const std::string uuid = make_uuid(random);
    ASSERT_EQ(uuid.size(), 36U);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_TRUE(uuid[19] == '8' || uuid[19] == '9' || uuid[19] == 'a' || uuid[19] == 'b') << uuid;
    Random again(7);
    EXPECT_EQ(make_uuid(again), uuid);
    EXPECT_NE(make_uuid(again), uuid);
}

TEST(TimeText, Forms) {
    const TimePoint time{milliseconds{1'795'501'800'123}};
    EXPECT_EQ(iso8601(time), "2026-11-24T06:30:00.123Z");
    EXPECT_EQ(epoch_seconds(time), "1795501800.123");
    EXPECT_EQ(http_date(time), "Tue, 24 Nov 2026 06:30:00 GMT");
    EXPECT_EQ(http_date_now(time), "Tue, 24 Nov 2026 06:30:00 GMT");
    EXPECT_EQ(http_date_now(time + milliseconds{900}), "Tue, 24 Nov 2026 06:30:01 GMT");
}

}  // namespace
}  // namespace stepwell
