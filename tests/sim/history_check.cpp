#include "sim/history_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "sim/trace.hpp"

namespace stepwell::sim {

namespace {

constexpr std::int64_t late_ms_max = 60'000;

std::string_view text_of(const std::optional<json::Value>& value) {
    return value.has_value() && value->is_string() ? value->string() : std::string_view{};
}

std::int64_t ms_of(const json::Value& seconds) {
    return static_cast<std::int64_t>(std::llround(seconds.number() * 1000));
}

/// The text between `before` and the next quotation mark.
std::string between(std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) return "";
    const std::string_view rest = text.substr(at + before.size());
    return std::string(rest.substr(0, rest.find_first_of("\"\\")));
}

bool is_terminal(std::string_view type) {
    return type == "ExecutionSucceeded" || type == "ExecutionFailed" ||
           type == "ExecutionTimedOut" || type == "ExecutionAborted";
}

class HistoryCheck {
 public:
    HistoryCheck(Ledger& ledger, const std::string& arn)
        : ledger_(ledger), arn_(arn), execution_(ledger.executions.at(arn)) {}

    void check(const std::vector<std::string>& acked, const std::vector<json::Document>& pages) {
        for (const json::Document& page : pages) {
            const auto events = page.root().find("events");
            if (!events.has_value()) continue;
            for (const json::Node& node : events->elements()) visit(json::Value{&node});
        }
        if (events_.size() < execution_.events.size()) {
            fail(2, "has " + std::to_string(events_.size()) + " events, had " +
                        std::to_string(execution_.events.size()));
        }
        execution_.events.clear();
        for (const Event& event : events_) execution_.events.push_back(event.hash);
        for (const std::string& mark : acked) {
            if (!seen_.contains(mark)) fail(4, "has not the acknowledged completion " + mark);
        }
        check_end();
    }

 private:
    struct Event {
        std::string type;
        std::uint64_t previous = 0;
        std::int64_t time_ms = 0;
        std::uint64_t hash = 0;
        std::string state;             // of state events; of tasks that of their state
        std::uint32_t attempt = 0;     // of task events
        std::int64_t timeout_s = 0;    // of TaskScheduled
        std::int64_t heartbeat_s = 0;  // of TaskScheduled
        bool is_retryable = false;     // of TaskFailed
    };

    void fail(int invariant, const std::string& what) {
        ledger_.violate(invariant, arn_ + " " + what);
    }
    Event& at(std::uint64_t id) { return events_[id - 1]; }

    void visit(const json::Value& json) {
        Event event;
        event.type = text_of(json.find("type"));
        event.previous =
            static_cast<std::uint64_t>(json.find("previousEventId")->integer().value_or(0));
        event.time_ms = ms_of(*json.find("timestamp"));
        Trace hash;
        hash.add(json.raw());
        event.hash = hash.hash();
        const std::uint64_t id = events_.size() + 1;
        if (json.find("id")->integer() != static_cast<std::int64_t>(id)) {
            fail(2, "event " + std::to_string(id) + " has another id");
        }
        if (event.previous >= id) fail(2, "event " + std::to_string(id) + " follows a later one");
        const auto& known = execution_.events;
        if (id <= known.size() && known[id - 1] != event.hash) {
            fail(2, "event " + std::to_string(id) + " was rewritten");
        }
        if (id == 1) check_start(event, json);
        events_.push_back(event);
        if (event.previous >= id) return;
        look_at(events_.back(), json);
    }

    void check_start(const Event& event, const json::Value& json) {
        if (event.type != "ExecutionStarted") return fail(2, "begins with " + event.type);
        const auto details = json.find("executionStartedEventDetails");
        const std::string input(text_of(details->find("input")));
        if (execution_.acked.has_value() && *execution_.acked != input) {
            fail(1, "has another input than was acknowledged");
        }
        const auto& tried = execution_.inputs;
        if (std::find(tried.begin(), tried.end(), input) == tried.end()) {
            fail(20, "has an input that nobody gave");
        }
    }

