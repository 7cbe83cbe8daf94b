#include "soak_http_load.hpp"

#include <algorithm>
#include <utility>

#include "callback_definition.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t indices_max = std::uint64_t{1} << 26;
constexpr std::uint64_t faults_max = 20;  // a broken server would fill the memory with them

/// The short name of the error in a reply: "TaskTimedOut".
std::string error_of(const HttpReply& reply) {
    const auto body = json::Document::parse(reply.body);
    if (!body.has_value()) return {};
    const auto type = body->root().find("__type");
    if (!type.has_value() || !type->is_string()) return {};
    const std::string_view text = type->string();
    return std::string(text.substr(text.find('#') + 1));
}

std::uint64_t microseconds_between(Clock::time_point from, Clock::time_point to) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

}  // namespace

std::string execution_name(std::uint64_t index) {
    return std::string(1, 'n').append(std::to_string(index));
}

// A message as received: which execution it is of, and how to answer.
struct HttpLoad::Message {
    std::uint64_t index;
    std::uint64_t sent_us;
    std::string token;
    std::string receipt_handle;
};

// One thread's connection; knows the server's kills.
class HttpLoad::Caller {
 public:
    explicit Caller(HttpLoad& load) : load_(load), client_(load.target_.port) {}

    /// Repeats the call until it is answered; absent when the load is over.
    std::optional<HttpReply> call(std::string_view target, std::string_view body) {
        was_repeated_ = false;
        while (!load_.is_over_.load()) {
            if (!wait_for_server()) break;
            std::optional<HttpReply> reply = client_.call(target, body);
            if (reply.has_value()) return reply;
            const std::scoped_lock lock(load_.mutex_);
            if (generation_ == load_.server_generation_ && !load_.is_over_.load()) {
                load_.faults_.push_back(std::string(target) + ": the connection broke");
                load_.is_over_.store(true);
                load_.changed_.notify_all();
            }
            was_repeated_ = true;
        }
        return std::nullopt;
    }
    /// Whether an earlier attempt of the last call may have been carried out.
    bool was_repeated() const noexcept { return was_repeated_; }

 private:
    // A connection of before a kill is not used again, so that a break always has a kill after it.
    bool wait_for_server() {
        std::unique_lock lock(load_.mutex_);
        load_.changed_.wait(lock, [this] { return load_.is_server_up_ || load_.is_over_.load(); });
        if (generation_ != load_.server_generation_) client_.close();
        generation_ = load_.server_generation_;
        return load_.is_server_up_;
    }

    HttpLoad& load_;
    HttpClient client_;
    std::uint64_t generation_ = 0;
    bool was_repeated_ = false;
};

HttpLoad::HttpLoad(SoakTarget target, const SoakOptions& options)
    : target_(std::move(target)),
      options_(options),
      index_max_(options.executions > 0 ? std::min(options.executions, indices_max) : indices_max),
      filler_(filler(options.payload_bytes, 45)),
      executions_(index_max_) {}

std::uint64_t HttpLoad::now_us() const noexcept {
    return microseconds_between(began_, Clock::now());
}

