// The main job at full load, and whether anything was lost or done twice.
//
// start → message with token → suspend → a worker receives → SendTaskSuccess → publish → end, in
// this process or, with --http, through `stepwell serve`. One JSON object on stdout, progress on
// stderr; exit 1 unless the ledger balances.
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "json/writer.hpp"
#include "soak.hpp"

namespace {

using namespace stepwell;
using bench::SoakOptions;
using bench::SoakReport;

const std::map<std::string_view, Durability> durabilities{
    {"sync", Durability::sync}, {"os", Durability::os}, {"none", Durability::none}};

std::string_view name_of(Durability durability) {
    for (const auto& [name, value] : durabilities) {
        if (value == durability) return name;
    }
    return {};
}

constexpr const char* help =
    R"(Runs the callback pattern at full load and checks that nothing is lost.
Usage: stepwell_soak [OPTIONS]

Options:
  -h,--help             Print this help message and exit
  --executions N        How many to run
  --seconds S           How long to start new ones (10, unless --executions is given)
  --waiting N           Further executions that wait all the while
  --passivate           Let those leave memory, which else stay in it; not with --http
  --durability WORD     sync, os or none (sync)
  --shards N            Threads that run executions, 1 to 256 (as many as processors)
  --payload N           Bytes of input and output, 16 to 200000 (300)
  --in-flight N         Executions under way at a time, 1 to 1000000 (1024; with --http 4096)
  --rate N              Start so many a second, however long each takes; the latency counts
                        from the moment at which it was due
  --series FILE         Write rate, latency, memory, log and syncs of each second, as CSV
  --http                Through a server that is started for it
  --connections N       Connections to the server, 2 to 1024 (256); needs --http
  --kills N             End the load after so many kills; needs --http
  --kill-every S        Kill the server at random moments, on average every so many seconds;
                        needs --http
  --json                Print the result as JSON; it is always
)";

/// Ends the program: the command line is wrong.
[[noreturn]] void refuse(const std::string& why) {
    std::fprintf(stderr, "%s\nRun with --help for more information.\n", why.c_str());
    std::exit(2);
}

/// What follows an option: its name, for complaints, and its text.
struct Argument {
    std::string name;
    std::string_view text;

    [[noreturn]] void refuse_for(const std::string& why) const {
        refuse("--" + name + ": Value " + std::string(text) + " " + why);
    }

    template <class Number>
    Number number() const {
        Number value{};
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error != std::errc{} || stop != end) refuse_for("is no such number");
        return value;
    }
    template <class Number>
    Number number(Number least, Number most) const {
        const auto value = number<Number>();
        if (!(value >= least) || value > most) {
            refuse_for("not in range " + std::to_string(least) + " to " + std::to_string(most));
        }
        return value;
    }
    double seconds() const {
        const auto value = number<double>();
        if (!(value >= 0) || !std::isfinite(value)) refuse_for("is no time in seconds");
        return value;
    }
    Durability durability() const {
        const auto found = durabilities.find(text);
        if (found == durabilities.end()) refuse_for("is not sync, os or none");
        return found->second;
    }
};

using Take = void (*)(SoakOptions& options, const Argument& argument);

struct Option {
    const char* name;
    Take take;
    bool has_argument = true;
    bool needs_http = false;
};

constexpr Option known_options[] = {
    {"executions",
     [](SoakOptions& o, const Argument& a) { o.executions = a.number<std::uint64_t>(); }},
    {"seconds", [](SoakOptions& o, const Argument& a) { o.seconds = a.seconds(); }},
    {"waiting", [](SoakOptions& o, const Argument& a) { o.waiting = a.number<std::uint64_t>(); }},
    {"passivate", [](SoakOptions& o, const Argument&) { o.passivates = true; }, false},
    {"durability", [](SoakOptions& o, const Argument& a) { o.durability = a.durability(); }},
    {"shards", [](SoakOptions& o, const Argument& a) { o.shards = a.number(1U, 256U); }},
    {"payload", [](SoakOptions& o,
                   const Argument& a) { o.payload_bytes = a.number<std::size_t>(16, 200'000); }},
    {"in-flight",
     [](SoakOptions& o, const Argument& a) {
         o.in_flight_max = a.number<std::uint64_t>(1, 1'000'000);
     }},
    {"rate", [](SoakOptions& o, const Argument& a) { o.rate = a.number(1.0, 1e7); }},
    {"series", [](SoakOptions& o, const Argument& a) { o.series_path = a.text; }},
    {"http", [](SoakOptions& o, const Argument&) { o.is_http = true; }, false},
    {"connections", [](SoakOptions& o, const Argument& a) { o.connections = a.number(2U, 1'024U); },
     true, true},
    {"kills", [](SoakOptions& o, const Argument& a) { o.kills = a.number<std::uint64_t>(); }, true,
     true},
    {"kill-every", [](SoakOptions& o, const Argument& a) { o.kill_every_s = a.seconds(); }, true,
     true},
    {"json", [](SoakOptions&, const Argument&) {}, false},
    {"help", [](SoakOptions&, const Argument&) { std::exit(std::fputs(help, stdout) < 0 ? 1 : 0); },
     false},
};

SoakOptions read_options(int argc, char** argv) {
    std::vector<option> names;
    for (const Option& known : known_options) {
        names.push_back(
            {known.name, known.has_argument ? required_argument : no_argument, nullptr, 0});
    }
    names.push_back({});
    SoakOptions options;
    options.shards = std::max(1U, std::thread::hardware_concurrency());
    const char* over_http = nullptr;  // an option that needs --http
    opterr = 0;                       // the complaints are ours
    int index = 0;
    for (int got; (got = getopt_long(argc, argv, ":h", names.data(), &index)) != -1;) {
        if (got == 'h') std::exit(std::fputs(help, stdout) < 0 ? 1 : 0);
        const std::string word = argv[optind - 1];
        if (got == ':') refuse(word + ": 1 required argument missing");
        if (got != 0) refuse("The following argument was not expected: " + word);
        const Option& known = known_options[index];
        if (known.needs_http) over_http = known.name;
        known.take(options, {known.name, optarg == nullptr ? std::string_view{} : optarg});
    }
    if (optind < argc) {
        refuse("The following argument was not expected: " + std::string(argv[optind]));
    }
    if (over_http != nullptr && !options.is_http) {
        refuse("--" + std::string(over_http) + " requires --http");
    }
    if (options.in_flight_max == 0) options.in_flight_max = options.is_http ? 4'096 : 1'024;
    if (options.executions == 0 && options.seconds == 0 && options.kills == 0) options.seconds = 10;
    return options;
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
    out.member_integer("passivated", integer(report.passivated));
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
    if (options.rate > 0) out.key("rate").number(options.rate);
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
    const SoakOptions options = read_options(argc, argv);
    const SoakReport report =
        options.is_http ? bench::soak_http(options) : bench::soak_in_process(options);
    print(options, report);
    return report.is_balanced() ? 0 : 1;
}
