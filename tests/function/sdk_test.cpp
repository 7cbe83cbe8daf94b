// Handlers that call AWS reach our server, whatever SDK they use, without their code being touched.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "function/fixture.hpp"

namespace stepwell::function::testing {
namespace {

/// A server on a loopback port that remembers the requests it gets and gives each the same answer.
class FakeEndpoint {
 public:
    FakeEndpoint() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(listener_, 16);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~FakeEndpoint() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::string requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

 private:
    void serve() {
        for (;;) {
            const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection < 0) return;
            const std::string request = read_request(connection);
            {
                const std::lock_guard lock(mutex_);
                requests_ += request + "\n";
            }
            const std::string answer =
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: "
                "2\r\n"
                "Connection: close\r\n\r\n{}";
            [[maybe_unused]] const ssize_t sent =
                ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
            ::close(connection);
        }
    }
    static std::string read_request(int connection) {
        std::string text;
        char buffer[4096];
        std::size_t expected = std::string::npos;
        while (text.size() < expected) {
            const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            text.append(buffer, static_cast<std::size_t>(count));
            const std::size_t end = text.find("\r\n\r\n");
            if (end == std::string::npos || expected != std::string::npos) continue;
            std::string head = text.substr(0, end);
            for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            const std::size_t length = head.find("content-length: ");
            expected =
                end + 4 + (length == std::string::npos ? 0 : std::stoul(head.substr(length + 16)));
        }
        return text;
    }

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::string requests_;
    std::thread thread_;
};

// AWS's sample, to the letter.
constexpr const char* sample_handler =
    R"(console.log('Loading function'); const aws = require('aws-sdk'); exports.lambda_handler = (event, context, callback) => { const stepfunctions = new aws.StepFunctions(); for (const record of event.Records) { const messageBody = JSON.parse(record.body); const taskToken = messageBody.TaskToken; const params = { output: "\"Callback task completed successfully.\"", taskToken: taskToken }; console.log(`Calling Step Functions to complete callback task with params ${JSON.stringify(params)}`); stepfunctions.sendTaskSuccess(params, (err, data) => { if (err) { console.error(err.message); callback(err.message); return; } console.log(data); callback(null); }); } };)";
constexpr const char* sample_event =
    R"({"Records":[{"messageId":"m","body":"{\"MessageTitle\":\"t\",\"TaskToken\":\"the-token\"}"}]})";

class Sdk : public FunctionsTest {
 protected:
    void SetUp() override {
        FunctionsTest::SetUp();
        const char* directory = std::getenv("STEPWELL_NODE_MODULES");
        Functions::Options options;
        if (directory != nullptr) options.sdk_directory = directory;
        restart(options);
        functions->set_endpoint(endpoint.url());
    }
    void need_node_sdk(const std::string& package) {
        const char* directory = std::getenv("STEPWELL_NODE_MODULES");
        if (!has_program("node") || directory == nullptr ||
            !std::filesystem::exists(std::string(directory) + "/" + package)) {
            GTEST_SKIP() << "STEPWELL_NODE_MODULES names no directory with " << package;
        }
    }
    void slow_node(const std::string& text, const std::string& handler,
                   const std::string& file = "index.js") {
        FunctionConfiguration c = configuration("f", "nodejs16.x", handler);
        ASSERT_TRUE(create(c, make_zip(file, text)).has_value());
    }

    FakeEndpoint endpoint;
};

TEST_F(Sdk, AwsSampleHandlerRunsUnmodified) {
    need_node_sdk("aws-sdk");
    if (IsSkipped()) return;
    slow_node(sample_handler, "index.lambda_handler");
    const InvokeOutput output = invoke(sample_event);
    EXPECT_EQ(output.function_error, "") << output.payload;
    EXPECT_EQ(output.payload, "null");
    const std::string request = endpoint.requests();
    EXPECT_NE(request.find("AWSStepFunctions.SendTaskSuccess"), std::string::npos) << request;
    EXPECT_NE(
        request.find(
            R"({"output":"\"Callback task completed successfully.\"","taskToken":"the-token"})"),
        std::string::npos)
        << request;
    EXPECT_NE(request.find("Host: " + endpoint.url().substr(7)), std::string::npos) << request;
    EXPECT_NE(log().find("INFO\tLoading function\n"), std::string::npos) << log();
    EXPECT_EQ(log().find("maintenance mode"), std::string::npos);
}

constexpr const char* v3_handler_body =
    "await new SFNClient({}).send(new SendTaskSuccessCommand({ taskToken: 't3', output: '{}' })); "
    "return 'sent';";

TEST_F(Sdk, VersionThreeIsFoundByRequire) {
    need_node_sdk("@aws-sdk/client-sfn");
    if (IsSkipped()) return;
    slow_node(
        "const { SFNClient, SendTaskSuccessCommand } = require('@aws-sdk/client-sfn');\n"
        "exports.handler = async () => { " +
            std::string(v3_handler_body) + " };",
        "index.handler");
    EXPECT_EQ(invoke().payload, R"("sent")");
    EXPECT_NE(endpoint.requests().find(R"("taskToken":"t3")"), std::string::npos);
}

