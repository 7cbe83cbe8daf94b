#include "sim/clients.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "json/writer.hpp"
#include "sim/history_check.hpp"
#include "sim/system_calls.hpp"

namespace stepwell::sim {

namespace {

constexpr const char* base_url = "http://127.0.0.1:4566";
constexpr const char* role = "arn:aws:iam::000000000000:role/sim";

std::string arn_of_machine(const Machine& machine) {
    return "arn:aws:states:us-east-1:000000000000:stateMachine:" + machine.name;
}
std::string text_of(const json::Value& value, std::string_view name) {
    const auto found = value.find(name);
    return found.has_value() && found->is_string() ? std::string(found->string()) : "";
}

}  // namespace

Clients::Clients(Fibers& fibers, Random& random, Trace& trace, Ledger& ledger, const Habits& habits,
                 api::World& world, std::function<void()> acknowledged)
    : fibers_(fibers),
      random_(random),
      trace_(trace),
      ledger_(ledger),
      habits_(habits),
      world_(world),
      acknowledged_(std::move(acknowledged)) {}

// ---- calls -------------------------------------------------------------------------------------

Answer Clients::call(std::string_view service, std::string_view operation, std::string body) {
    while (is_closed_) fibers_.wait(&is_closed_);  // nobody wakes it
    const api::Operation* const found = world_.operations().find(service, operation);
    SW_ASSERT(found != nullptr);
    auto reply = std::make_shared<std::optional<Result<api::Reply>>>();
    api::Call asked;
    asked.body = std::move(body);
    asked.context.base_url = base_url;
    asked.context.region = "us-east-1";
    ++inside_;
    (*found)(std::move(asked), [this, reply](Result<api::Reply> answer) {
        *reply = std::move(answer);
        fibers_.wake_all(reply.get());
    });
    --inside_;
    while (!reply->has_value()) fibers_.wait(reply.get());
    const Result<api::Reply>& given = **reply;
    trace_.add(operation);
    if (!given.has_value()) {
        trace_.add(given.error().code());
        return {std::string(given.error().code()), given.error().message(),
                json::Document::parse("{}").value()};
    }
    trace_.add(given->body);
    auto parsed = json::Document::parse(given->body.empty() ? "{}" : given->body);
    SW_ASSERT(parsed.has_value());
    return {"", "", std::move(*parsed)};
}

bool Clients::close() {
    is_closed_ = true;
    return inside_ == 0;
}

void Clients::think() {
    fibers_.sleep(static_cast<Nanos>(below(static_cast<std::uint64_t>(habits_.think_max)) + 1));
}

void Clients::unexpected(std::string_view operation, const Answer& answer) {
    ledger_.violate(0, std::string(operation) + " answers " + answer.code + ": " + answer.message);
}

// ---- set-up ------------------------------------------------------------------------------------

void Clients::set_up() {
    const auto must = [&](const char* service, const char* operation, std::string body) {
        const Answer answer = call(service, operation, std::move(body));
        if (!answer.is_ok()) unexpected(operation, answer);
    };
    if (ledger_.is_set_up) {  // it was acknowledged, so it must be there
        for (const char* queue : {"work", "plain", "dead", "news"}) {
            must("sqs", "GetQueueUrl", R"({"QueueName":")" + std::string(queue) + R"("})");
        }
        for (const Machine& machine : ledger_.machines) {
            must("states", "DescribeStateMachine",
                 R"({"stateMachineArn":")" + arn_of_machine(machine) + R"("})");
        }
        return;
    }
    const std::string visibility = std::to_string(habits_.visibility_s);
    const std::string redrive =
        R"("RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",\"maxReceiveCount\":)" +
        std::to_string(habits_.receives_max) + R"(}")";
    const std::string forever = R"("MessageRetentionPeriod":"1209600")";
    must("sqs", "CreateQueue", R"({"QueueName":"dead","Attributes":{)" + forever + "}}");
    must("sqs", "CreateQueue", R"({"QueueName":"news","Attributes":{)" + forever + "}}");
    must("sqs", "CreateQueue",
         R"({"QueueName":"work","Attributes":{"VisibilityTimeout":")" + visibility + R"("}})");
    must("sqs", "CreateQueue",
         R"({"QueueName":"plain","Attributes":{"VisibilityTimeout":")" + visibility + R"(",)" +
             forever + "," + redrive + "}}");
    must("sns", "CreateTopic", R"({"Name":"news"})");
    must(
        "sns", "Subscribe",
        R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:news","Protocol":"sqs",)"
        R"("Endpoint":"arn:aws:sqs:us-east-1:000000000000:news","Attributes":{"RawMessageDelivery":"true"}})");
    create_machines();
    ledger_.is_set_up = ledger_.violations.empty();
    acknowledged_();
}

