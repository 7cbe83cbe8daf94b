// The other half of the clients: those who receive messages.
#include <algorithm>
#include <optional>

#include "json/writer.hpp"
#include "sim/clients.hpp"
#include "sim/system_calls.hpp"

namespace stepwell::sim {

namespace {

constexpr Nanos second = 1'000'000'000;
constexpr Nanos retention = 1'209'600 * second;

std::string url_of(std::string_view queue) {
    return "http://127.0.0.1:4566/000000000000/" + std::string(queue);
}
std::string text_of(const json::Value& value, std::string_view name) {
    const auto found = value.find(name);
    return found.has_value() && found->is_string() ? std::string(found->string()) : "";
}

}  // namespace

std::vector<json::Document> Clients::receive(std::string_view queue, std::uint64_t wait_s) {
    json::Writer body;
    body.begin_object().member("QueueUrl", url_of(queue));
    body.member_integer("MaxNumberOfMessages", static_cast<std::int64_t>(1 + below(10)));
    body.member_integer("WaitTimeSeconds", static_cast<std::int64_t>(wait_s));
    body.member_raw("AttributeNames", R"(["ApproximateReceiveCount"])").end_object();
    Answer received = call("sqs", "ReceiveMessage", body.take());
    std::vector<json::Document> messages;
    if (!received.is_ok()) {
        unexpected("ReceiveMessage", received);
        return messages;
    }
    const auto list = received.body.root().find("Messages");
    if (!list.has_value()) return messages;
    for (const json::Node& node : list->elements()) {
        messages.push_back(json::Document::parse(json::Value{&node}.raw()).value());
    }
    return messages;
}

void Clients::delete_message(std::string_view queue, const json::Value& message) {
    json::Writer body;
    body.begin_object().member("QueueUrl", url_of(queue));
    body.member("ReceiptHandle", text_of(message, "ReceiptHandle")).end_object();
    const Answer deleted = call("sqs", "DeleteMessage", body.take());
    if (!deleted.is_ok()) return unexpected("DeleteMessage", deleted);
    const auto found = ledger_.messages.find(text_of(message, "Body"));
    if (queue == "plain" && found != ledger_.messages.end()) found->second.is_delete_acked = true;
    acknowledged_();
}

// ---- tasks -------------------------------------------------------------------------------------

void Clients::work() {
    for (const json::Document& message : receive("work", is_draining_ ? 0 : below(21))) {
        take_task(message.root());
    }
}

void Clients::take_task(const json::Value& message) {
    const auto task = json::Document::parse(text_of(message, "Body"));
    if (!task) return ledger_.violate(6, "a task's message is no JSON");
    const std::string token = text_of(task->root(), "token");
    const std::string arn = text_of(task->root(), "execution");
    const std::string state = text_of(task->root(), "state");
    const std::string id = text_of(message, "MessageId");
    if (!ledger_.executions.contains(arn))
        ledger_.violate(6, "a task of nobody's execution: " + arn);
    const auto [found, is_new] = ledger_.tokens.try_emplace(token, TokenRecord{arn, id, state});
    const TokenRecord& known = found->second;
    if (!is_new && (known.execution_arn != arn || known.state != state)) {
        ledger_.violate(18, "one token for two tasks: " + arn);
    } else if (!is_new && known.message_id != id) {
        ledger_.violate(7, "one task in two messages: " + arn);
    }
    const std::uint64_t luck = is_draining_ ? 0 : below(10);
    if (luck == 9) return;  // a worker that dies
    if (luck == 8) heartbeat(token);
    if (luck == 7) think();
    complete(token, arn);
    if (luck == 6 || luck == 5) complete(token, arn);  // a worker that tries again
    if (luck != 4) delete_message("work", message);
}

void Clients::complete(const std::string& token, const std::string& arn) {
    const bool is_success = is_draining_ || below(3) != 0;
    const std::string mark = ledger_.next_mark();
    ledger_.completions[mark] = Completion{token, arn, is_success};
    ledger_.marks_of[arn].push_back(mark);
    const bool was_won = ledger_.tokens.at(token).wins > 0;
    json::Writer body;
    body.begin_object().member("taskToken", token);
    const std::string text = R"({"by":")" + mark + R"("})";
    if (is_success) {
        body.member("output", text);
    } else {
        body.member("error", below(3) != 0 ? "Retryable" : "Fatal").member("cause", text);
    }
    body.end_object();
    const Answer answer =
        call("states", is_success ? "SendTaskSuccess" : "SendTaskFailure", body.take());
    Completion& completion = ledger_.completions.at(mark);
    if (answer.is_ok()) {
        completion.told = Told::yes;
        const std::uint64_t wins = ++ledger_.tokens.at(token).wins;
        if (wins > 1 || was_won) ledger_.violate(3, "a token was completed twice: " + arn);
    } else {
        completion.told = Told::no;
        if (answer.code != "TaskTimedOut" && answer.code != "TaskDoesNotExist") {
            unexpected("SendTask", answer);
        }
    }
    acknowledged_();
}

void Clients::heartbeat(const std::string& token) {
    const bool was_won = ledger_.tokens.at(token).wins > 0;
    const Answer answer =
        call("states", "SendTaskHeartbeat", R"({"taskToken":")" + token + R"("})");
    if (answer.is_ok() && was_won) ledger_.violate(5, "a spent token beats");
    if (!answer.is_ok() && answer.code != "TaskTimedOut" && answer.code != "TaskDoesNotExist") {
        unexpected("SendTaskHeartbeat", answer);
    }
}

// ---- messages ----------------------------------------------------------------------------------

void Clients::send() {
    const std::string text = ledger_.next_mark();
    ledger_.messages[text].sent_wall = wall_clock();
    const Answer sent =
        call("sqs", "SendMessage",
             R"({"QueueUrl":")" + url_of("plain") + R"(","MessageBody":")" + text + R"("})");
    if (!sent.is_ok()) return unexpected("SendMessage", sent);
    MessageRecord& message = ledger_.messages.at(text);
    message.is_acked = true;
    message.message_id = text_of(sent.body.root(), "MessageId");
    acknowledged_();
}

void Clients::consume() {
    const std::vector<json::Document> received = receive("plain", is_draining_ ? 0 : below(21));
    const Nanos received_at = fibers_.now();
    for (const json::Document& message : received) {
        take_message(message.root(), received_at);
    }
}

void Clients::take_message(const json::Value& message, Nanos received_at) {
    const std::string text = text_of(message, "Body");
    const auto found = ledger_.messages.find(text);
    if (found == ledger_.messages.end()) return ledger_.violate(8, "a message that nobody sent");
    MessageRecord& known = found->second;
    if (known.is_acked && known.message_id != text_of(message, "MessageId")) {
        ledger_.violate(8, "message " + text + " came as another");
    }
    if (known.is_delete_acked) ledger_.violate(8, "message " + text + " came after it was deleted");
    if (known.was_dead_letter) ledger_.violate(10, "message " + text + " came from two queues");
    if (known.life == ledger_.life && received_at < known.hidden_until) {
        ledger_.violate(8, "message " + text + " came while another had it, " +
                               std::to_string((known.hidden_until - received_at) / 1'000'000) +
                               " ms too early");
    }
    ++known.deliveries;
    const std::uint64_t count =
        std::stoull(text_of(*message.find("Attributes"), "ApproximateReceiveCount"));
    if (count > known.deliveries + ledger_.life) {
        ledger_.violate(10, "message " + text + " counts " + std::to_string(count) +
                                " receives of " + std::to_string(known.deliveries));
    }
    // Each death may have lost the count of one batch.
    if (known.deliveries > habits_.receives_max + ledger_.life) {
        ledger_.violate(10, "message " + text + " comes again and again");
    }
    if (count > habits_.receives_max) ledger_.violate(10, "message " + text + " is no dead letter");
    known.life = ledger_.life;
    // A second for what passed since the engine took it.
    known.hidden_until = received_at + static_cast<Nanos>(habits_.visibility_s) * second - second;
    if (is_draining_ || below(3) != 0) delete_message("plain", message);
}

void Clients::consume_dead_letters(bool is_last) {
    for (const json::Document& message : receive("dead", 0)) {
        const std::string text = text_of(message.root(), "Body");
        const auto found = ledger_.messages.find(text);
        if (found == ledger_.messages.end()) {
            ledger_.violate(8, "a dead letter that nobody sent");
            continue;
        }
        MessageRecord& known = found->second;
        if (known.is_delete_acked && !known.was_dead_letter) {
            ledger_.violate(8, "message " + text + " is a dead letter after it was deleted");
        }
        // A receive that was committed may not have been told.
        if (known.deliveries + ledger_.life < habits_.receives_max) {
            ledger_.violate(10, "message " + text + " is a dead letter too early");
        }
        known.was_dead_letter = true;
        if (is_last || below(2) == 0) delete_message("dead", message.root());
    }
}

void Clients::consume_news() {
    for (const json::Document& message : receive("news", 0)) {
        const std::string arn = text_of(message.root(), "Body");
        if (!ledger_.executions.contains(arn)) ledger_.violate(6, "news of nobody's execution");
        ledger_.published.insert(arn);
        delete_message("news", message.root());
    }
}

// What was acknowledged has come at least once by now, as all visibility timeouts are over.
void Clients::check_messages() {
    for (int round = 0; round < 50; ++round) {
        consume();
        consume_dead_letters(true);
        fibers_.sleep(static_cast<Nanos>(habits_.visibility_s) * second / 10);
    }
    for (const auto& [text, message] : ledger_.messages) {
        const bool may_be_over =
            ledger_.was_clock_set || wall_clock() - message.sent_wall > retention - second;
        if (message.is_acked && message.deliveries == 0 && !may_be_over) {
            ledger_.violate(8, "message " + text + " never came");
        }
    }
}

}  // namespace stepwell::sim
