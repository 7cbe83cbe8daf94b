#include "soak_ledger.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http_client.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "soak_measures.hpp"

namespace stepwell::bench {

namespace {

constexpr std::uint64_t histories_checked_max = 20'000;
constexpr std::size_t ledger_faults_max = 20;

constexpr std::string_view history_types[] = {
    "ExecutionStarted", "TaskStateEntered", "TaskScheduled",     "TaskStarted",   "TaskSubmitted",
    "TaskSucceeded",    "TaskStateExited",  "TaskStateEntered",  "TaskScheduled", "TaskStarted",
    "TaskSucceeded",    "TaskStateExited",  "ExecutionSucceeded"};
constexpr std::size_t callback_event = 5;  // index of the event that holds the callback's output

json::Document ask(HttpClient& client, std::string_view target, std::string_view body) {
    const auto reply = client.call(target, body);
    if (!reply.has_value() || reply->status != 200) {
        give_up(std::string(target) + ": " +
                (reply.has_value() ? reply->body : "the connection broke"));
    }
    auto answer = json::Document::parse(reply->body);
    if (!answer.has_value()) give_up(std::string(target) + ": no JSON");
    return *std::move(answer);
}

/// Calls `visit(name, status)` for every execution of the machine.
template <class Visit>
void list_executions(HttpClient& client, const std::string& machine_arn, Visit visit) {
    std::string next_token;
    do {
        json::Writer body;
        body.begin_object().member("stateMachineArn", machine_arn);
        body.member_integer("maxResults", 1'000);
        if (!next_token.empty()) body.member("nextToken", next_token);
        body.end_object();
        const json::Document page = ask(client, "AWSStepFunctions.ListExecutions", body.text());
        for (const json::Node& node : page.root().find("executions")->elements()) {
            const json::Value execution{&node};
            visit(execution.find("name")->string(), execution.find("status")->string());
        }
        const auto token = page.root().find("nextToken");
        next_token = token.has_value() && token->is_string() ? token->string() : "";
    } while (!next_token.empty());
}

std::optional<std::uint64_t> index_of(std::string_view name) {
    std::uint64_t index = 0;
    if (!name.starts_with('n')) return std::nullopt;
    const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), index);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return index;
}

void add_fault(SoakReport& report, std::string what) {
    if (report.faults.size() < ledger_faults_max) report.faults.push_back(std::move(what));
}

/// Counts what is there; the indices that have succeeded are marked.
std::vector<bool> check_listing(HttpClient& client, const HttpLoad& load, const SoakTarget& target,
                                SoakReport& report) {
    std::vector<bool> is_listed(load.indices());
    std::vector<bool> has_succeeded(load.indices());
    list_executions(
        client, target.machine_arn, [&](std::string_view name, std::string_view status) {
            const auto index = index_of(name);
            if (!index.has_value() || *index >= is_listed.size())
                return add_fault(report, "an execution that nobody started: " + std::string(name));
            if (is_listed[*index]) ++report.duplicates;
            is_listed[*index] = true;
            has_succeeded[*index] = status == "SUCCEEDED";
            if (status == "SUCCEEDED") ++report.succeeded;
            if (status != "SUCCEEDED" && status != "RUNNING") ++report.failed;
            if (status == "RUNNING") add_fault(report, std::string(name) + " is still running");
        });
    for (std::uint64_t index = 0; index < load.indices(); ++index) {
        if (load.was_start_acknowledged(index) && !is_listed[index]) {
            ++report.lost;
            add_fault(report, "an acknowledged start is missing: " + execution_name(index));
        }
        if (load.was_completion_acknowledged(index) && !has_succeeded[index]) {
            ++report.lost;
            add_fault(report, "an acknowledged completion is lost: " + execution_name(index));
        }
    }
    return has_succeeded;
}

/// What is wrong with the history of one succeeded execution; empty when nothing is.
std::string check_history(HttpClient& client, const std::string& arn, std::uint64_t index) {
    json::Writer body;
    body.begin_object().member("executionArn", arn).member_integer("maxResults", 1'000);
    body.end_object();
    const json::Document answer = ask(client, "AWSStepFunctions.GetExecutionHistory", body.text());
    const json::Value events = *answer.root().find("events");
    if (events.elements().size() != std::size(history_types))
        return "has " + std::to_string(events.elements().size()) + " events";
    for (std::size_t i = 0; i < std::size(history_types); ++i) {
        const json::Value event = events[i];
        if (event.find("id")->integer() != static_cast<std::int64_t>(i + 1))
            return "has a gap before event " + std::to_string(i + 1);
        if (event.find("type")->string() != history_types[i])
            return "has " + std::string(event.find("type")->string()) + " as event " +
                   std::to_string(i + 1);
    }
    const auto details = events[callback_event].find("taskSucceededEventDetails");
    const auto output = json::Document::parse(details->find("output")->string());
    const auto found = output.has_value() ? output->root().find("index") : std::nullopt;
    if (!found.has_value() || found->integer() != static_cast<std::int64_t>(index))
        return "has the output of another execution";
    return {};
}

/// Reads the histories of all, or of an even sample, over a few connections.
void check_histories(const SoakTarget& target, const std::vector<bool>& has_succeeded,
                     SoakReport& report) {
    constexpr std::uint64_t readers = 4;
    const std::uint64_t step =
        std::max<std::uint64_t>(1, has_succeeded.size() / histories_checked_max);
    std::string prefix = target.machine_arn;
    constexpr std::string_view kind = ":stateMachine:";
    prefix.replace(prefix.find(kind), kind.size(), ":execution:").append(":");

    std::mutex mutex;  // guards report
    const auto read = [&](std::uint64_t reader) {
        HttpClient client(target.port);
        for (std::uint64_t i = reader * step; i < has_succeeded.size(); i += readers * step) {
            if (!has_succeeded[i]) continue;
            const std::string arn = prefix + execution_name(i);
            const std::string wrong = check_history(client, arn, i);
            const std::scoped_lock lock(mutex);
            ++report.histories_checked;
            if (!wrong.empty()) add_fault(report, "the history of " + arn + " " + wrong);
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t reader = 0; reader < readers; ++reader) threads.emplace_back(read, reader);
    for (std::thread& thread : threads) thread.join();
}

}  // namespace

void check_ledger(const HttpLoad& load, const SoakTarget& target, const SoakOptions& options,
                  SoakReport& report) {
    HttpClient client(target.port);
    report.started = load.started() + options.waiting;
    report.duplicates += load.duplicates();
    report.redelivered = load.redelivered();
    for (std::string& fault : load.faults()) add_fault(report, std::move(fault));

    const std::vector<bool> has_succeeded = check_listing(client, load, target, report);
    check_histories(target, has_succeeded, report);
    if (options.waiting == 0) return;
    list_executions(client, target.parked_machine_arn,
                    [&](std::string_view name, std::string_view status) {
                        if (status == "RUNNING") ++report.waiting;
                        if (status != "RUNNING")
                            add_fault(report, std::string(name) + " does not wait any more");
                    });
    report.lost += options.waiting - std::min(options.waiting, report.waiting);
}

}  // namespace stepwell::bench
