// What does the server pay for an HTTP request, next to nginx which answers without looking?
//
// stepwell_request_cost starts `stepwell serve --durability none`, lets executions wait for their
// callback, and sends their SendTaskSuccess over connections that are kept, one request at a time
// on each, then pipelined by 16. nginx gets the same requests and answers each with 200 and {}. The
// server's CPU time is the kernel's count for its process; the execution that goes on with the
// answer is in it.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "callback_definition.hpp"
#include "http_flood.hpp"
#include "http_wire.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "nginx_process.hpp"
#include "soak_measures.hpp"
#include "soak_server.hpp"
#include "soak_target.hpp"

namespace {

using namespace stepwell;
using bench::FloodOptions;
using bench::FloodResult;

constexpr std::uint32_t pipelined = 16;
constexpr std::size_t payload_bytes = 300;

struct Cost {
    double cpu_us_per_request = 0;
    double requests_per_s = 0;
};

std::string input_of(std::string_view filler) {
    json::Writer input;
    input.begin_object().member("data", filler).end_object();
    return input.take();
}

void check(const FloodResult& result, std::size_t expected, std::string_view what) {
    if (!result.fault.empty() || result.good != expected)
        bench::give_up(std::string(what) + ": " + result.fault);
}

std::vector<std::string> start_requests(const bench::SoakTarget& target, std::size_t count,
                                        const std::string& input) {
    json::Writer body;
    body.begin_object().member("stateMachineArn", target.machine_arn).member("input", input);
    body.end_object();
    return {count, bench::http_request("AWSStepFunctions.StartExecution", body.text())};
}

/// Receives `count` messages, and writes the request that completes each.
std::vector<std::string> completion_requests(const bench::SoakTarget& target,
                                             const FloodOptions& options, std::size_t count,
                                             const std::string& output) {
    json::Writer receive;
    receive.begin_object().member("QueueUrl", target.queue_url);
    receive.member_integer("MaxNumberOfMessages", 10).member_integer("WaitTimeSeconds", 1);
    receive.end_object();
    const std::vector<std::string> requests(
        options.connections, bench::http_request("AmazonSQS.ReceiveMessage", receive.text()));
    std::vector<std::string> completions;
    const auto on_body = [&](std::string_view text) {
        const auto received = json::Document::parse(text);
        if (!received.has_value()) bench::give_up("ReceiveMessage: " + std::string(text));
        const auto messages = received->root().find("Messages");
        if (!messages.has_value()) return;
        for (const json::Node& node : messages->elements()) {
            const auto message = json::Document::parse(json::Value{&node}.find("Body")->string());
            json::Writer body;
            body.begin_object();
            body.member("taskToken", message->root().find("TaskToken")->string());
            body.member("output", output).end_object();
            completions.push_back(
                bench::http_request("AWSStepFunctions.SendTaskSuccess", body.text()));
        }
    };
    while (completions.size() < count) {
        const std::size_t before = completions.size();
        check(bench::flood(options, requests, on_body), requests.size(), "ReceiveMessage");
        if (completions.size() == before) bench::give_up("messages are missing");
    }
    return completions;
}

template <class Server>
Cost measure(const Server& server, const FloodOptions& options,
             const std::vector<std::string>& requests) {
    const double before = server.cpu_us();
    const FloodResult result = bench::flood(options, requests);
    const double cpu_us = server.cpu_us() - before;
    check(result, requests.size(), "the measured requests");
    const auto count = static_cast<double>(requests.size());
    return {cpu_us / count, count / result.seconds};
}

/// Half of the requests one at a time on each connection, the others pipelined.
template <class Server>
std::pair<Cost, Cost> measure_both(const Server& server, FloodOptions options,
                                   const std::vector<std::string>& requests) {
    const auto half = requests.begin() + static_cast<std::ptrdiff_t>(requests.size() / 2);
    options.pipelined = 1;
    const Cost alone = measure(server, options, {requests.begin(), half});
    options.pipelined = pipelined;
    return {alone, measure(server, options, {half, requests.end()})};
}

void write(json::Writer& out, std::string_view name, const std::pair<Cost, Cost>& costs) {
    const auto write_one = [&out](std::string_view key, const Cost& cost) {
        out.key(key).begin_object().key("cpu_us_per_request").number(cost.cpu_us_per_request);
        out.key("requests_per_s").number(cost.requests_per_s).end_object();
    };
    out.key(name).begin_object();
    write_one("alone", costs.first);
    write_one("pipelined", costs.second);
    out.end_object();
}

std::size_t read_count(int argc, char** argv) {
    std::size_t count = 40'000;
    constexpr std::string_view usage =
        "Usage: stepwell_request_cost [--requests N] [--json]\n"
        "N requests (40000), of 64 connections; half of them pipelined by 16.\n";
    for (int at = 1; at < argc; ++at) {
        const std::string_view word = argv[at];
        if (word == "--json") continue;
        const std::string_view text = word == "--requests" && at + 1 < argc ? argv[++at] : "";
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, count);
        if (error != std::errc{} || stop != end || count < 2 || count > 10'000'000) {
            std::fputs(usage.data(), stderr);
            std::exit(2);
        }
    }
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t count = read_count(argc, argv);
    const bench::TemporaryDirectory directory;
    bench::SoakOptions server_options;
    server_options.durability = Durability::none;
    server_options.shards = std::max(1U, std::thread::hardware_concurrency());
    bench::ServerProcess server(directory.path(), server_options);
    server.launch();
    server.wait_until_ready();

    const bench::SoakTarget target = bench::create_target(server.port(), std::chrono::seconds{600});
    FloodOptions options;
    options.port = server.port();
    const std::string payload =
        input_of(bench::filler(payload_bytes, sizeof(R"({"data":""})") - 1));
    check(bench::flood(options, start_requests(target, count, payload)), count, "StartExecution");
    const std::vector<std::string> requests = completion_requests(target, options, count, payload);

    json::Writer out;
    out.begin_object();
    out.member_integer("requests", static_cast<std::int64_t>(count));
    out.member_integer("connections", options.connections).member("durability", "none");
    out.member_integer("request_bytes", static_cast<std::int64_t>(requests.front().size()));
    write(out, "stepwell", measure_both(server, options, requests));
    server.stop();
    if (bench::NginxProcess::is_installed()) {
        const bench::NginxProcess nginx(directory.path());
        options.port = nginx.port();
        write(out, "nginx", measure_both(nginx, options, requests));
    }
    out.end_object();
    std::printf("%s\n", out.take().c_str());
    return 0;
}
