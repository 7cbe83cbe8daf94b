#include <gtest/gtest.h>

#include <string>

#include "cli/served.hpp"
#include "wire/raw_client.hpp"

namespace stepwell::cli {
namespace {

std::string address_of(const std::string& line) {
    constexpr std::string_view start = "listening on http://";
    EXPECT_TRUE(line.starts_with(start)) << line;
    return line.substr(std::min(start.size(), line.size()));
}

std::string call(const std::string& address, const std::string& target, const std::string& body) {
    wire::RawClient client{address};
    std::string request{"POST / HTTP/1.1\r\nHost: "};
    request.append(address)
        .append("\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: ")
        .append(target);
    request.append("\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n\r\n")
        .append(body);
    client.send(request);
    return client.read_reply();
}

class Serve : public testing::Test {
 protected:
    std::vector<std::string> arguments(std::vector<std::string> more = {}) {
        std::vector<std::string> all{"serve", "--listen", "127.0.0.1:0", "--data", data_.path()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    TestDirectory data_;
};

TEST_F(Serve, PrintsOneLineWhenItAnswersAndEndsWith0OnASignal) {
    for (const int signal : {SIGTERM, SIGINT}) {
        Served server{arguments()};
        const std::string address = address_of(server.read_line());
        EXPECT_EQ(wire::status_of(call(address, "AWSStepFunctions.ListStateMachines", "{}")),
                  "HTTP/1.1 200 OK");
        server.signal(signal);
        EXPECT_EQ(server.read_rest(), "") << "one line only";
        EXPECT_EQ(server.wait(), 0);
    }
}

TEST_F(Serve, AnAcknowledgedCallSurvivesKill) {
    {
        Served server{arguments()};
        const std::string address = address_of(server.read_line());
        EXPECT_EQ(
            wire::status_of(call(address, "AmazonSQS.CreateQueue", R"({"QueueName":"kept"})")),
            "HTTP/1.1 200 OK");
        server.signal(SIGKILL);
        EXPECT_EQ(server.wait(), 128 + SIGKILL);
    }
    Served server{arguments()};
    const std::string address = address_of(server.read_line());
    EXPECT_NE(call(address, "AmazonSQS.ListQueues", "{}").find("/kept"), std::string::npos);
}

TEST_F(Serve, ASignalIsNotHeldUpByAClientThatWaitsForAMessage) {
    Served server{arguments()};
    const std::string address = address_of(server.read_line());
    call(address, "AmazonSQS.CreateQueue", R"({"QueueName":"q"})");
    wire::RawClient poller{address};
    const std::string body =
        R"({"QueueUrl":"http://localhost/000000000000/q","WaitTimeSeconds":20})";
    std::string request{
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: "
        "AmazonSQS.ReceiveMessage\r\nContent-Length: "};
    poller.send(request.append(std::to_string(body.size())).append("\r\n\r\n").append(body));
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
}

TEST_F(Serve, ASecondServerOnTheDataOrThePortIsTurnedAway) {
    Served server{arguments()};
    const std::string address = address_of(server.read_line());
    Outcome outcome = run_program("serve --listen 127.0.0.1:0 --data " + data_.path());
    EXPECT_EQ(outcome.exit_code, 75);
    EXPECT_NE(outcome.output.find("is in use by process"), std::string::npos) << outcome.output;
    const TestDirectory other;
    outcome = run_program("serve --listen " + address + " --data " + other.path());
    EXPECT_EQ(outcome.exit_code, 75);
    EXPECT_NE(outcome.output.find("cannot listen on " + address), std::string::npos)
        << outcome.output;
}

TEST_F(Serve, OtherMachinesAreLetInOnlyByName) {
    const Outcome refused = run_program("serve --listen 0.0.0.0:0 --data " + data_.path());
    EXPECT_EQ(refused.exit_code, 4);
    EXPECT_NE(refused.output.find("--allow-host"), std::string::npos) << refused.output;

    Served server{{"serve", "--listen", "0.0.0.0:0", "--data", data_.path(), "--allow-host",
                   "stepwell.test"}};
    const std::string address = address_of(server.read_line());
    wire::RawClient client{address};
    client.send("GET /_stepwell/health HTTP/1.1\r\nHost: stepwell.test\r\n\r\n");
    EXPECT_EQ(wire::status_of(client.read_reply()), "HTTP/1.1 200 OK");
    client.send("GET /_stepwell/health HTTP/1.1\r\nHost: other.test\r\n\r\n");
    EXPECT_EQ(wire::status_of(client.read_reply()), "HTTP/1.1 403 Forbidden");
}

TEST_F(Serve, WrongOptionsAreUsageErrors) {
    EXPECT_EQ(run_program("serve --listen nonsense --data " + data_.path()).exit_code, 2);
    EXPECT_EQ(run_program("serve --durability perhaps").exit_code, 2);
    EXPECT_EQ(run_program("serve --shards 0").exit_code, 2);
}

}  // namespace
}  // namespace stepwell::cli
