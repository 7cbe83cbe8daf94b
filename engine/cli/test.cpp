// stepwell test: finds test files, runs their cases on several threads, and tells what failed.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/input_file.hpp"
#include "cli/terminal.hpp"
#include "cli/testing/coverage.hpp"
#include "cli/testing/junit_report.hpp"
#include "cli/testing/test_file.hpp"
#include "cli/testing/test_world.hpp"
#include "cli/testing/verdict.hpp"

namespace stepwell::cli {

namespace {

constexpr ErrorKind file_unwritable{"FileUnwritable", 500, {}};

using Seconds = std::chrono::duration<double>;

/// Of cases that do not say when they start: 2025-01-01T00:00:00Z.
constexpr TimePoint first_moment{milliseconds{1'735'689'600'000}};

/// A case and what came of it.
struct Tried {
    const TestFile* file;
    const TestCase* test;
    std::vector<flow::Visit> visits = {};
    std::vector<std::string> failures = {};  ///< empty: it has passed
    Seconds took{};
};

/// Every file below the directory whose name ends so, ordered by name.
std::vector<std::filesystem::path> find_files(const std::filesystem::path& where,
                                              std::string_view ending) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    constexpr auto options = std::filesystem::directory_options::skip_permission_denied;
    for (std::filesystem::recursive_directory_iterator it(where, options, error), end;
         !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name == "node_modules" || (name.starts_with('.') && it->is_directory())) {
            it.disable_recursion_pending();
        } else if (name.ends_with(ending) && it->is_regular_file()) {
            found.push_back(it->path().lexically_normal());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string title_of(const Tried& tried) {
    return tried.file->path.string() + ": " + tried.test->name;
}

/// One thread's: takes the next case that none has taken, until there are no more.
class Worker {
 public:
    Worker(std::vector<Tried>& cases, std::atomic<std::size_t>& next)
        : cases_(cases), next_(next) {}

    void work() {
        // relaxed: each number is given once, and joining the thread shows what was done
        for (std::size_t i = next_.fetch_add(1, std::memory_order_relaxed); i < cases_.size();
             i = next_.fetch_add(1, std::memory_order_relaxed))
            try_out(cases_[i]);
    }

 private:
    void try_out(Tried& tried) {
        const auto begin = std::chrono::steady_clock::now();
        Result<CaseRun> run = run_case(*tried.file, *tried.test);
        tried.failures = run.has_value()
                             ? failures_of(*tried.file, *tried.test, *run)
                             : std::vector{"it could not run: " + run.error().message()};
        if (run.has_value()) tried.visits = std::move(run->visits);
        tried.took = std::chrono::steady_clock::now() - begin;
    }

    // What a case says of time and names has to be new in its world.
    Result<CaseRun> run_case(const TestFile& file, const TestCase& test) {
        const bool is_apart = test.now.has_value() || !test.execution_name.empty();
        std::unique_ptr<TestWorld> own;
        std::unique_ptr<TestWorld>& world = is_apart ? own : shared_;
        if (world != nullptr && !world->takes(file)) world = nullptr;
        if (world == nullptr) {
            Result<std::unique_ptr<TestWorld>> opened =
                TestWorld::open(test.now.value_or(first_moment));
            if (!opened.has_value()) return opened.error();
            world = *std::move(opened);
        }
        return world->run(file, test);
    }

    std::vector<Tried>& cases_;
    std::atomic<std::size_t>& next_;
    std::unique_ptr<TestWorld> shared_;
};

void run_all(std::vector<Tried>& cases, std::size_t jobs) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(jobs, cases.size()); ++i)
        threads.emplace_back([&] { Worker(cases, next).work(); });
    for (std::thread& thread : threads) thread.join();
}

/// The definitions whose test files were read, and those that have none.
Result<Coverage> coverage_of(const TestOptions& options, const std::vector<Tried>& cases,
                             const std::vector<std::unique_ptr<TestFile>>& files) {
    Coverage coverage;
    for (const auto& file : files) coverage.of(file->definition_path, file->program);
    for (const std::filesystem::path& path : find_files(options.path, ".asl.json")) {
        SW_TRY(const std::string text, read_input_file(path.string()));
        const asl::Program::Compiled compiled = asl::Program::compile(text);
        if (compiled.program != nullptr) coverage.of(path, compiled.program);
    }
    for (const Tried& tried : cases)
        coverage.of(tried.file->definition_path, tried.file->program).add(tried.visits);
    return coverage;
}

Result<> write_file(const std::string& path, const std::string& text) {
    if (path.empty()) return {};
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (out.good()) return {};
    return Error(file_unwritable, "'" + path + "' cannot be written");
}

std::string junit_of(const std::vector<Tried>& cases) {
    std::vector<ReportedCase> reported;
    reported.reserve(cases.size());
    for (const Tried& tried : cases) {
        reported.push_back(
            {tried.file->path.string(), tried.test->name, tried.took, tried.failures});
    }
    return junit_report(reported);
}

/// Coverage, and the files that were asked for. False: there is less coverage than there has to be,
/// or something could not be written.
bool report_beside(const TestOptions& options, const std::vector<Tried>& cases,
                   const std::vector<std::unique_ptr<TestFile>>& files) {
    bool is_good = true;
    const auto keep = [&](const Result<>& written) {
        if (written.has_value()) return;
        say(Severity::error, written.error().message());
        is_good = false;
    };
    if (!options.junit_file.empty()) keep(write_file(options.junit_file, junit_of(cases)));
    const Result<Coverage> coverage = coverage_of(options, cases, files);
    if (!coverage.has_value()) {
        keep(coverage.error());
        return is_good;
    }
    std::printf("%s", coverage->table().c_str());
    keep(write_file(options.coverage_file, coverage->json() + "\n"));
    const double percent = coverage->total().percent();
    if (percent >= options.coverage_min) return is_good;
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "the coverage is %.1f %%, less than %.1f %%", percent,
                  options.coverage_min);
    say(Severity::error, text.data());
    return false;
}