    void look_at(Event& event, const json::Value& json) {
        const Event* const previous = event.previous == 0 ? nullptr : &at(event.previous);
        if (previous != nullptr) {
            event.state = previous->state;
            event.attempt = previous->attempt;
            event.timeout_s = previous->timeout_s;
            event.heartbeat_s = previous->heartbeat_s;
        }
        if (const auto entered = json.find("stateEnteredEventDetails")) {
            event.state = text_of(entered->find("name"));
            event.attempt = 0;
        }
        if (event.type == "ExecutionRedriven") redriven_ = &event - events_.data();
        if (event.type == "TaskScheduled") return look_at_scheduled(event, previous, json);
        if (event.type == "TaskSucceeded") {
            return look_at_mark(text_of(json.find("taskSucceededEventDetails")->find("output")),
                                true);
        }
        if (event.type == "TaskFailed") {
            const auto details = json.find("taskFailedEventDetails");
            event.is_retryable = text_of(details->find("error")) == "Retryable";
            return look_at_mark(text_of(details->find("cause")), false);
        }
        if (event.type == "TaskTimedOut") return look_at_time_out(event);
        if (event.type == "WaitStateExited" && previous != nullptr) look_at_wait(event, *previous);
        if (event.type.starts_with("MapIteration")) ++iterations_[event.type];
        // What is cut off has no end of its own.
        if (event.type == "MapStateFailed" || event.type == "ParallelStateFailed")
            is_cut_off_ = true;
    }

    void look_at_scheduled(Event& event, const Event* previous, const json::Value& json) {
        const auto details = json.find("taskScheduledEventDetails");
        if (const auto value = details->find("timeoutInSeconds"))
            event.timeout_s = *value->integer();
        if (const auto value = details->find("heartbeatInSeconds")) {
            event.heartbeat_s = *value->integer();
        }
        scheduled_at_[event.state] = event.time_ms;
        if (previous == nullptr || previous->type != "TaskFailed") {
            event.attempt = 1;
            return;
        }
        const Machine& machine = ledger_.machines[execution_.machine];
        event.attempt = previous->attempt + 1;
        if (event.attempt > 1 + machine.retries_max) {
            fail(12, event.state + " was retried more often than its Retrier allows");
        }
        const std::int64_t backoff_s = std::int64_t{machine.retry_interval_s}
                                       << (event.attempt - 2);
        if (event.time_ms - previous->time_ms < backoff_s * 1000) {
            fail(12, event.state + " was retried too early");
        }
    }

    void look_at_mark(std::string_view text, bool is_success) {
        const std::string mark = between(text, R"("by":")");
        if (mark.empty()) return;
        if (!seen_.insert(mark).second) return fail(3, "has the completion " + mark + " twice");
        const auto found = ledger_.completions.find(mark);
        if (found == ledger_.completions.end()) return fail(5, "was completed by nobody: " + mark);
        const Completion& completion = found->second;
        if (completion.execution_arn != arn_) fail(5, "was completed by another's token: " + mark);
        if (completion.is_success != is_success) fail(3, "took " + mark + " for its opposite");
        if (completion.told == Told::no)
            fail(3, "has the completion " + mark + ", which was refused");
    }

    void look_at_time_out(const Event& event) {
        // A missed heartbeat is a States.Timeout too.
        const std::int64_t limit_s =
            event.heartbeat_s == 0 ? event.timeout_s : std::min(event.heartbeat_s, event.timeout_s);
        const auto scheduled = scheduled_at_.find(event.state);
        if (scheduled == scheduled_at_.end() || limit_s == 0) return;
        // In a Map the latest of several is known only: then it may look early.
        if (is_in_map()) return;
        if (event.time_ms - scheduled->second < limit_s * 1000) {
            fail(11, event.state + " timed out after " +
                         std::to_string(event.time_ms - scheduled->second) + " ms of " +
                         std::to_string(limit_s) + " s");
        }
    }

    bool is_in_map() const { return iterations_.contains("MapIterationStarted"); }

