#include "wire/http_server.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "wire/raw_client.hpp"

namespace stepwell::wire {
namespace {

using std::chrono::milliseconds;

std::string path_of(int number) { return std::string{"/"}.append(std::to_string(number)); }

/// A server that answers with "<method> <path> <body>", at once; requests to /hold are kept until
/// they are released.
class HttpServerTest : public testing::Test {
 protected:
    HttpServer& start(HttpServer::Options options = {}) {
        options.listen = "127.0.0.1:0";
        Result<std::unique_ptr<HttpServer>> made = HttpServer::listen(std::move(options));
        EXPECT_TRUE(made.has_value());
        server_ = *std::move(made);
        server_->serve([this](const HttpRequest& request, PendingReply reply) {
            std::string text{request.method};
            text.append(" ").append(request.path).append(" ").append(request.body);
            if (request.path == "/drop") return;
            if (request.path.starts_with("/hold")) {
                const std::lock_guard lock{mutex_};
                last_caller_ = request.caller;
                held_.emplace_back(std::in_place, std::move(reply), std::move(text));
                changed_.notify_all();
                return;
            }
            answer(std::move(reply), std::move(text));
        });
        return *server_;
    }
    static void answer(PendingReply reply, std::string text) {
        reply.send([text = std::move(text)](ReplyWriter& writer) mutable {
            writer.begin(200);
            writer.finish("text/plain", std::move(text));
        });
    }
    /// Waits until so many requests are held, then answers number `index` of them on this thread.
    void release(std::size_t index, std::size_t held_before) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return held_.size() >= held_before; });
        auto [reply, text] = std::move(*held_[index]);
        held_[index].reset();
        lock.unlock();
        answer(std::move(reply), std::move(text));
    }
    void wait_until_held(std::size_t count) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return held_.size() >= count; });
    }
    static std::string get(std::string_view path, std::string_view more = "") {
        return "GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n" + std::string{more} + "\r\n";
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::optional<std::pair<PendingReply, std::string>>> held_;
    Caller last_caller_;  // of the last held request
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ACallerHasGoneWhenItHasClosedItsConnection) {
    const std::string address = start().address();
    std::optional<RawClient> client{std::in_place, address};
    ASSERT_TRUE(client->send(get("/hold")));
    wait_until_held(1);
    EXPECT_FALSE(last_caller_.is_gone());
    client.reset();
    // The server has one thread: once it has answered a later client, it has seen the close.
    while (!last_caller_.is_gone()) {
        RawClient other{address};
        ASSERT_TRUE(other.send(get("/x")));
        ASSERT_EQ(status_of(other.read_reply()), "HTTP/1.1 200 OK");
    }
    release(0, 1);
}

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
    RawClient client{start().address()};
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"));
        const std::string reply = client.read_reply();
        ASSERT_EQ(status_of(reply), "HTTP/1.1 200 OK");
        ASSERT_EQ(body_of(reply), "POST /x hi");
    }
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
    RawClient client{start().address()};
    std::string requests;
    for (int i = 0; i < 10'000; ++i) requests += get(path_of(i));
    std::thread sender{[&] { client.send(requests); }};
    for (int i = 0; i < 10'000; ++i)
        ASSERT_EQ(body_of(client.read_reply()), std::string{"GET "}.append(path_of(i)).append(" "));
    sender.join();
}

TEST_F(HttpServerTest, RepliesThatComeInAnotherOrderLeaveInTheRequestsOrder) {
    RawClient client{start().address()};
    client.send(get("/hold0") + get("/hold1") + get("/now") + get("/hold2"));
    release(2, 3);
    release(1, 3);
    release(0, 3);
    EXPECT_EQ(body_of(client.read_reply()), "GET /hold0 ");
    EXPECT_EQ(body_of(client.read_reply()), "GET /hold1 ");
    EXPECT_EQ(body_of(client.read_reply()), "GET /now ");
    EXPECT_EQ(body_of(client.read_reply()), "GET /hold2 ");
}

TEST_F(HttpServerTest, MoreOpenRequestsThanAConnectionMayHaveWait) {
    RawClient client{start().address()};
    std::string requests;
    for (int i = 0; i < 300; ++i) requests += get("/hold");
    client.send(requests);
    for (std::size_t i = 0; i < 300; ++i) release(i, i + 1);
    for (int i = 0; i < 300; ++i) ASSERT_EQ(body_of(client.read_reply()), "GET /hold ");
}

TEST_F(HttpServerTest, AReplyToAClientThatWentAwayIsHarmless) {
    HttpServer& server = start();
    {
        RawClient client{server.address()};
        client.send(get("/hold"));
        wait_until_held(1);
        client.reset();
    }
    release(0, 1);
    RawClient other{server.address()};
    other.send(get("/"));
    EXPECT_EQ(body_of(other.read_reply()), "GET / ");
}

TEST_F(HttpServerTest, AClientThatHasFinishedSendingStillGetsItsReply) {
    RawClient client{start().address()};
    client.send(get("/hold"));
    wait_until_held(1);
    client.finish_sending();
    release(0, 1);
    EXPECT_EQ(body_of(client.read_all()), "GET /hold ");
}

TEST_F(HttpServerTest, ARequestThatIsDroppedUnansweredGets500) {
    RawClient client{start().address()};
    client.send(get("/drop"));
    EXPECT_EQ(status_of(client.read_reply()), "HTTP/1.1 500 Internal Server Error");
}

TEST_F(HttpServerTest, HeadGetsTheLengthsOnly) {
    RawClient client{start().address()};
    client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" + get("/y"));
    const std::string reply = client.read_reply(false);
    EXPECT_NE(reply.find("Content-Length: 8\r\n"), std::string::npos) << reply;
    EXPECT_EQ(body_of(client.read_reply()), "GET /y ");
}

TEST_F(HttpServerTest, Http10ConnectionsEndUnlessAskedNotTo) {
    HttpServer& server = start();
    RawClient brief{server.address()};
    brief.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_NE(brief.read_all().find("Connection: close\r\n"), std::string::npos);
    RawClient lasting{server.address()};
    lasting.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(lasting.read_reply().find("Connection: keep-alive\r\n"), std::string::npos);
    lasting.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(body_of(lasting.read_all()), "GET / ");
}

TEST_F(HttpServerTest, ConnectionCloseEndsTheConnectionAfterItsReply) {
    RawClient client{start().address()};
    client.send(get("/hold", "Connection: close\r\n") + get("/never"));
    release(0, 1);
    const std::string all = client.read_all();
    EXPECT_EQ(body_of(all), "GET /hold ");
    EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, ContinueIsSentBeforeTheBodyIsAndAfterEarlierReplies) {
    RawClient client{start().address()};
    client.send(get("/hold") +
                "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    release(0, 1);
    EXPECT_EQ(body_of(client.read_reply()), "GET /hold ");
    EXPECT_EQ(client.read_reply(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok");
    EXPECT_EQ(body_of(client.read_reply()), "POST /p ok");
}

TEST_F(HttpServerTest, ARefusedRequestIsAnsweredAndEndsTheConnection) {
    RawClient client{start().address()};
    client.send(get("/first") + "NONSENSE\r\n\r\n" + get("/never"));
    EXPECT_EQ(body_of(client.read_reply()), "GET /first ");
    const std::string refusal = client.read_all();
    EXPECT_EQ(status_of(refusal), "HTTP/1.1 400 Bad Request");
    EXPECT_NE(refusal.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, AClientThatIsStillSendingATooLargeBodyReadsWhy) {
    RawClient client{start().address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n");
    client.send(std::string(1'000'000, 'x'));
    EXPECT_EQ(status_of(client.read_reply()), "HTTP/1.1 413 Content Too Large");
}

TEST_F(HttpServerTest, LargeBodiesGoThroughBothWays) {
    RawClient client{start().address()};
    const std::string body(5'000'000, 'z');
    std::thread sender{[&] {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body);
    }};
    EXPECT_TRUE(body_of(client.read_reply()) == "POST / " + body);
    sender.join();
}

TEST_F(HttpServerTest, IdleConnectionsAreClosed) {
    HttpServer::Options options;
    options.times.idle_max = milliseconds{20};
    RawClient client{start(options).address()};
    EXPECT_EQ(client.read_all(), "");
}

TEST_F(HttpServerTest, AHeadThatTricklesInTimesOut) {
    HttpServer::Options options;
    options.times.head_max = milliseconds{50};
    RawClient client{start(options).address()};
    client.send("GET / HT");
    std::thread trickle{[&] {
        while (client.send("x")) std::this_thread::yield();
    }};
    // 431 where the trickle was fast enough to fill a whole head
    EXPECT_TRUE(status_of(client.read_reply()).starts_with("HTTP/1.1 4"));
    client.finish_sending();
    trickle.join();
}

TEST_F(HttpServerTest, HeadsAndBodiesThatDoNotComeTimeOut) {
    HttpServer::Options options;
    options.times.head_max = options.times.body_max = milliseconds{50};
    HttpServer& server = start(options);
    for (const std::string_view beginning :
         {"GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"}) {
        RawClient client{server.address()};
        client.send(beginning);
        EXPECT_EQ(status_of(client.read_reply()), "HTTP/1.1 408 Request Timeout") << beginning;
    }
}

TEST_F(HttpServerTest, AnOpenRequestDoesNotTimeOut) {
    HttpServer::Options options;
    options.times.idle_max = options.times.head_max = options.times.body_max = milliseconds{5};
    HttpServer& server = start(options);
    RawClient waiting{server.address()};
    waiting.send(get("/hold"));
    wait_until_held(1);
    RawClient idle{server.address()};
    EXPECT_EQ(idle.read_all(), "") << "time has passed for a connection that came later";
    release(0, 1);
    EXPECT_EQ(body_of(waiting.read_reply()), "GET /hold ");
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsGivenUp) {
    HttpServer::Options options;
    options.times.write_max = milliseconds{50};
    RawClient client{start(options).address()};
    const std::string body(1'000'000, 'z');
    const std::string request =
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    int sent = 0;
    while (sent < 10'000 && client.send(request)) ++sent;
    EXPECT_LT(sent, 10'000) << "the server went on reading what it cannot answer";
}

TEST_F(HttpServerTest, StoppingAnswersWhatIsOpenAndClosesWhatIsIdle) {
    HttpServer& server = start();
    RawClient idle{server.address()};
    RawClient busy{server.address()};
    idle.send(get("/"));
    idle.read_reply();
    busy.send(get("/hold"));
    wait_until_held(1);
    std::thread stopper{[&] { server.stop(); }};
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_FALSE(RawClient{server.address()}.is_connected());
    release(0, 1);
    const std::string reply = busy.read_all();
    EXPECT_EQ(body_of(reply), "GET /hold ");
    EXPECT_NE(reply.find("Connection: close\r\n"), std::string::npos);
    stopper.join();
}

TEST_F(HttpServerTest, StoppingDoesNotWaitForEver) {
    HttpServer::Options options;
    options.drain_max = milliseconds{20};
    HttpServer& server = start(options);
    RawClient client{server.address()};
    client.send(get("/hold"));
    wait_until_held(1);
    server.stop();
    EXPECT_EQ(client.read_all(), "");
    release(0, 1);  // comes too late, and is harmless
}

TEST_F(HttpServerTest, SeveralThreadsServeManyConnections) {
    HttpServer::Options options;
    options.threads = 3;
    HttpServer& server = start(options);
    std::vector<std::thread> clients;
    for (int c = 0; c < 8; ++c) {
        clients.emplace_back([&server, c] {
            RawClient client{server.address()};
            for (int i = 0; i < 200; ++i) {
                const std::string path = path_of(c).append(path_of(i));
                client.send(get(path));
                ASSERT_EQ(body_of(client.read_reply()), "GET " + path + " ");
            }
        });
    }
    for (std::thread& client : clients) client.join();
}

TEST_F(HttpServerTest, APortInUseIsAClearError) {
    HttpServer& server = start();
    HttpServer::Options options;
    options.listen = server.address();
    const auto second = HttpServer::listen(options);
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().message(),
              "cannot listen on " + server.address() +
                  ": Address already in use (is another server running there?)");
}

}  // namespace
}  // namespace stepwell::wire
