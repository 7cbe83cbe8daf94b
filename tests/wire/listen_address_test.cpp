#include "wire/listen_address.hpp"

#include <gtest/gtest.h>

namespace stepwell::wire {
namespace {

TEST(ListenAddress, IsHostAndPort) {
    EXPECT_EQ(ListenAddress::parse("127.0.0.1:4566")->host, "127.0.0.1");
    EXPECT_EQ(ListenAddress::parse("[::1]:80")->host, "::1");
    EXPECT_EQ(ListenAddress::parse("[::1]:80")->port, 80);
    for (const std::string_view bad :
         {"", "4566", "127.0.0.1", "127.0.0.1:", ":4566", "h:65536", "h:-1", "h:8x", "::1:80"}) {
        EXPECT_TRUE(ListenAddress::parse(bad).has_error()) << bad;
    }
}

TEST(ListenAddress, LoopbackIsWhatOnlyThisMachineReaches) {
    for (const std::string_view host :
         {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "::1", "[::1]"}) {
        EXPECT_TRUE(is_loopback(host)) << host;
    }
    for (const std::string_view host :
         {"", "0.0.0.0", "128.0.0.1", "127.1", "127.0.0.1.x", "::", "localhost.x", "0x7f.0.0.1"}) {
        EXPECT_FALSE(is_loopback(host)) << host;
    }
}

}  // namespace
}  // namespace stepwell::wire
