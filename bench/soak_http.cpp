// The main job through `stepwell serve`, which is killed now and then if asked for.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "http_client.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "soak.hpp"
#include "soak_http_load.hpp"
#include "soak_ledger.hpp"
#include "soak_measures.hpp"
#include "soak_series.hpp"
#include "soak_server.hpp"
#include "soak_target.hpp"

namespace stepwell::bench {

namespace {

using std::chrono::milliseconds;

/// Kills the server at random moments and brings it back.
class Killer {
 public:
    Killer(ServerProcess& server, HttpLoad& load, double every_s)
        : server_(server), load_(load), mean_s_(every_s), random_(Random::from_system()) {
        choose_next();
    }

    milliseconds until_next() const {
        return std::chrono::duration_cast<milliseconds>(next_ - std::chrono::steady_clock::now());
    }
    bool is_due() const { return until_next() <= milliseconds{0}; }

    void kill() {
        load_.server_goes();
        server_.kill();
        ++kills_;
        server_.launch();
        // Now and then it does not get far before it is killed again.
        if (random_.next() % 4 == 0) {
            constexpr std::uint64_t first_ms = 50;
            load_.wait_until_done(milliseconds{random_.next() % first_ms});
            server_.kill();
            ++kills_;
            server_.launch();
        }
        server_.wait_until_ready();
        load_.server_is_back();
        choose_next();
    }
    std::uint64_t kills() const noexcept { return kills_; }

 private:
    void choose_next() {
        const double wait_s = -mean_s_ * std::log1p(-random_.next_fraction());
        next_ = std::chrono::steady_clock::now() +
                std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                    std::chrono::duration<double>(wait_s));
    }

    ServerProcess& server_;
    HttpLoad& load_;
    const double mean_s_;
    Random random_;
    std::chrono::steady_clock::time_point next_;
    std::uint64_t kills_ = 0;
};

void run_load(const SoakOptions& options, ServerProcess& server, HttpLoad& load,
              SoakReport& report) {
    const double seconds_max =
        options.seconds > 0 ? options.seconds : std::numeric_limits<double>::infinity();
    constexpr milliseconds second{1'000};
    std::optional<Killer> killer;
    if (options.kill_every_s > 0) killer.emplace(server, load, options.kill_every_s);
    Progress progress;
    double reported = 0;
    SoakSeries series(options.series_path, load.latencies());
    const std::uint64_t written_before = server.written_bytes();
    load.begin();
    for (;;) {
        const milliseconds patience =
            killer.has_value() ? std::clamp(killer->until_next(), milliseconds{0}, second) : second;
        if (load.wait_until_done(patience)) break;
        if (server.has_died()) give_up("the server has ended");
        if (killer.has_value() && killer->is_due()) {
            killer->kill();
            report.kills = killer->kills();
        }
        const double elapsed = progress.seconds();
        const bool has_killed_enough = options.kills > 0 && report.kills >= options.kills;
        if (elapsed >= seconds_max || has_killed_enough) load.stop_starting();
        const bool is_half_done =
            elapsed >= seconds_max / 2 ||
            (options.executions > 0 && load.ended() >= options.executions / 2);
        if (report.rss_bytes_middle == 0 && is_half_done)
            report.rss_bytes_middle = server.rss_bytes();
        if (elapsed - reported < 1) continue;
        reported = elapsed;
        const SoakCounts counts{load.ended(), server.rss_bytes(),
                                server.written_bytes() - written_before, 0, report.kills};
        std::string note = series.sample(elapsed, counts);
        if (killer.has_value()) note += "  " + std::to_string(report.kills) + " kills";
        if (!progress.report(load.started(), load.ended(), note)) give_up("executions do not end");
    }
    report.seconds = progress.seconds();
}

/// Waits until the workers have deleted every message, also those that come again.
void wait_for_empty_queue(HttpLoad& load, const SoakTarget& target) {
    HttpClient client(target.port);
    json::Writer body;
    body.begin_object().member("QueueUrl", target.queue_url).key("AttributeNames").begin_array();
    body.string("All").end_array().end_object();
    const auto began = std::chrono::steady_clock::now();
    while (!load.is_over()) {
        const auto reply = client.call("AmazonSQS.GetQueueAttributes", body.text());
        if (!reply.has_value()) give_up("GetQueueAttributes: the connection broke");
        const auto answer = json::Document::parse(reply->body);
        const json::Value attributes = *answer->root().find("Attributes");
        const bool is_empty =
            attributes.find("ApproximateNumberOfMessages")->string() == "0" &&
            attributes.find("ApproximateNumberOfMessagesNotVisible")->string() == "0";
        if (is_empty) return;
        constexpr std::chrono::seconds patience{30};
        if (std::chrono::steady_clock::now() - began > patience)
            give_up("messages are left in the queue: " + reply->body);
        load.wait_for_deletion(milliseconds{100});
    }
}

void park(const SoakOptions& options, ServerProcess& server, HttpLoad& load, SoakReport& report) {
    if (options.waiting == 0) return;
    const std::uint64_t before = server.rss_bytes();
    load.park();
    const std::uint64_t after = server.rss_bytes();
    report.rss_bytes_per_waiting =
        static_cast<double>(after - std::min(before, after)) / static_cast<double>(options.waiting);
}

void measure_restart(ServerProcess& server, SoakReport& report) {
    server.kill();
    const double cpu_before = server.cpu_us();
    const Progress clock;
    server.launch();
    server.wait_until_ready();
    report.restart_seconds = clock.seconds();
    report.restart_cpu_seconds = (server.cpu_us() - cpu_before) / 1e6;
}

}  // namespace

SoakReport soak_http(const SoakOptions& options) {
    const TemporaryDirectory directory;
    SoakReport report;
    report.fsync_us = fsync_us_in(directory.path());
    ServerProcess server(directory.path(), options);
    server.launch();
    server.wait_until_ready();
    // What was on its way to a worker in a kill comes again when it is visible again.
    const SoakTarget target =
        create_target(server.port(), options.kill_every_s > 0 ? std::chrono::seconds{5}
                                                              : std::chrono::seconds{600});
    HttpLoad load(target, options);
    park(options, server, load, report);

    report.rss_bytes_start = server.rss_bytes();
    const double cpu_before = server.cpu_us();
    const double own_cpu_before = cpu_us_of(getpid());
    const std::uint64_t written_before = server.written_bytes();
    run_load(options, server, load, report);
    report.cpu_us_server = server.cpu_us() - cpu_before;
    report.cpu_us = report.cpu_us_server + cpu_us_of(getpid()) - own_cpu_before;
    report.journal_bytes = static_cast<double>(server.written_bytes() - written_before);
    report.rss_bytes_end = server.rss_bytes();
    report.latency_p50_us = load.latencies().percentile_us(0.5);
    report.latency_p99_us = load.latencies().percentile_us(0.99);
    report.latency_p999_us = load.latencies().percentile_us(0.999);

    wait_for_empty_queue(load, target);
    load.end();
    if (options.durability != Durability::none) measure_restart(server, report);
    check_ledger(load, target, options, report);
    if (const int status = server.stop(); status != 0)
        report.faults.push_back("the server ended with " + std::to_string(status));
    if (options.durability != Durability::none && server.check_data() != 0)
        report.faults.push_back("the doctor found the data directory damaged");
    return report;
}

}  // namespace stepwell::bench
