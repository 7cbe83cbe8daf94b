#include <gtest/gtest.h>

#include <cstring>

#include "base/base64.hpp"
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
}

}  // namespace
}  // namespace stepwell
