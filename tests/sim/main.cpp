// stepwell_sim: runs seeds, each in a process of its own, and tells what they found.
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "json/writer.hpp"
#include "sim/mutant.hpp"
#include "sim/simulation.hpp"

namespace stepwell::sim {
namespace {

constexpr double nanos_per_year = 365.0 * 86'400e9;
constexpr unsigned seed_seconds_max = 120;

struct Arguments {
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 0;  // 0: by time, or one
    double minutes = 0;
    bool is_one_seed = false;
    bool is_json = false;
    bool is_verbose = false;
    std::string mutant;
};

double seconds_now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// What a child tells its parent: figures, then a line for each violation.
struct Figures {
    std::uint64_t trace_hash;
    std::uint64_t is_idle;
    std::int64_t simulated;
    std::uint64_t lives, power_losses, process_deaths, disk_failures, orderly_ends;
    std::uint64_t crashes_in_recovery, flips, flips_refused, disk_calls, commits, switches;
    std::uint64_t executions, completions, messages, events;
};

Figures figures_of(const Outcome& o) {
    return {o.trace_hash,
            static_cast<std::uint64_t>(o.is_idle),
            o.simulated,
            o.lives,
            o.power_losses,
            o.process_deaths,
            o.disk_failures,
            o.orderly_ends,
            o.crashes_in_recovery,
            o.flips,
            o.flips_refused,
            o.disk_calls,
            o.commits,
            o.switches,
            o.executions,
            o.completions,
            o.messages,
            o.events};
}

struct Totals {
    std::uint64_t seeds = 0;
    std::uint64_t failed_seeds = 0;
    Figures sum{};
    double busy_simulated = 0, busy_real = 0, idle_simulated = 0, idle_real = 0;
    std::uint64_t combined_hash = 0;
    double seconds = 0;
};

[[noreturn]] void run_child(std::uint64_t seed, int report) {
    ::alarm(seed_seconds_max);
    const auto place =
        std::filesystem::temp_directory_path() / ("stepwell-sim-" + std::to_string(::getpid()));
    std::filesystem::create_directories(place / "data");
    Outcome outcome;
    {
        auto* const simulation = new Simulation(seed, place);
        outcome = simulation->run();
    }
    std::error_code ignored;
    std::filesystem::remove_all(place, ignored);
    const Figures figures = figures_of(outcome);
    std::string text(reinterpret_cast<const char*>(&figures), sizeof figures);
    for (const std::string& violation : outcome.violations) text += violation + "\n";
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t count = ::write(report, text.data() + written, text.size() - written);
        if (count <= 0) std::_Exit(3);
        written += static_cast<std::size_t>(count);
    }
    std::_Exit(outcome.violations.empty() ? 0 : 1);
}

void add(Figures& sum, const Figures& one) {
    auto* const to = reinterpret_cast<std::uint64_t*>(&sum);
    const auto* const from = reinterpret_cast<const std::uint64_t*>(&one);
    for (std::size_t i = 1; i < sizeof(Figures) / 8; ++i) to[i] += from[i];
}

std::string how_it_ended(int status) {
    if (!WIFSIGNALED(status)) return "exit code " + std::to_string(WEXITSTATUS(status));
    if (WTERMSIG(status) == SIGALRM) return "it does not end";
    return "signal " + std::to_string(WTERMSIG(status)) + " (its words are above)";
}

/// Runs one seed in a child. True: nothing was violated.
bool run_seed(std::uint64_t seed, const Arguments& arguments, Totals& totals) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) std::abort();
    const double start = seconds_now();
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(pipe_ends[0]);
        run_child(seed, pipe_ends[1]);
    }
    ::close(pipe_ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(pipe_ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    const double real = seconds_now() - start;
    ++totals.seeds;
    Figures figures{};
    std::string violations;
    if (text.size() >= sizeof figures) {
        std::copy_n(text.data(), sizeof figures, reinterpret_cast<char*>(&figures));
        violations = text.substr(sizeof figures);
    } else {
        violations = how_it_ended(status) + "\n";
        std::error_code ignored;
        std::filesystem::remove_all(
            std::filesystem::temp_directory_path() / ("stepwell-sim-" + std::to_string(child)),
            ignored);
    }
    Figures counted = figures;
    counted.simulated = 0;  // whose sum its type would not hold
    add(totals.sum, counted);
    (figures.is_idle != 0 ? totals.idle_simulated : totals.busy_simulated) +=
        static_cast<double>(figures.simulated);
    (figures.is_idle != 0 ? totals.idle_real : totals.busy_real) += real;
    totals.combined_hash = (totals.combined_hash ^ figures.trace_hash) * 0x100000001b3;
    if (arguments.is_verbose || arguments.is_one_seed) {
        std::fprintf(stderr, "seed %llu  trace %016llx  %.2f years  %llu lives  %.2f s\n",
                     static_cast<unsigned long long>(seed),
                     static_cast<unsigned long long>(figures.trace_hash),
                     static_cast<double>(figures.simulated) / nanos_per_year,
                     static_cast<unsigned long long>(figures.lives), real);
    }
    if (violations.empty()) return true;
    ++totals.failed_seeds;
    std::fprintf(stderr, "seed %llu violates:\n%sreplay it with: ./dev sim --seed %llu%s%s\n",
                 static_cast<unsigned long long>(seed), violations.c_str(),
                 static_cast<unsigned long long>(seed),
                 arguments.mutant.empty() ? "" : " --mutant ", arguments.mutant.c_str());
    return false;
}

void print(const Totals& totals, const Arguments& arguments) {
    const Figures& sum = totals.sum;
    const double years = (totals.busy_simulated + totals.idle_simulated) / nanos_per_year;
    const double busy = totals.busy_real > 0 ? totals.busy_simulated / 1e9 / totals.busy_real : 0;
    const double idle = totals.idle_real > 0 ? totals.idle_simulated / 1e9 / totals.idle_real : 0;
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx",
                  static_cast<unsigned long long>(totals.combined_hash));
    json::Writer out;
    out.begin_object();
    const auto count = [&](const char* name, std::uint64_t value) {
        out.member_integer(name, static_cast<std::int64_t>(value));
    };
    count("seeds", totals.seeds);
    count("first_seed", arguments.first_seed);
    out.key("seconds").number(totals.seconds);
    out.key("simulated_years").number(years);
    out.key("speed_busy").number(busy);
    out.key("speed_idle").number(idle);
    count("lives", sum.lives);
    count("power_losses", sum.power_losses);
    count("process_deaths", sum.process_deaths);
    count("disk_failures", sum.disk_failures);
    count("orderly_ends", sum.orderly_ends);
    count("crashes_in_recovery", sum.crashes_in_recovery);
    count("bits_flipped", sum.flips);
    count("bits_refused", sum.flips_refused);
    count("disk_calls", sum.disk_calls);
    count("commits", sum.commits);
    count("executions", sum.executions);
    count("completions", sum.completions);
    count("messages", sum.messages);
    count("events_checked", sum.events);
    count("violating_seeds", totals.failed_seeds);
    out.member("trace_hash", hash).end_object();
    if (arguments.is_json) {
        std::printf("%s\n", std::string(out.text()).c_str());
        return;
    }
    std::string text(out.text());
    for (char& c : text) {
        if (c == ',') c = '\n';
    }
    std::erase_if(text, [](char c) { return c == '{' || c == '}' || c == '"'; });
    std::printf("%s\n", text.c_str());
}