void HttpLoad::park() {
    std::atomic<std::uint64_t> next{0};
    for (std::uint32_t i = 0; i < options_.connections; ++i)
        threads_.emplace_back([this, &next] { start_parked(next); });
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void HttpLoad::start_parked(std::atomic<std::uint64_t>& next) {
    Caller caller(*this);
    for (std::uint64_t i = next.fetch_add(1); i < options_.waiting; i = next.fetch_add(1)) {
        json::Writer input;
        input.begin_object().member("data", filler_).end_object();
        json::Writer body;
        body.begin_object().member("stateMachineArn", target_.parked_machine_arn);
        body.member("name", "parked" + std::to_string(i)).member("input", input.text());
        body.end_object();
        const auto reply = caller.call("AWSStepFunctions.StartExecution", body.text());
        if (!reply.has_value()) return;
        if (reply->status != 200) return add_fault("StartExecution: " + reply->body);
    }
}

void HttpLoad::begin() {
    {
        const std::scoped_lock lock(mutex_);
        is_starting_ = true;
        starting_since_ = Clock::now();
    }
    const std::uint32_t starters = options_.connections / 2;
    for (std::uint32_t i = 0; i < options_.connections; ++i) {
        if (i < starters) {
            threads_.emplace_back([this] { start_executions(); });
        } else {
            threads_.emplace_back([this] { complete_tasks(); });
        }
    }
}

void HttpLoad::stop_starting() {
    const std::scoped_lock lock(mutex_);
    is_starting_ = false;
    room_.notify_all();
    changed_.notify_all();
}

void HttpLoad::end() {
    {
        const std::scoped_lock lock(mutex_);
        is_starting_ = false;
        is_over_.store(true);
        room_.notify_all();
        changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

bool HttpLoad::wait_until_done(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(
        lock, patience, [this] { return is_over_.load() || (!is_starting_ && in_flight_ == 0); });
}

void HttpLoad::wait_for_deletion(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const std::uint64_t before = deletions_;
    changed_.wait_for(lock, patience, [&] { return deletions_ != before || is_over_.load(); });
}

void HttpLoad::server_goes() {
    const std::scoped_lock lock(mutex_);
    is_server_up_ = false;
    ++server_generation_;
}

void HttpLoad::server_is_back() {
    const std::scoped_lock lock(mutex_);
    is_server_up_ = true;
    changed_.notify_all();
}

std::vector<std::string> HttpLoad::faults() const {
    const std::scoped_lock lock(mutex_);
    return faults_;
}

void HttpLoad::add_fault(std::string what) {
    const std::scoped_lock lock(mutex_);
    if (faults_.size() < faults_max) faults_.push_back(std::move(what));
}

bool HttpLoad::was_start_acknowledged(std::uint64_t index) const noexcept {
    return (executions_[index].load() & start_acknowledged) != 0;
}

bool HttpLoad::was_completion_acknowledged(std::uint64_t index) const noexcept {
    return (executions_[index].load() & completions_mask) != 0;
}

/// The next execution to start, once it is due and there is room for one more under way.
std::optional<HttpLoad::Start> HttpLoad::take_start() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return !is_starting_ || in_flight_ < options_.in_flight_max; });
    if (!is_starting_) return std::nullopt;
    const std::uint64_t index = next_index_.load();
    if (index == index_max_) {
        is_starting_ = false;
        room_.notify_all();
        changed_.notify_all();
        return std::nullopt;
    }
    next_index_.store(index + 1);
    ++in_flight_;
    if (options_.rate == 0) return Start{index, now_us()};
    const std::chrono::duration<double> offset{static_cast<double>(index) / options_.rate};
    const auto due = starting_since_ + std::chrono::duration_cast<Clock::duration>(offset);
    changed_.wait_until(lock, due, [&] { return !is_starting_ || Clock::now() >= due; });
    return Start{index, microseconds_between(began_, std::min(due, Clock::now()))};
}

void HttpLoad::start_executions() {
    Caller caller(*this);
    while (const std::optional<Start> start = take_start()) {
        json::Writer input;
        input.begin_object().member_integer("index", static_cast<std::int64_t>(start->index));
        input.member_integer("sent_us", static_cast<std::int64_t>(start->due_us));
        input.member("data", filler_).end_object();
        json::Writer body;
        body.begin_object().member("stateMachineArn", target_.machine_arn);
        body.member("name", execution_name(start->index))
            .member("input", input.text())
            .end_object();
        const auto reply = caller.call("AWSStepFunctions.StartExecution", body.text());
        if (!reply.has_value()) return;
        // After a lost reply the execution may have run to its end: its name is taken then.
        const bool is_there =
            reply->status == 200 ||
            (caller.was_repeated() && error_of(*reply) == "ExecutionAlreadyExists");
        if (!is_there) return add_fault("StartExecution: " + reply->body);
        executions_[start->index].fetch_or(start_acknowledged);
        started_.fetch_add(1);
    }
}

