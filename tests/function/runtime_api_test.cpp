// The Runtime API as a runtime sees it.
#include "function/runtime_api.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>

namespace stepwell::function::testing {
namespace {

class RuntimeApiTest : public ::testing::Test, private RuntimeApiEvents {
 protected:
    void SetUp() override {
        on_loop([this] { api = *RuntimeApi::open(*loop, *this); });
    }
    void TearDown() override {
        on_loop([this] { api.reset(); });
        loop->stop();
    }

    /// Runs `action` on the loop's thread and waits for it.
    void on_loop(std::function<void()> action) {
        std::promise<void> done;
        loop->post([&] {
            action();
            done.set_value();
        });
        done.get_future().wait();
    }
    int connect() const {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(api->port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return client;
    }
    void send(int client, const std::string& method, const std::string& path,
              const std::string& body = "", const std::string& host = "") const {
        std::string request = method + " /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: ";
        request += host.empty() ? "127.0.0.1:" + std::to_string(api->port()) : host;
        request += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        EXPECT_EQ(::send(client, request.data(), request.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(request.size()));
    }
    /// What comes back, up to `end`; less when the connection is closed.
    static std::string receive(int client, const std::string& end) {
        std::string text;
        char buffer[1024];
        while (text.find(end) == std::string::npos) {
            const ssize_t count = ::recv(client, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            text.append(buffer, static_cast<std::size_t>(count));
        }
        return text;
    }
    std::string ask(const std::string& method, const std::string& path,
                    const std::string& body = "", const std::string& host = "") const {
        const int client = connect();
        send(client, method, path, body, host);
        const std::string answer = receive(client, "}\n");
        ::close(client);
        return answer.substr(0, answer.find("\r\n"));
    }

    void runtime_is_ready() override { ready.set_value(); }
    void runtime_answered(std::string_view id, std::string payload) override {
        answered = std::string(id) + " " + payload;
    }
    void runtime_failed(std::string_view id, std::string error) override {
        failed = std::string(id) + " " + error;
    }
    void runtime_answered_too_much(std::string_view, std::uint64_t bytes) override {
        too_much = bytes;
    }
    void runtime_failed_to_start(std::string error) override { start_error = error; }

    const std::shared_ptr<EventLoop> loop = std::make_shared<EventLoop>("test");
    std::unique_ptr<RuntimeApi> api;
    std::promise<void> ready;
    std::string answered;
    std::string failed;
    std::string start_error;
    std::uint64_t too_much = 0;
};

// The runtime of a warm sandbox waits for as long as it takes.
TEST_F(RuntimeApiTest, ARequestForTheNextInvocationIsHeldUntilThereIsOne) {
    const int client = connect();
    send(client, "GET", "invocation/next");
    ready.get_future().wait();
    on_loop([] {});  // the request's own handler has returned by now
    RuntimeInvocation invocation;
    invocation.request_id = "the-id";
    invocation.deadline_ms = 17;
    invocation.function_arn = "the-arn";
    invocation.payload = "[\"the event\"]";
    on_loop([&] { api->deliver(invocation); });
    const std::string answer = receive(client, "the event\"]");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_NE(answer.find("Lambda-Runtime-Aws-Request-Id: the-id\r\n"), std::string::npos)
        << answer;
    EXPECT_NE(answer.find("Lambda-Runtime-Deadline-Ms: 17\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("Lambda-Runtime-Invoked-Function-Arn: the-arn\r\n"), std::string::npos)
        << answer;
    // The same connection takes the answer.
    send(client, "POST", "invocation/the-id/response", "42");
    EXPECT_TRUE(receive(client, "}\n").starts_with("HTTP/1.1 202 "));
    on_loop([this] { EXPECT_EQ(answered, "the-id 42"); });
    ::close(client);
}

TEST_F(RuntimeApiTest, AnswersToOtherInvocationsAreRefused) {
    EXPECT_EQ(ask("POST", "invocation/the-id/response", "1"), "HTTP/1.1 400 Bad Request");
    on_loop([this] { api->expect("the-id"); });
    EXPECT_EQ(ask("POST", "invocation/other/response", "1"), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(ask("POST", "invocation/the-id/error", "{}"), "HTTP/1.1 202 Accepted");
    on_loop([this] {
        EXPECT_EQ(answered, "");
        EXPECT_EQ(failed, "the-id {}");
    });
}

TEST_F(RuntimeApiTest, AnAnswerThatIsTooLongIsCountedNotKept) {
    on_loop([this] { api->expect("the-id"); });
    const std::string body(response_bytes_max + 1, 'x');
    EXPECT_EQ(ask("POST", "invocation/the-id/response", body), "HTTP/1.1 413 Payload Too Large");
    on_loop([this] {
        EXPECT_EQ(too_much, response_bytes_max + 1);
        EXPECT_EQ(answered, "");
    });
}

TEST_F(RuntimeApiTest, AFailedStartIsReported) {
    EXPECT_EQ(ask("POST", "init/error", R"({"errorType":"E"})"), "HTTP/1.1 202 Accepted");
    on_loop([this] { EXPECT_EQ(start_error, R"({"errorType":"E"})"); });
}

TEST_F(RuntimeApiTest, NamesThatAPageCouldChooseAreRefused) {
    EXPECT_EQ(ask("GET", "invocation/next", "", "evil.example:80"), "HTTP/1.1 403 Forbidden");
}

TEST_F(RuntimeApiTest, WhatIsNotThereIsNotFound) {
    EXPECT_EQ(ask("GET", "elsewhere"), "HTTP/1.1 404 Not Found");
    EXPECT_EQ(ask("DELETE", "invocation/next"), "HTTP/1.1 404 Not Found");
}

}  // namespace
}  // namespace stepwell::function::testing