void Clients::create_machines() {
    for (const Machine& machine : ledger_.machines) {
        json::Writer input;
        input.begin_object().member("name", machine.name).member("definition", machine.definition);
        input.member("roleArn", role).end_object();
        const Answer made = call("states", "CreateStateMachine", input.take());
        if (!made.is_ok()) unexpected("CreateStateMachine", made);
    }
}

void Clients::begin() {
    const auto repeat = [this](std::function<void()> action) {
        fibers_.spawn([this, action = std::move(action)] {
            for (;;) {
                think();
                action();
            }
        });
    };
    for (std::size_t i = 0; i < habits_.starters; ++i) {
        repeat([this] {
            if (!is_draining_) act();
        });
    }
    for (std::size_t i = 0; i < habits_.workers; ++i) repeat([this] { work(); });
    repeat([this] {
        if (!is_draining_) send();
    });
    repeat([this] { consume(); });
    repeat([this] { consume_dead_letters(false); });
    repeat([this] { consume_news(); });
    repeat([this] {  // the auditor, the only one who reads executions
        const std::string arn = some_execution();
        if (!arn.empty() && !is_draining_) audit(arn);
    });
}

// ---- executions --------------------------------------------------------------------------------

void Clients::act() {
    switch (below(10)) {
        case 0:
            return stop();
        case 1:
            return redrive();
        case 2:
            return forge();
        default:
            return start();
    }
}

std::string Clients::some_execution() {
    if (ledger_.executions.empty()) return "";
    auto at = ledger_.executions.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(ledger_.executions.size())));
    return at->first;
}

void Clients::start() {
    const std::size_t machine = below(ledger_.machines.size());
    const std::string name = "e" + std::to_string(below(habits_.names_max));
    const std::string arn = ledger_.arn_of(machine, name);
    ExecutionRecord& execution = ledger_.executions[arn];
    execution.machine = machine;
    execution.name = name;
    // Mostly the same input again, for then the same execution is meant.
    std::string input = execution.inputs.empty() ? "" : execution.inputs.front();
    if (input.empty() || below(3) == 0) {
        input = R"({"mark":")" + ledger_.next_mark() + R"(","items":[)";
        for (std::uint64_t i = below(4); i > 0; --i) input += R"({"n":1},)";
        input += R"({"n":0}]})";
    }
    const bool was_tried = !execution.inputs.empty();
    execution.inputs.push_back(input);
    json::Writer body;
    body.begin_object().member("stateMachineArn", arn_of_machine(ledger_.machines[machine]));
    body.member("name", name).member("input", input).end_object();
    const Answer started = call("states", "StartExecution", body.take());
    if (!started.is_ok()) {
        if (started.code != "ExecutionAlreadyExists") return unexpected("StartExecution", started);
        if (!was_tried && execution.inputs.size() == 1) {
            ledger_.violate(1, arn + " exists, but nobody started it");
        }
        return acknowledged_();
    }
    if (text_of(started.body.root(), "executionArn") != arn)
        ledger_.violate(1, arn + " is called otherwise");
    const std::string date(started.body.root().find("startDate")->raw());
    if (execution.acked.has_value() && *execution.acked != input) {
        ledger_.violate(1, arn + " was started with two inputs");
    }
    if (execution.acked.has_value() && execution.start_date != date) {
        ledger_.violate(1, arn + " was started twice");
    }
    execution.acked = input;
    execution.start_date = date;
    acknowledged_();
}

void Clients::stop() {
    const std::string arn = some_execution();
    if (arn.empty()) return;
    ExecutionRecord& execution = ledger_.executions[arn];
    ++execution.stops;
    const bool was_acked = execution.acked.has_value();
    const Answer stopped = call("states", "StopExecution", R"({"executionArn":")" + arn + R"("})");
    if (stopped.is_ok()) {
        execution.was_stopped = true;
    } else if (stopped.code != "ExecutionDoesNotExist") {
        unexpected("StopExecution", stopped);
    } else if (was_acked) {
        ledger_.violate(1, arn + " was acknowledged and does not exist");
    }
    acknowledged_();
}

void Clients::redrive() {
    const std::string arn = some_execution();
    if (arn.empty()) return;
    ExecutionRecord& execution = ledger_.executions[arn];
    if (execution.redrives >= 2) return;
    ++execution.redrives;
    const Answer redriven =
        call("states", "RedriveExecution", R"({"executionArn":")" + arn + R"("})");
    if (!redriven.is_ok() && redriven.code != "ExecutionDoesNotExist" &&
        redriven.code != "ExecutionNotRedrivable") {
        unexpected("RedriveExecution", redriven);
    }
    acknowledged_();
}

