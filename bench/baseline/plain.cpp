// The plain baseline: what one would write first.
//
// A mutex, a hash map from task token to execution, and SQLite: each step of an execution is one
// transaction (start with its first events and its message, receive, complete with the last events,
// delete the message). `sync` is SQLite's write-ahead log, synced at each commit; `none` a database
// in memory.
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "baseline/baseline.hpp"
#include "callback_definition.hpp"
#include "latency_histogram.hpp"
#include "soak_measures.hpp"

namespace stepwell::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t receive_max = 10;

class Statement {
 public:
    Statement(sqlite3* database, const char* text) {
        if (sqlite3_prepare_v2(database, text, -1, &statement_, nullptr) != SQLITE_OK)
            give_up(std::string(text) + ": " + sqlite3_errmsg(database));
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int at, std::int64_t value) {
        SW_ASSERT(sqlite3_bind_int64(statement_, at, value) == SQLITE_OK);
        return *this;
    }
    Statement& bind(int at, std::string_view text) {
        const auto size = static_cast<int>(text.size());
        SW_ASSERT(sqlite3_bind_text(statement_, at, text.data(), size, SQLITE_STATIC) == SQLITE_OK);
        return *this;
    }
    /// True when there is a row.
    bool step() {
        const int result = sqlite3_step(statement_);
        if (result != SQLITE_ROW && result != SQLITE_DONE) give_up(sqlite3_errstr(result));
        return result == SQLITE_ROW;
    }
    void run() {
        while (step()) {
        }
        reset();
    }
    void reset() { sqlite3_reset(statement_); }
    std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }
    std::string text(int column) {
        const auto* const bytes = sqlite3_column_text(statement_, column);
        return {reinterpret_cast<const char*>(bytes),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

 private:
    sqlite3_stmt* statement_ = nullptr;
};

struct DatabaseCloser {
    void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, DatabaseCloser>;

Database open_database(const std::filesystem::path& path, Durability durability) {
    sqlite3* opened = nullptr;
    const std::string name =
        durability == Durability::none ? ":memory:" : (path / "plain.sqlite").string();
    if (sqlite3_open(name.c_str(), &opened) != SQLITE_OK) give_up("SQLite: cannot open " + name);
    Database database(opened);
    const char* const schema = R"(
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE execution(id INTEGER PRIMARY KEY, status TEXT, input TEXT, output TEXT);
        CREATE TABLE event(execution INTEGER, number INTEGER, type TEXT, detail TEXT,
                           PRIMARY KEY(execution, number)) WITHOUT ROWID;
        CREATE TABLE message(id INTEGER PRIMARY KEY, visible_at INTEGER, body TEXT);
        CREATE INDEX message_by_time ON message(visible_at);
    )";
    char* why = nullptr;
    if (sqlite3_exec(database.get(), schema, nullptr, nullptr, &why) != SQLITE_OK) give_up(why);
    return database;
}

struct Received {
    std::int64_t id;
    std::string token;
};

/// Executions, their events and the queue.
///
/// threads  any
class PlainEngine {
 public:
    PlainEngine(const std::filesystem::path& path, Durability durability)
        : database_(open_database(path, durability)) {}

    void start(std::string_view input) {
        const std::scoped_lock lock(mutex_);
        const std::string token = make_uuid();
        const std::int64_t execution = ++last_execution_;
        by_token_.emplace(token, execution);
        begin_.run();
        insert_execution_.bind(1, execution).bind(2, input).run();
        for (const std::string_view type : {"ExecutionStarted", "TaskStateEntered", "TaskScheduled",
                                            "TaskStarted", "TaskSubmitted"})
            add_event(execution, type, type == "ExecutionStarted" ? input : token);
        const std::string body =
            R"({"Input":)" + std::string(input) + R"(,"TaskToken":")" + token + "\"}";
        send_.bind(1, std::string_view(body)).run();
        commit_.run();
    }

    std::vector<Received> receive() {
        const std::scoped_lock lock(mutex_);
        std::vector<Received> received;
        begin_.run();
        while (select_.step()) {
            const std::string body = select_.text(1);
            constexpr std::size_t token_characters = 36;  // before the closing "}
            received.push_back({select_.integer(0),
                                body.substr(body.size() - token_characters - 2, token_characters)});
        }
        select_.reset();
        for (const Received& message : received) hide_.bind(1, message.id).run();
        commit_.run();
        return received;
    }

    /// False when nothing waits on the token.
    bool send_task_success(const std::string& token, std::string_view output) {
        const std::scoped_lock lock(mutex_);
        const auto found = by_token_.find(token);
        if (found == by_token_.end()) return false;
        const std::int64_t execution = found->second;
        by_token_.erase(found);
        begin_.run();
        // With those of the publish that follows.
        for (const std::string_view type :
             {"TaskSucceeded", "TaskStateExited", "TaskStateEntered", "TaskScheduled",
              "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"})
            add_event(execution, type, type == "TaskSucceeded" ? output : std::string_view{});
        finish_.bind(1, output).bind(2, execution).run();
        commit_.run();
        event_numbers_.erase(execution);
        return true;
    }

    void delete_message(std::int64_t id) {
        const std::scoped_lock lock(mutex_);
        begin_.run();
        delete_.bind(1, id).run();
        commit_.run();
    }

 private:
    void add_event(std::int64_t execution, std::string_view type, std::string_view detail) {
        add_event_.bind(1, execution).bind(2, ++event_numbers_[execution]);
        add_event_.bind(3, type).bind(4, detail).run();
    }

    std::mutex mutex_;  // guards everything
    Database database_;
    std::unordered_map<std::string, std::int64_t> by_token_;
    std::unordered_map<std::int64_t, std::int64_t> event_numbers_;
    std::int64_t last_execution_ = 0;
    Statement begin_{database_.get(), "BEGIN IMMEDIATE"};
    Statement commit_{database_.get(), "COMMIT"};
    Statement insert_execution_{database_.get(),
                                "INSERT INTO execution VALUES(?, 'RUNNING', ?, NULL)"};
    Statement add_event_{database_.get(), "INSERT INTO event VALUES(?, ?, ?, ?)"};
    Statement finish_{database_.get(),
                      "UPDATE execution SET status = 'SUCCEEDED', output = ? WHERE id = ?"};
    Statement send_{database_.get(), "INSERT INTO message(visible_at, body) VALUES(0, ?)"};
    Statement select_{database_.get(),
                      "SELECT id, body FROM message WHERE visible_at = 0 LIMIT 10"};
    Statement hide_{database_.get(), "UPDATE message SET visible_at = 1 WHERE id = ?"};
    Statement delete_{database_.get(), "DELETE FROM message WHERE id = ?"};
};

