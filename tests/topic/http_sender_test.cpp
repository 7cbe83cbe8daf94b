// Outgoing HTTP: what is posted, what counts as success, and where nothing is sent to.
#include "topic/http_sender.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <thread>

namespace stepwell::topic {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// Accepts one request on loopback and answers it.
class OneAnswer {
 public:
    explicit OneAnswer(unsigned status) : thread_([this, status] { serve(status); }) {}
    ~OneAnswer() { thread_.join(); }

    unsigned short port() const { return acceptor_.local_endpoint().port(); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/hook?x=1"; }
    http::request<http::string_body> request() { return got_.get_future().get(); }

 private:
    void serve(unsigned status) {
        asio::ip::tcp::socket socket(io_);
        acceptor_.accept(socket);
        boost::beast::flat_buffer buffer;
        http::request<http::string_body> request;
        http::read(socket, buffer, request);
        http::response<http::empty_body> answer(static_cast<http::status>(status), 11);
        answer.prepare_payload();
        http::write(socket, answer);
        got_.set_value(std::move(request));
    }

    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
    std::promise<http::request<http::string_body>> got_;
    std::thread thread_;
};

HttpOutcome post(HttpSender& sender, std::string url) {
    std::promise<HttpOutcome> outcome;
    sender.post({std::move(url), "body", {{"x-amz-sns-message-type", "Notification"}}},
                [&](HttpOutcome ended) { outcome.set_value(std::move(ended)); });
    return outcome.get_future().get();
}

TEST(HttpSender, PostsTheBodyWithItsHeaders) {
    OneAnswer server(200);
    HttpSender sender({});
    EXPECT_TRUE(post(sender, server.url()).has_succeeded());
    const auto request = server.request();
    EXPECT_EQ(request.method(), http::verb::post);
    EXPECT_EQ(request.target(), "/hook?x=1");
    EXPECT_EQ(request.body(), "body");
    EXPECT_EQ(request["x-amz-sns-message-type"], "Notification");
    EXPECT_EQ(request[http::field::host], "127.0.0.1:" + std::to_string(server.port()));
}

TEST(HttpSender, ServerErrorsMayBeTriedAgainClientErrorsMayNot) {
    HttpSender sender({});
    {
        OneAnswer server(503);
        const HttpOutcome outcome = post(sender, server.url());
        EXPECT_EQ(outcome.status, 503U);
        EXPECT_TRUE(outcome.may_succeed_later());
    }
    OneAnswer server(404);
    EXPECT_FALSE(post(sender, server.url()).may_succeed_later());
}

TEST(HttpSender, LinkLocalAddressesAndTheOwnListenerAreRefused) {
    HttpSender sender({.own_host = "127.0.0.1", .own_port = 4566});
    for (const char* url :
         {"http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://0.0.0.0:1/",
          "http://[::ffff:169.254.169.254]/", "http://127.0.0.1:4566/", "http://127.1.2.3:4566/",
          "http://[::1]:4566/"}) {
        EXPECT_TRUE(post(sender, url).is_refused) << url;
    }
}

TEST(HttpUrl, IsTakenApart) {
    const auto url = HttpUrl::parse("https://example.com:8443/a/b?c=d#e");
    ASSERT_TRUE(url.has_value());
    EXPECT_TRUE(url->is_secure);
    EXPECT_EQ(url->host, "example.com");
    EXPECT_EQ(url->port, 8443);
    EXPECT_EQ(url->target, "/a/b?c=d");
    EXPECT_EQ(HttpUrl::parse("http://[::1]:80")->host, "::1");
    for (const char* bad : {"ftp://a/", "http://", "http://u:p@a/", "http://a:0/",
                            "http://a:99999/", "http://a b/", "http://a/\r\nx"}) {
        EXPECT_FALSE(HttpUrl::parse(bad).has_value()) << bad;
    }
}

}  // namespace
}  // namespace stepwell::topic