void HttpLoad::complete_tasks() {
    Caller caller(*this);
    json::Writer receive;
    receive.begin_object().member("QueueUrl", target_.queue_url);
    receive.member_integer("MaxNumberOfMessages", 10).member_integer("WaitTimeSeconds", 1);
    receive.end_object();
    while (!is_over_.load()) {
        const auto reply = caller.call("AmazonSQS.ReceiveMessage", receive.text());
        if (!reply.has_value()) return;
        const auto received = json::Document::parse(reply->body);
        if (reply->status != 200 || !received.has_value())
            return add_fault("ReceiveMessage: " + reply->body);
        const auto list = received->root().find("Messages");
        if (!list.has_value()) continue;
        std::vector<Message> messages;
        for (const json::Node& node : list->elements()) {
            const json::Value message{&node};
            const auto body = json::Document::parse(message.find("Body")->string());
            const json::Value input = *body->root().find("Input");
            messages.push_back({static_cast<std::uint64_t>(*input.find("index")->integer()),
                                static_cast<std::uint64_t>(*input.find("sent_us")->integer()),
                                std::string(body->root().find("TaskToken")->string()),
                                std::string(message.find("ReceiptHandle")->string())});
        }
        for (const Message& message : messages) complete(caller, message);
        if (!messages.empty() && !delete_messages(caller, messages)) return;
    }
}

void HttpLoad::complete(Caller& caller, const Message& message) {
    json::Writer output;
    output.begin_object().member_integer("index", static_cast<std::int64_t>(message.index));
    output.member("data", filler_).end_object();
    json::Writer body;
    body.begin_object().member("taskToken", message.token).member("output", output.text());
    body.end_object();
    const auto reply = caller.call("AWSStepFunctions.SendTaskSuccess", body.text());
    if (!reply.has_value()) return;
    const bool is_done = reply->status == 200;
    if (!is_done && error_of(*reply) != "TaskTimedOut")
        return add_fault("SendTaskSuccess: " + reply->body);
    // After a lost reply a spent token is one that this very call has completed, or another
    // worker who received the message again. Else it is such a message received again.
    if (!is_done && !caller.was_repeated()) {
        redelivered_.fetch_add(1);
        return;
    }
    count_completion(message, is_done);
}

void HttpLoad::count_completion(const Message& message, bool is_acknowledged) {
    std::atomic<std::uint8_t>& execution = executions_[message.index];
    if (is_acknowledged && (execution.fetch_add(1) & completions_mask) > 0)
        duplicates_.fetch_add(1);
    if ((execution.fetch_or(counted_as_ended) & counted_as_ended) != 0) return;
    latencies_.record(std::chrono::microseconds(now_us() - message.sent_us));
    ended_.fetch_add(1);
    const std::scoped_lock lock(mutex_);
    --in_flight_;
    room_.notify_one();
    if (in_flight_ == 0) changed_.notify_all();
}

bool HttpLoad::delete_messages(Caller& caller, const std::vector<Message>& messages) {
    json::Writer body;
    body.begin_object().member("QueueUrl", target_.queue_url).key("Entries").begin_array();
    for (std::size_t i = 0; i < messages.size(); ++i) {
        body.begin_object().member("Id", std::to_string(i));
        body.member("ReceiptHandle", messages[i].receipt_handle).end_object();
    }
    body.end_array().end_object();
    const auto reply = caller.call("AmazonSQS.DeleteMessageBatch", body.text());
    if (!reply.has_value()) return false;
    const auto answer = json::Document::parse(reply->body);
    const auto failed = answer.has_value() ? answer->root().find("Failed") : std::nullopt;
    if (reply->status != 200 || (failed.has_value() && !failed->elements().empty())) {
        add_fault("DeleteMessageBatch: " + reply->body);
        return false;
    }
    const std::scoped_lock lock(mutex_);
    ++deletions_;
    changed_.notify_all();
    return true;
}

}  // namespace stepwell::bench