std::string payload_of(std::size_t bytes) {
    return R"({"data":")" + filler(bytes, sizeof(R"({"data":""})") - 1) + R"("})";
}

/// Starts a receive's worth of executions, then receives and completes them, again and again.
void work(PlainEngine& engine, const BaselineOptions& options, Clock::time_point until,
          std::atomic<std::uint64_t>& done, LatencyHistogram& latencies) {
    const std::string payload = payload_of(options.payload_bytes);
    while (Clock::now() < until) {
        const Clock::time_point began = Clock::now();
        for (std::uint32_t i = 0; i < receive_max; ++i) engine.start(payload);
        std::uint32_t completed = 0;
        for (const Received& message : engine.receive()) {
            if (engine.send_task_success(message.token, payload)) ++completed;
            latencies.record(Clock::now() - began);
            engine.delete_message(message.id);
        }
        done.fetch_add(completed);
    }
}

}  // namespace

BaselineReport run_plain(const BaselineOptions& options) {
    const TemporaryDirectory directory;
    BaselineReport report;
    report.fsync_us = fsync_us_in(directory.path());
    PlainEngine engine(directory.path(), options.durability);
    if (options.waiting > 0) {
        const std::string payload = payload_of(options.payload_bytes);
        const std::uint64_t before = own_rss_bytes();
        for (std::uint64_t i = 0; i < options.waiting; ++i) engine.start(payload);
        while (!engine.receive().empty()) {
        }
        const std::uint64_t after = own_rss_bytes();
        report.rss_bytes_per_waiting =
            static_cast<double>(after - before) / static_cast<double>(options.waiting);
    }
    const double cpu_before = cpu_us_of(::getpid());
    const std::uint64_t written_before = written_bytes_of(::getpid());
    const auto began = Clock::now();
    const auto until = began + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(options.seconds));
    std::atomic<std::uint64_t> done{0};
    LatencyHistogram latencies;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([&] { work(engine, options, until, done, latencies); });
    }
    report.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    report.cpu_us = cpu_us_of(::getpid()) - cpu_before;
    report.journal_bytes = static_cast<double>(written_bytes_of(::getpid()) - written_before);
    report.started = done.load();
    report.succeeded = done.load();
    report.latency_p50_us = latencies.percentile_us(0.5);
    report.latency_p99_us = latencies.percentile_us(0.99);
    report.latency_p999_us = latencies.percentile_us(0.999);
    return report;
}

}  // namespace stepwell::bench
