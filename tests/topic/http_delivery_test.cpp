// The handshake of an HTTP subscription, and what it gets, over a real socket on loopback.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <stepwell/testing.hpp>
#include <thread>

#include "journal/storage.hpp"
#include "json/value.hpp"
#include "topic/errors.hpp"
#include "topic/topics.hpp"

namespace stepwell::topic {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// An endpoint that answers 200 and keeps what it got.
class Endpoint {
 public:
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook";
    }
    /// Accepts the next request; blocks until it comes.
    http::request<http::string_body> next() {
        asio::ip::tcp::socket socket(io_);
        acceptor_.accept(socket);
        boost::beast::flat_buffer buffer;
        http::request<http::string_body> request;
        http::read(socket, buffer, request);
        http::response<http::empty_body> answer(http::status::ok, 11);
        answer.prepare_payload();
        http::write(socket, answer);
        return request;
    }

 private:
    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
};

class NoPort final : public DeliveryPort {
 public:
    Result<> enqueue(Effects&, const QueueMessage&) override { return errors::no_such_topic(); }
    void invoke(std::string, std::string, Completion<> done) override {
        done(errors::no_such_topic());
    }
};

std::string text(const json::Document& document, std::string_view name) {
    const auto found = document.root().find(name);
    return found.has_value() ? std::string(found->string()) : "absent";
}

TEST(HttpDelivery, AnEndpointConfirmsAndThenGetsNotifications) {
    ManualClock clock;
    const auto storage = journal::make_memory_storage();
    sched::Timers timers(clock);
    NoPort port;
    Endpoint endpoint;
    Topics topics({}, clock, *storage, timers, port);
    ASSERT_TRUE(topics.recover().has_value());
    std::promise<std::string> made;
    topics.create_topic("news", {}, {}, [&](Result<std::string> arn) { made.set_value(*arn); });
    const std::string topic = made.get_future().get();
    topics.subscribe({topic, "http", endpoint.url()}, [](Result<SubscriptionPtr>) {});

    const auto confirmation = endpoint.next();
    EXPECT_EQ(confirmation["x-amz-sns-message-type"], "SubscriptionConfirmation");
    const auto asked = json::Document::parse(confirmation.body()).value();
    EXPECT_EQ(text(asked, "Type"), "SubscriptionConfirmation");
    EXPECT_NE(text(asked, "SubscribeURL").find("Token=" + text(asked, "Token")), std::string::npos);
    std::promise<bool> confirmed;
    topics.confirm_subscription(
        topic, text(asked, "Token"), [&](Result<SubscriptionPtr> subscription) {
            confirmed.set_value(subscription.has_value() && (*subscription)->is_confirmed);
        });
    ASSERT_TRUE(confirmed.get_future().get());

    Effects effects;
    const auto published = topics.publish(effects, {.topic_arn = topic, .message = "hello"});
    storage->commit(std::move(effects));
    const auto notification = endpoint.next();
    EXPECT_EQ(notification.target(), "/hook");
    EXPECT_EQ(notification["x-amz-sns-message-type"], "Notification");
    EXPECT_EQ(notification["x-amz-sns-message-id"], published->message_id.string());
    EXPECT_EQ(text(json::Document::parse(notification.body()).value(), "Message"), "hello");
}

}  // namespace
}  // namespace stepwell::topic