// A token of which one character is another.
void Clients::forge() {
    if (ledger_.tokens.empty()) return;
    auto at = ledger_.tokens.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(ledger_.tokens.size())));
    std::string token = at->first;
    // Of the last character not all bits count.
    char& changed = token[below(token.size() - 1)];
    changed = changed == 'A' ? 'B' : 'A';
    const Answer answer =
        call("states", "SendTaskSuccess",
             R"({"taskToken":")" + token + R"(","output":"{\"by\":\"forger\"}"})");
    if (answer.code != "InvalidToken") {
        ledger_.violate(5, "a forged token got " + (answer.is_ok() ? "through" : answer.code));
    }
}

std::vector<json::Document> Clients::read_history(const std::string& arn) {
    std::vector<json::Document> pages;
    std::string next;
    do {
        json::Writer body;
        body.begin_object().member("executionArn", arn).member_integer("maxResults", 1000);
        if (!next.empty()) body.member("nextToken", next);
        body.end_object();
        Answer page = call("states", "GetExecutionHistory", body.take());
        if (!page.is_ok()) {
            unexpected("GetExecutionHistory", page);
            return {};
        }
        next = text_of(page.body.root(), "nextToken");
        pages.push_back(std::move(page.body));
    } while (!next.empty());
    return pages;
}

void Clients::audit(const std::string& arn) {
    const ExecutionRecord& execution = ledger_.executions.at(arn);
    const bool was_acked = execution.acked.has_value();
    const bool was_stopped = execution.was_stopped;
    const Answer described =
        call("states", "DescribeExecution", R"({"executionArn":")" + arn + R"("})");
    if (!described.is_ok()) {
        if (described.code != "ExecutionDoesNotExist")
            return unexpected("DescribeExecution", described);
        if (was_acked) ledger_.violate(1, arn + " was acknowledged and does not exist");
        if (!execution.status.empty()) ledger_.violate(1, arn + " was there and does not exist");
        return;
    }
    check_description(ledger_, arn, was_stopped, described.body.root());
    std::vector<std::string> acked;
    for (const std::string& mark : ledger_.marks_of[arn]) {
        if (ledger_.completions.at(mark).told == Told::yes) acked.push_back(mark);
    }
    check_history(ledger_, arn, acked, read_history(arn));
}

void Clients::audit_all() {
    std::vector<std::string> arns;
    for (const auto& [arn, execution] : ledger_.executions) arns.push_back(arn);
    for (const std::string& arn : arns) audit(arn);
}

// ---- the end -----------------------------------------------------------------------------------

void Clients::check_end() {
    audit_all();
    for (const auto& [arn, execution] : ledger_.executions) {
        if (execution.status == "RUNNING") ledger_.violate(25, arn + " has not ended");
    }
    check_counts();
    const std::uint64_t open = world_.executions().statistics().open_tokens;
    if (open != 0) ledger_.violate(17, std::to_string(open) + " tokens are open, but nothing runs");
    check_messages();
}

void Clients::check_counts() {
    for (std::size_t machine = 0; machine < ledger_.machines.size(); ++machine) {
        std::size_t listed = 0;
        std::size_t acked = 0;
        std::string next;
        do {
            json::Writer body;
            body.begin_object().member("stateMachineArn",
                                       arn_of_machine(ledger_.machines[machine]));
            if (!next.empty()) body.member("nextToken", next);
            body.end_object();
            const Answer page = call("states", "ListExecutions", body.take());
            if (!page.is_ok()) return unexpected("ListExecutions", page);
            const auto executions = page.body.root().find("executions");
            for (const json::Node& node : executions->elements()) {
                const std::string arn = text_of(json::Value{&node}, "executionArn");
                const auto found = ledger_.executions.find(arn);
                if (found == ledger_.executions.end()) {
                    ledger_.violate(19, arn + " is listed, but nobody started it");
                } else if (found->second.status.empty()) {
                    ledger_.violate(19, arn + " is listed and does not exist");
                }
                ++listed;
            }
            next = text_of(page.body.root(), "nextToken");
        } while (!next.empty());
        for (const auto& [arn, execution] : ledger_.executions) {
            if (execution.machine == machine && !execution.status.empty()) ++acked;
        }
        if (listed != acked) {
            ledger_.violate(19, std::to_string(listed) + " executions are listed, " +
                                    std::to_string(acked) + " exist");
        }
    }
}

std::string Clients::everything_read() {
    std::string everything;
    for (const auto& [arn, execution] : ledger_.executions) {
        if (execution.status.empty()) continue;
        const Answer described =
            call("states", "DescribeExecution", R"({"executionArn":")" + arn + R"("})");
        everything += described.body.root().raw();
        for (const json::Document& page : read_history(arn)) {
            everything += page.root().find("events")->raw();
        }
    }
    return everything;
}

}  // namespace stepwell::sim