void print_failure(const Tried& tried) {
    std::string text = "FAILED " + title_of(tried) + "\n";
    for (const std::string& failure : tried.failures) {
        text += "    ";
        for (const char c : failure) text += c == '\n' ? std::string("\n    ") : std::string(1, c);
        text += '\n';
    }
    std::printf("%s", text.c_str());
}

}  // namespace

int test(const TestOptions& options) {
    if (!std::filesystem::exists(options.path)) {
        say(Severity::error, "'" + options.path + "' is not there");
        return exit_not_found;
    }
    std::vector<std::unique_ptr<TestFile>> files;
    bool is_readable = true;
    const bool is_directory = std::filesystem::is_directory(options.path);
    const std::vector<std::filesystem::path> paths =
        is_directory ? find_files(options.path, ".test.json")
                     : std::vector<std::filesystem::path>{options.path};
    for (const std::filesystem::path& path : paths) {
        Result<TestFile> file = read_test_file(path, options.validation);
        if (file.has_value()) {
            files.push_back(std::make_unique<TestFile>(*std::move(file)));
        } else {
            is_readable = false;
            say(Severity::error, path.string() + ": " + file.error().message());
        }
    }
    std::vector<Tried> cases;
    for (const auto& file : files) {
        for (const TestCase& each : file->cases) {
            Tried tried{file.get(), &each};
            if (title_of(tried).find(options.filter) != std::string::npos)
                cases.push_back(std::move(tried));
        }
    }
    if (cases.empty() && is_readable) {
        say(Severity::error, "there is no case to run: cases stand in files *.test.json");
        return exit_failed;
    }
    const auto begin = std::chrono::steady_clock::now();
    run_all(cases, options.jobs);
    const Seconds took = std::chrono::steady_clock::now() - begin;
    std::size_t failed = 0;
    for (const Tried& tried : cases) {
        if (tried.failures.empty()) continue;
        ++failed;
        print_failure(tried);
    }
    const bool is_reported = report_beside(options, cases, files);
    std::printf("%zu cases: %zu passed, %zu failed (%.2f s)\n", cases.size(), cases.size() - failed,
                failed, took.count());
    return is_readable && is_reported && failed == 0 ? exit_ok : exit_failed;
}

}  // namespace stepwell::cli