    void look_at_wait(const Event& event, const Event& entered) {
        const std::size_t mark = event.state.find('_');
        if (entered.type != "WaitStateEntered" || mark == std::string::npos) return;
        const std::int64_t wait_ms = std::atoll(event.state.c_str() + mark + 1) * 1000;
        // Redriven, it waits anew, or for the rest: with the clock set between, nothing can be
        // said.
        if (&entered - events_.data() < redriven_ && ledger_.was_clock_set) return;
        const std::int64_t began_ms = entered.time_ms;
        const std::int64_t waited_ms = event.time_ms - began_ms;
        if (waited_ms < wait_ms) {
            fail(11, event.state + " was left after " + std::to_string(waited_ms) + " ms");
        }
        const bool is_of_this_life = entered.time_ms >= ledger_.life_wall_start / 1'000'000 + 1000;
        const bool may_be_late = ledger_.was_clock_set || execution_.redrives > 0;
        if (!may_be_late && is_of_this_life && waited_ms > wait_ms + late_ms_max) {
            fail(11, event.state + " was left " + std::to_string(waited_ms - wait_ms) + " ms late");
        }
    }

    void check_end() {
        std::uint64_t ends = 0;
        for (const Event& event : events_) ends += is_terminal(event.type) ? 1 : 0;
        if (ends > 1 + execution_.redrives) fail(3, "has ended " + std::to_string(ends) + " times");
        for (const Event& event : events_) {
            const Machine& machine = ledger_.machines[execution_.machine];
            if (event.type != "TaskStateExited" && event.type != "ExecutionFailed") continue;
            if (event.previous == 0) continue;
            const Event& previous = at(event.previous);
            if (previous.type == "TaskFailed" && previous.is_retryable &&
                previous.attempt <= machine.retries_max) {
                fail(12, previous.state + " was given up before its Retrier says");
            }
        }
        if (events_.empty() || events_.back().type != "ExecutionSucceeded") return;
        if (is_cut_off_ || execution_.redrives > 0) return;
        const std::uint64_t ended = iterations_["MapIterationSucceeded"] +
                                    iterations_["MapIterationFailed"] +
                                    iterations_["MapIterationAborted"];
        if (iterations_["MapIterationStarted"] != ended) fail(13, "has iterations without an end");
    }

    Ledger& ledger_;
    const std::string& arn_;
    ExecutionRecord& execution_;
    std::vector<Event> events_;
    bool is_cut_off_ = false;       // branches or iterations have ended without an event
    std::set<std::string> seen_;    // marks of completions
    std::ptrdiff_t redriven_ = -1;  // where the last ExecutionRedriven is in events_
    std::map<std::string, std::int64_t> scheduled_at_;  // by state
    std::map<std::string, std::uint64_t> iterations_;   // by event type
};

}  // namespace

void check_history(Ledger& ledger, const std::string& arn, const std::vector<std::string>& acked,
                   const std::vector<json::Document>& pages) {
    HistoryCheck(ledger, arn).check(acked, pages);
}

void check_description(Ledger& ledger, const std::string& arn, bool was_stopped,
                       const json::Value& description) {
    ExecutionRecord& execution = ledger.executions.at(arn);
    const std::string input(text_of(description.find("input")));
    if (execution.acked.has_value() && *execution.acked != input) {
        ledger.violate(1, arn + " is described with another input than was acknowledged");
    }
    if (execution.acked.has_value() &&
        description.find("startDate")->raw() != execution.start_date) {
        ledger.violate(1, arn + " is described with another start date");
    }
    const std::string status(text_of(description.find("status")));
    const bool had_ended = !execution.status.empty() && execution.status != "RUNNING";
    if (had_ended && status != execution.status && execution.redrives == 0) {
        ledger.violate(14, arn + " was " + execution.status + " and is " + status);
    }
    if (was_stopped && status == "RUNNING" && execution.redrives == 0) {
        ledger.violate(14, arn + " runs, but was stopped");
    }
    if (status == "ABORTED" && execution.stops == 0) {
        ledger.violate(3, arn + " is ABORTED, but nobody stopped it");
    }
    if (status == "SUCCEEDED") {
        const std::string mark = between(input, R"("mark":")");
        const std::string_view output = text_of(description.find("output"));
        if (output.find("\"mark\":\"" + mark + "\"") == std::string_view::npos) {
            ledger.violate(20, arn + " has lost what was passed through it");
        }
    }
    execution.status = status;
}

}  // namespace stepwell::sim
