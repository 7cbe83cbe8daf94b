// What the engine is compared with, run alone: the bare sketch, or the plain way.
//
// One JSON object on stdout, with the keys of stepwell_soak as far as they apply. Exit 1 when an
// execution was lost.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "baseline/baseline.hpp"
#include "json/writer.hpp"

namespace {

using namespace stepwell;
using bench::BaselineOptions;
using bench::BaselineReport;

constexpr const char* usage =
    R"(Runs the callback pattern without an engine, to compare one with.
Usage: stepwell_baseline --sketch|--plain [OPTIONS]

  --sketch           Nothing but the bare steps
  --plain            A mutex, a hash map and SQLite, a transaction for each step
  --durability WORD  sync or none (sync)
  --seconds S        How long (5)
  --waiting N        Further executions that wait all the while
  --in-flight N      Executions of the sketch under way at a time, 64 to 1000000 (16384)
  --json             Print the result as JSON; it is always
)";

[[noreturn]] void refuse(std::string_view why) {
    std::fprintf(stderr, "%s: %s\n%s", "stepwell_baseline", std::string(why).c_str(), usage);
    std::exit(2);
}

template <class Number>
Number number(std::string_view text, Number least, Number most) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || !(value >= least) || value > most)
        refuse(std::string(text) + " is no such number");
    return value;
}

using Run = BaselineReport (*)(const BaselineOptions&);

struct Asked {
    BaselineOptions options;
    Run run = nullptr;
    std::string_view name;
    std::string_view durability = "sync";
};

Asked read_options(int argc, char** argv) {
    Asked asked;
    for (int at = 1; at < argc; ++at) {
        const std::string_view word = argv[at];
        if (word == "--json") continue;
        if (word == "--sketch" || word == "--plain") {
            asked.name = word.substr(2);
            asked.run = word == "--sketch" ? bench::run_sketch : bench::run_plain;
            continue;
        }
        if (++at == argc) refuse(std::string(word) + " is not known, or lacks its argument");
        const std::string_view text = argv[at];
        if (word == "--seconds") {
            asked.options.seconds = number(text, 0.0, 86'400.0);
        } else if (word == "--waiting") {
            asked.options.waiting = number<std::uint64_t>(text, 0, 50'000'000);
        } else if (word == "--in-flight") {
            asked.options.in_flight_max = number<std::uint64_t>(text, 64, 1'000'000);
        } else if (word == "--durability" && (text == "sync" || text == "none")) {
            asked.durability = text;
            asked.options.durability = text == "sync" ? Durability::sync : Durability::none;
        } else {
            refuse(std::string(word) + " " + std::string(text) + " was not expected");
        }
    }
    if (asked.run == nullptr) refuse("--sketch or --plain?");
    return asked;
}

void print(const Asked& asked, const BaselineReport& report) {
    const auto integer = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    const auto executions = static_cast<double>(report.succeeded);
    const auto each = [&](double value) { return executions > 0 ? value / executions : 0; };
    json::Writer out;
    out.begin_object().member("baseline", asked.name);
    out.key("callback_executions_per_s")
        .number(report.seconds > 0 ? executions / report.seconds : 0);
    out.key("latency_us").begin_object();
    out.member_integer("p50", integer(report.latency_p50_us));
    out.member_integer("p99", integer(report.latency_p99_us));
    out.member_integer("p999", integer(report.latency_p999_us)).end_object();
    out.key("cpu_us_per_execution").number(each(report.cpu_us));
    out.key("journal_bytes_per_execution").number(each(report.journal_bytes));
    out.key("rss_bytes_per_waiting_execution").number(report.rss_bytes_per_waiting);
    out.member_integer("waiting", integer(asked.options.waiting));
    out.member_integer("started", integer(report.started));
    out.member_integer("succeeded", integer(report.succeeded));
    out.member_integer("lost", integer(report.started - report.succeeded));
    out.key("seconds").number(report.seconds);
    out.key("fsync_us").number(report.fsync_us);
    out.member_integer("in_flight_max", integer(asked.options.in_flight_max));
    out.member_integer("payload_bytes", integer(asked.options.payload_bytes));
    out.member("durability", asked.durability).end_object();
    std::printf("%s\n", out.take().c_str());
}

}  // namespace

int main(int argc, char** argv) {
    const Asked asked = read_options(argc, argv);
    const BaselineReport report = asked.run(asked.options);
    print(asked, report);
    return report.succeeded > 0 && report.started == report.succeeded ? 0 : 1;
}
