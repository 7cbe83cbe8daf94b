// The digests that SDKs verify.
#include "queue/checksum.hpp"

#include <gtest/gtest.h>

namespace stepwell::queue {
namespace {

TEST(Checksum, OfABodyIsItsMd5) {
    EXPECT_EQ(md5_hex("This is a test message").view(), "fafb00f5732ab283681e124bf8747ed1");
    EXPECT_EQ(md5_hex("").view(), "d41d8cd98f00b204e9800998ecf8427e");
}

// Of the digests of "", "a", "ab", "aba", ... up to 199 bytes, one after the other; computed with
// Python's hashlib.
TEST(Checksum, OfABodyOfAnyLength) {
    std::string body;
    std::string digests;
    for (int size = 0; size < 200; ++size) {
        digests.append(md5_hex(body).view());
        body.push_back(size % 2 == 0 ? 'a' : 'b');
    }
    EXPECT_EQ(md5_hex(digests).view(), "cfed009117b2ccacc0ba43776063e724");
}

// Expected values: computed with Python's hashlib after AWS's description.
TEST(Checksum, OfAttributesCoversNamesTypesAndValues) {
    const std::vector<MessageAttribute> number{{"timestamp", "Number", "1493147359900"}};
    EXPECT_EQ(md5_of_attributes(number).view(), "235c5c510d26fb653d073faed50ae77c");
    const std::vector<MessageAttribute> labelled{
        {"timestamp", "Number.java.lang.Long", "1493147359900"}};
    EXPECT_EQ(md5_of_attributes(labelled).view(), "2e2e4876d8e0bd6b8c2c8f556831c349");
}

TEST(Checksum, OfAttributesDoesNotDependOnTheirOrder) {
    const MessageAttribute text{"a", "String", "x"};
    const MessageAttribute binary{"b", "Binary", std::string("\x00\x01\xff", 3)};
    const std::vector<MessageAttribute> one{text, binary};
    const std::vector<MessageAttribute> other{binary, text};
    EXPECT_EQ(md5_of_attributes(one).view(), "6753e849fd832772dc3f1a9f02a5fb1c");
    EXPECT_EQ(md5_of_attributes(other).view(), "6753e849fd832772dc3f1a9f02a5fb1c");
}

}  // namespace
}  // namespace stepwell::queue
