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

TEST_F(Serve, AYearPassesByAVirtualClockWhenNothingElseCan) {
    Served server{arguments({"--clock", "virtual"})};
    const std::string address = address_of(server.read_line());
    const std::string definition =
        R"({\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":31536000,\"End\":true}}})";
    call(address, "AWSStepFunctions.CreateStateMachine",
         R"({"name":"m","roleArn":"arn:aws:iam::000000000000:role/r","definition":")" + definition +
             "\"}");
    call(
        address, "AWSStepFunctions.StartExecution",
        R"({"name":"e","stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"})");
    std::string described;
    while (described.find("SUCCEEDED") == std::string::npos) {
        described =
            call(address, "AWSStepFunctions.DescribeExecution",
                 R"({"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:e"})");
        ASSERT_EQ(described.find("FAILED"), std::string::npos) << described;
    }
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
}

TEST_F(Serve, ClockShowsAndMovesAVirtualClock) {
    Served server{arguments({"--clock", "virtual"})};
    const std::string at = " --endpoint http://" + address_of(server.read_line());
    Outcome outcome = run_program("clock pause" + at);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_NE(outcome.output.find("  virtual, pause\n"), std::string::npos) << outcome.output;
    const std::string before = run_program("clock" + at).output;
    EXPECT_EQ(run_program("clock show" + at).output, before);  // it stands still
    outcome = run_program("clock advance 365d1ms --json" + at);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    const std::string after = run_program("clock" + at).output;
    EXPECT_GT(after.substr(0, 4), before.substr(0, 4));  // the next year, at least
    EXPECT_NE(run_program("clock auto" + at).output.find("virtual, auto"), std::string::npos);
    EXPECT_EQ(run_program("clock advance" + at).exit_code, 2);
    for (const std::string duration :
         {"soon", "5", "5x", "0s", "1.5h", "36526d", "9223372036854775807d"})
        EXPECT_EQ(run_program("clock advance " + duration + at).exit_code, 2) << duration;
    EXPECT_EQ(run_program("clock pause 1s" + at).exit_code, 2);
}

TEST_F(Serve, TheMachinesClockCanOnlyBeShown) {
    Served server{arguments()};
    const std::string at = " --endpoint http://" + address_of(server.read_line());
    EXPECT_NE(run_program("clock" + at).output.find("  real\n"), std::string::npos);
    const Outcome outcome = run_program("clock advance 1h" + at);
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_NE(outcome.output.find("--clock virtual"), std::string::npos) << outcome.output;
    EXPECT_EQ(run_program("clock --endpoint http://127.0.0.1:1").exit_code, 75);
}

TEST_F(Serve, MetricsTellWhatWasDone) {
    Served server{arguments()};
    const std::string address = address_of(server.read_line());
    call(address, "AmazonSQS.CreateQueue", R"({"QueueName":"work"})");
    call(address, "AmazonSQS.SendMessage",
         R"({"QueueUrl":"http://)" + address + R"(/000000000000/work","MessageBody":"x"})");
    call(address, "AmazonSQS.GetQueueUrl", R"({"QueueName":"none"})");
    wire::RawClient client{address};
    client.send("GET /metrics HTTP/1.1\r\nHost: " + address + "\r\n\r\n");
    const std::string reply = client.read_reply();
    for (const std::string line :
         {"\nstepwell_queue_messages_visible{queue=\"work\"} 1\n",
          "\nstepwell_executions_running 0\n", "\nstepwell_executions_passivated 0\n",
          "\nstepwell_executions_resident 0\n", "\nstepwell_task_tokens_open 0\n",
          "\nstepwell_http_requests_total{service=\"sqs\",operation=\"SendMessage\",code=\"200\"} "
          "1\n",
          "\nstepwell_http_requests_total{service=\"sqs\",operation=\"GetQueueUrl\",code=\"400\"} "
          "1\n"}) {
        EXPECT_NE(reply.find(line), std::string::npos) << line << reply;
    }
    for (const std::string_view name :
         {"\nprocess_resident_memory_bytes ", "\nstepwell_journal_syncs_total ",
          "\nstepwell_journal_bytes_total "}) {
        const std::size_t found = reply.find(name);
        ASSERT_NE(found, std::string::npos) << name;
        EXPECT_NE(reply[found + name.size()], '0') << name;
    }
}

}  // namespace
}  // namespace stepwell::cli
