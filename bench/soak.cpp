// The main job at full load, and whether anything was lost or done twice.
//
// start → message with token → suspend → a worker receives → SendTaskSuccess → publish → end, in
// this process or, with --http, through `stepwell serve`. One JSON object on stdout, progress on
// stderr; exit 1 unless the ledger balances.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <thread>

#include "json/writer.hpp"
#include "soak.hpp"

namespace {

using namespace stepwell;
using bench::SoakOptions;
using bench::SoakReport;

const std::map<std::string, Durability> durabilities{
    {"sync", Durability::sync}, {"os", Durability::os}, {"none", Durability::none}};

std::string_view name_of(Durability durability) {
    for (const auto& [name, value] : durabilities) {
        if (value == durability) return name;
    }
    return {};
}

void add_options(CLI::App& app, SoakOptions& options) {
    app.add_option("--executions", options.executions, "How many to run");
    app.add_option("--seconds", options.seconds,
                   "How long to start new ones (10, unless --executions is given)")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--waiting", options.waiting, "Further executions that wait all the while");
    app.add_option("--durability", options.durability, "sync, os or none")
        ->transform(CLI::CheckedTransformer(durabilities));
    app.add_option("--shards", options.shards, "Threads that run executions")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    app.add_option("--payload", options.payload_bytes, "Bytes of input and output")
        ->check(CLI::Range(16, 200'000))
        ->capture_default_str();
    app.add_option("--in-flight", options.in_flight_max, "Executions under way at a time")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    CLI::Option* const http =
        app.add_flag("--http", options.is_http, "Through a server that is started for it");
    app.add_option("--connections", options.connections, "Connections to the server")
        ->needs(http)
        ->check(CLI::Range(2, 1'024))
        ->capture_default_str();
    app.add_option("--kills", options.kills, "End the load after so many kills")->needs(http);
    app.add_option("--kill-every", options.kill_every_s,
                   "Kill the server at random moments, on average every so many seconds")
        ->needs(http)
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--json")->description("Print the result as JSON; it is always");
}

void print(const SoakOptions& options, const SoakReport& report) {
    const std::uint64_t executions = report.succeeded + report.failed;
    const auto per_execution = [&](double value) {
        return executions == 0 ? 0 : value / static_cast<double>(executions);
    };
    const auto integer = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    json::Writer out;
    out.begin_object();
    out.key("callback_executions_per_s")
        .number(report.seconds > 0 ? static_cast<double>(executions) / report.seconds : 0);
    out.key("latency_us").begin_object();
    out.member_integer("p50", integer(report.latency_p50_us));
    out.member_integer("p99", integer(report.latency_p99_us));
    out.member_integer("p999", integer(report.latency_p999_us)).end_object();
    out.key("cpu_us_per_execution").number(per_execution(report.cpu_us));
    if (options.is_http)
        out.key("cpu_us_server_per_execution").number(per_execution(report.cpu_us_server));
    out.key("journal_bytes_per_execution").number(per_execution(report.journal_bytes));
    out.key("rss_bytes_per_waiting_execution").number(report.rss_bytes_per_waiting);
    out.member_integer("rss_bytes_start", integer(report.rss_bytes_start));
    out.member_integer("rss_bytes_middle", integer(report.rss_bytes_middle));
    out.member_integer("rss_bytes_end", integer(report.rss_bytes_end));
    out.member_integer("waiting", integer(report.waiting));
    out.member_integer("started", integer(report.started));
    out.member_integer("succeeded", integer(report.succeeded));
    out.member_integer("failed", integer(report.failed));
    out.member_integer("duplicates", integer(report.duplicates));
    out.member_integer("lost", integer(report.lost));
    if (options.is_http) {
        out.member_integer("kills", integer(report.kills));
        out.member_integer("redelivered", integer(report.redelivered));
        out.member_integer("histories_checked", integer(report.histories_checked));
        out.member_integer("connections", options.connections);
    }
    out.key("restart_seconds").number(report.restart_seconds);
    out.key("restart_cpu_seconds").number(report.restart_cpu_seconds);
    out.key("seconds").number(report.seconds);
    out.key("fsync_us").number(report.fsync_us);
    out.member_integer("in_flight_max", integer(options.in_flight_max));
    out.member_integer("payload_bytes", integer(options.payload_bytes));
    out.member("durability", name_of(options.durability));
    out.member_integer("shards", options.shards);
    out.member("transport", options.is_http ? "http" : "in process");
    out.key("faults").begin_array();
    for (const std::string& fault : report.faults) out.string(fault);
    out.end_array().end_object();
    std::printf("%s\n", out.take().c_str());
}

}  // namespace

int main(int argc, char** argv) {
    SoakOptions options;
    options.shards = std::max(1U, std::thread::hardware_concurrency());
    CLI::App app{"Runs the callback pattern at full load and checks that nothing is lost."};
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);
    if (options.executions == 0 && options.seconds == 0 && options.kills == 0) options.seconds = 10;

    const SoakReport report =
        options.is_http ? bench::soak_http(options) : bench::soak_in_process(options);
    print(options, report);
    return report.is_balanced() ? 0 : 1;
}