TEST_F(Sdk, VersionThreeIsFoundByImport) {
    need_node_sdk("@aws-sdk/client-sfn");
    if (IsSkipped()) return;
    slow_node(
        "import { SFNClient, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';\n"
        "export const handler = async () => { " +
            std::string(v3_handler_body) + " };",
        "index.handler", "index.mjs");
    EXPECT_EQ(invoke().payload, R"("sent")");
    EXPECT_NE(endpoint.requests().find(R"("taskToken":"t3")"), std::string::npos);
}

TEST_F(Sdk, PackagedModulesWin) {
    need_node_sdk("aws-sdk");
    if (IsSkipped()) return;
    const auto zip = make_zip({{"index.js", "exports.handler = async () => require('aws-sdk');"},
                               {"node_modules/aws-sdk/index.js", "module.exports = 'my own';"}});
    ASSERT_TRUE(create(configuration("f", "nodejs16.x", "index.handler"), zip).has_value());
    EXPECT_EQ(invoke().payload, R"("my own")");
}

struct Call {
    const char* name;
    const char* text;
};
class NodeHttpCall : public Sdk, public ::testing::WithParamInterface<Call> {};

TEST_P(NodeHttpCall, ToAwsGoesToTheEndpoint) {
    if (!has_program("node")) GTEST_SKIP() << "node is not installed";
    slow_node(GetParam().text, "index.handler", "index.mjs");
    EXPECT_EQ(invoke().payload, R"("{}")");
    EXPECT_NE(endpoint.requests().find("/path?a=1 HTTP/1.1"), std::string::npos)
        << endpoint.requests();
    EXPECT_NE(endpoint.requests().find("ost: " + endpoint.url().substr(7)), std::string::npos)
        << endpoint.requests();
}

INSTANTIATE_TEST_SUITE_P(
    All, NodeHttpCall,
    ::testing::Values(
        Call{"NamedImport",
             "import { request } from 'https';\nexport const handler = () => new Promise((resolve, "
             "reject) => {\n"
             "  request({ hostname: 'sqs.us-east-1.amazonaws.com', path: '/path?a=1', headers: { "
             "host: 'sqs.us-east-1.amazonaws.com' } },\n"
             "    (response) => { let text = ''; response.on('data', (d) => text += d); "
             "response.on('end', () => resolve(text)); })\n"
             "    .on('error', reject).end(); });"},
        Call{"GetOfUrl",
             "import https from 'https';\nexport const handler = () => new Promise((resolve, "
             "reject) => {\n"
             "  https.get('https://states.us-east-1.amazonaws.com/path?a=1', (response) => { let "
             "text = '';\n"
             "    response.on('data', (d) => text += d); response.on('end', () => resolve(text)); "
             "}).on('error', reject); });"},
        Call{"UrlAndOptions",
             "import https from 'https';\nexport const handler = () => new Promise((resolve, "
             "reject) => {\n"
             "  https.request(new URL('https://lambda.eu-west-1.api.aws/path?a=1'), { method: "
             "'POST' }, (response) => { let text = '';\n"
             "    response.on('data', (d) => text += d); response.on('end', () => resolve(text)); "
             "}).on('error', reject).end('x'); });"},
        Call{"Fetch",
             "export const handler = async () => (await "
             "fetch('https://sns.us-east-1.amazonaws.com/path?a=1', { method: 'POST', body: 'x' }))"
             ".text();"},
        Call{"FetchOfRequest",
             "export const handler = async () => (await fetch(new "
             "Request('https://sns.us-east-1.amazonaws.com/path?a=1'))).text();"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Sdk, CallsElsewhereAreLeftAlone) {
    if (!has_program("node")) GTEST_SKIP() << "node is not installed";
    FakeEndpoint other;
    slow_node(
        "exports.handler = async () => (await fetch('" + other.url() + "/elsewhere')).status;",
        "index.handler");
    EXPECT_EQ(invoke().payload, "200");
    EXPECT_NE(other.requests().find("GET /elsewhere"), std::string::npos);
    EXPECT_EQ(endpoint.requests(), "");
}

TEST_F(Sdk, Boto3ReachesTheEndpoint) {
    if (std::system("/usr/bin/python3 -c 'import boto3' >/dev/null 2>&1") != 0)
        GTEST_SKIP() << "boto3 is not installed";
    Functions::Options options;
    options.python_executable = "/usr/bin/python3";
    restart(options);
    functions->set_endpoint(endpoint.url());
    python(
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('stepfunctions').send_task_success(taskToken='py', output='{}')\n    "
        "return 'sent'\n");
    const InvokeOutput output = invoke();
    EXPECT_EQ(output.payload, R"("sent")") << log();
    EXPECT_NE(endpoint.requests().find(R"("taskToken": "py")"), std::string::npos)
        << endpoint.requests();
}

}  // namespace
}  // namespace stepwell::function::testing
