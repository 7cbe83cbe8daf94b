#include "wire/caller_check.hpp"

#include <gtest/gtest.h>

#include "wire/gateway_fixture.hpp"

namespace stepwell::wire {
namespace {

class Callers : public GatewayTest {
 protected:
    std::string request(std::string_view host, std::string_view headers = "",
                        std::string_view method = "GET",
                        std::string_view target = "/_stepwell/health") {
        std::string text{method};
        text.append(" ")
            .append(target)
            .append(" HTTP/1.1\r\nHost: ")
            .append(host)
            .append("\r\n")
            .append(headers);
        return send(text.append("\r\n"), method != "HEAD");
    }
    bool is_let_in(std::string_view host, std::string_view headers = "",
                   std::string_view method = "GET", std::string_view target = "/_stepwell/health") {
        return status_of(request(host, headers, method, target)).find("403") == std::string::npos;
    }
};

TEST_F(Callers, ThisMachinesNamesAreOurs) {
    for (const std::string_view host :
         {"localhost", "LOCALHOST:4566", "127.0.0.1", "127.0.0.1:1", "127.1.2.3", "[::1]:4566",
          "app.localhost:80", "localhost.localstack.cloud:4566",
          "sqs.us-east-1.localhost.localstack.cloud", "sync-127.0.0.1:4566",
          "sync-localhost:4566"}) {
        EXPECT_TRUE(is_let_in(host)) << host;
    }
}

TEST_F(Callers, AnyOtherNameIsRefusedWhateverTheMethod) {
    for (const std::string_view host :
         {"evil.example", "evil.example:4566", "localhost.evil.example", "evil-localhost",
          "127.0.0.1.evil.example", "127.0.0.1:80:90", "localhost:8x", "[::1",
          "notlocalhost.localstack.cloud", "sync-evil.example", "0.0.0.0",
          "sqs.us-east-1.amazonaws.com"}) {
        EXPECT_FALSE(is_let_in(host)) << host;
    }
    for (const std::string_view method :
         {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
        EXPECT_FALSE(is_let_in("evil.example", "", method)) << method;
    }
}

TEST_F(Callers, AmazonsNamesAreServedToThoseWhoTakeUsForTheirProxy) {
    EXPECT_TRUE(is_let_in("sqs.us-east-1.amazonaws.com", "", "GET",
                          "http://sqs.us-east-1.amazonaws.com/_stepwell/health"));
    EXPECT_FALSE(is_let_in("localhost", "", "GET", "http://evil.example/_stepwell/health"));
    EXPECT_FALSE(
        is_let_in("localhost", "", "GET", "http://amazonaws.com.evil.example/_stepwell/health"));
}

TEST_F(Callers, ConfiguredNamesAreAdded) {
    options_.callers.allowed_hosts = {"stepwell.internal", "*.test"};
    EXPECT_TRUE(is_let_in("stepwell.internal:4566"));
    EXPECT_TRUE(is_let_in("a.b.test"));
    EXPECT_FALSE(is_let_in("test"));
    EXPECT_FALSE(is_let_in("x.stepwell.internal"));
}

TEST_F(Callers, PagesOfOtherOriginsAreRefusedWhateverTheMethod) {
    for (const std::string_view method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}) {
        for (const std::string_view headers :
             {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Origin: \r\n",
              "Origin: http://localhost:3000\r\n", "Origin: file://\r\n",
              "Sec-Fetch-Site: cross-site\r\n",
              "Origin: http://localhost:4566\r\nSec-Fetch-Site: cross-site\r\n"}) {
            EXPECT_FALSE(is_let_in("localhost:4566", headers, method)) << method << " " << headers;
        }
    }
}

TEST_F(Callers, OurOwnPagesMayCall) {
    EXPECT_TRUE(is_let_in("localhost:4566",
                          "Origin: http://localhost:4566\r\nSec-Fetch-Site: same-origin\r\n"));
    EXPECT_TRUE(is_let_in("localhost:4566", "Sec-Fetch-Site: none\r\n"));
}

TEST_F(Callers, OnlyAnAllowedOriginGetsCorsHeaders) {
    options_.callers.allowed_origins = {"http://localhost:3000"};
    std::string reply = request("localhost:4566",
                                "Origin: http://localhost:3000\r\nSec-Fetch-Site: cross-site\r\n");
    EXPECT_EQ(header_of(reply, "Access-Control-Allow-Origin"), "http://localhost:3000");
    EXPECT_EQ(header_of(reply, "Vary"), "Origin");
    reply = request("localhost:4566",
                    "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n",
                    "OPTIONS");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 204 No Content");
    EXPECT_NE(header_of(reply, "Access-Control-Allow-Headers").find("x-amz-target"),
              std::string::npos);
    reply = request("localhost:4566", "Origin: http://localhost:4566\r\n");
    EXPECT_EQ(header_of(reply, "Access-Control-Allow-Origin"), "");
    EXPECT_EQ(request("localhost:4566").find("Access-Control"), std::string::npos);
}

}  // namespace
}  // namespace stepwell::wire