[[noreturn]] void usage() {
    std::fputs(
        "stepwell_sim [--seed N] [--seeds N] [--first N] [--minutes M] [--mutant NAME] [--json] "
        "[--verbose]\n"
        "\n"
        "  --seed N       runs one seed\n"
        "  --seeds N      runs so many, from --first on (default 1)\n"
        "  --minutes M    runs seeds until the time is over\n"
        "  --mutant NAME  with a seeded bug; only in a build of mutants (./dev sim --mutants)\n"
        "\n"
        "Ends with 1 when an invariant was violated, and says which seed shows it.\n",
        stderr);
    std::exit(2);
}

Arguments parse(int count, char** words) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const auto value = [&] {
            if (++i >= count) usage();
            return words[i];
        };
        if (word == "--seed") {
            arguments.first_seed = std::strtoull(value(), nullptr, 10);
            arguments.seeds = 1;
            arguments.is_one_seed = true;
        } else if (word == "--seeds") {
            arguments.seeds = std::strtoull(value(), nullptr, 10);
        } else if (word == "--first") {
            arguments.first_seed = std::strtoull(value(), nullptr, 10);
        } else if (word == "--minutes") {
            arguments.minutes = std::strtod(value(), nullptr);
        } else if (word == "--mutant") {
            arguments.mutant = value();
        } else if (word == "--json") {
            arguments.is_json = true;
        } else if (word == "--verbose") {
            arguments.is_verbose = true;
        } else {
            usage();
        }
    }
    if (arguments.seeds == 0 && arguments.minutes == 0) arguments.seeds = 100;
    return arguments;
}

}  // namespace
}  // namespace stepwell::sim

int main(int count, char** words) {
    using namespace stepwell::sim;
    const Arguments arguments = parse(count, words);
    if (!arguments.mutant.empty() && !choose_mutant(arguments.mutant)) {
        std::fprintf(stderr, "no such mutant in this build: %s\n", arguments.mutant.c_str());
        return 2;
    }
    Totals totals;
    const double start = seconds_now();
    for (std::uint64_t seed = arguments.first_seed;; ++seed) {
        if (arguments.seeds != 0 && totals.seeds >= arguments.seeds) break;
        if (arguments.minutes > 0 && seconds_now() - start > 60 * arguments.minutes) break;
        const bool is_good = run_seed(seed, arguments, totals);
        if (!is_good && !arguments.mutant.empty()) break;  // it is caught
    }
    totals.seconds = seconds_now() - start;
    print(totals, arguments);
    return totals.failed_seeds == 0 ? 0 : 1;
}
