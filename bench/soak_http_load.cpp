#include "soak_http_load.hpp"

#include <algorithm>
#include <utility>

#include "callback_definition.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::bench {

namespace {

constexpr std::uint64_t indices_max = std::uint64_t{1} << 26;
constexpr std::uint64_t faults_max = 20;  // a broken server would fill the memory with them

/// The short name of the error in an answer: "TaskTimedOut".
std::string error_of(std::string_view answer) {
    const auto body = json::Document::parse(answer);
    if (!body.has_value()) return {};
    const auto type = body->root().find("__type");
    if (!type.has_value() || !type->is_string()) return {};
    const std::string_view text = type->string();
    return std::string(text.substr(text.find('#') + 1));
}

std::uint64_t microseconds_between(std::chrono::steady_clock::time_point from,
                                   std::chrono::steady_clock::time_point to) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

std::string fault_of(std::string_view target, std::string_view answer) {
    return std::string(target).append(": ").append(answer);
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

// ---- clients: one connection and one call at a time, each knows the server's kills --------------

class HttpLoad::Client : public HttpConnection {
 public:
    explicit Client(HttpLoad& load) : HttpConnection(load.poll_, load.target_.port), load_(load) {}

    virtual void begin() = 0;
    void call_again() {
        was_repeated_ = std::exchange(was_sent_, true);
        generation_ = load_.generation_;
        repeat();
    }

 protected:
    void call(std::string_view target, std::string_view body) {
        was_repeated_ = false;
        was_sent_ = load_.is_up_;
        if (!was_sent_) {
            hold(http_request(target, body));
            return load_.broken_.push_back(this);
        }
        // A connection of before a kill is not used again, so that a break always has a kill after
        // it.
        if (generation_ != load_.generation_) close();
        generation_ = load_.generation_;
        send(http_request(target, body));
    }
    /// Whether an earlier attempt of the last call may have been carried out.
    bool was_repeated() const noexcept { return was_repeated_; }

    void broke() override {
        if (load_.is_over_.load()) return;
        load_.follow_server();
        if (generation_ == load_.generation_) return load_.give_up("a connection broke");
        load_.broken_.push_back(this);
    }

    HttpLoad& load_;

 private:
    std::uint64_t generation_ = 0;
    bool was_sent_ = false;
    bool was_repeated_ = false;
};

class HttpLoad::Parker final : public Client {
 public:
    using Client::Client;

    void begin() override {
        if (load_.parked_ == load_.options_.waiting) return;
        json::Writer input;
        input.begin_object().member("data", load_.filler_).end_object();
        json::Writer body;
        body.begin_object().member("stateMachineArn", load_.target_.parked_machine_arn);
        body.member("name", "parked" + std::to_string(load_.parked_++));
        body.member("input", input.text()).end_object();
        ++load_.in_flight_;
        call("AWSStepFunctions.StartExecution", body.text());
    }

 private:
    void answered(int status, std::string_view body) override {
        if (status != 200) return load_.give_up(fault_of("StartExecution", body));
        --load_.in_flight_;
        begin();
    }
};

class HttpLoad::Starter final : public Client {
 public:
    using Client::Client;

    void begin() override { load_.idle_.push_back(this); }
    void start(Start start) {
        index_ = start.index;
        json::Writer input;
        input.begin_object().member_integer("index", static_cast<std::int64_t>(start.index));
        input.member_integer("sent_us", static_cast<std::int64_t>(start.due_us));
        input.member("data", load_.filler_).end_object();
        json::Writer body;
        body.begin_object().member("stateMachineArn", load_.target_.machine_arn);
        body.member("name", execution_name(start.index)).member("input", input.text());
        body.end_object();
        call("AWSStepFunctions.StartExecution", body.text());
    }

 private:
    void answered(int status, std::string_view body) override {
        // After a lost answer the execution may have run to its end: its name is taken then.
        const bool is_there =
            status == 200 || (was_repeated() && error_of(body) == "ExecutionAlreadyExists");
        if (!is_there) return load_.give_up(fault_of("StartExecution", body));
        load_.executions_[index_].fetch_or(start_acknowledged);
        load_.started_.fetch_add(1);
        begin();
    }

    std::uint64_t index_ = 0;
};

// Receives messages, completes their tasks one after the other, and deletes them together.
class HttpLoad::Worker final : public Client {
 public:
    using Client::Client;

    void begin() override {
        does_ = Does::receive;
        json::Writer receive;
        receive.begin_object().member("QueueUrl", load_.target_.queue_url);
        receive.member_integer("MaxNumberOfMessages", 10).member_integer("WaitTimeSeconds", 1);
        receive.end_object();
        call("AmazonSQS.ReceiveMessage", receive.text());
    }

 private:
    enum class Does : std::uint8_t { receive, complete, erase };

    void answered(int status, std::string_view body) override {
        switch (does_) {
            case Does::receive:
                return received(status, body);
            case Does::complete:
                return completed(status, body);
            case Does::erase:
                return deleted(status, body);
        }
    }

    void received(int status, std::string_view text) {
        const auto answer = json::Document::parse(text);
        if (status != 200 || !answer.has_value())
            return load_.give_up(fault_of("ReceiveMessage", text));
        messages_.clear();
        at_ = 0;
        const auto list = answer->root().find("Messages");
        if (!list.has_value()) return begin();
        for (const json::Node& node : list->elements()) {
            const json::Value message{&node};
            const auto body = json::Document::parse(message.find("Body")->string());
            const json::Value input = *body->root().find("Input");
            messages_.push_back({static_cast<std::uint64_t>(*input.find("index")->integer()),
                                 static_cast<std::uint64_t>(*input.find("sent_us")->integer()),
                                 std::string(body->root().find("TaskToken")->string()),
                                 std::string(message.find("ReceiptHandle")->string())});
        }
        if (messages_.empty()) return begin();
        complete();
    }

    void complete() {
        does_ = Does::complete;
        const Message& message = messages_[at_];
        json::Writer output;
        output.begin_object().member_integer("index", static_cast<std::int64_t>(message.index));
        output.member("data", load_.filler_).end_object();
        json::Writer body;
        body.begin_object().member("taskToken", message.token).member("output", output.text());
        body.end_object();
        call("AWSStepFunctions.SendTaskSuccess", body.text());
    }

    void completed(int status, std::string_view body) {
        const bool is_done = status == 200;
        if (!is_done && error_of(body) != "TaskTimedOut")
            return load_.give_up(fault_of("SendTaskSuccess", body));
        // After a lost answer a spent token is one that this very call has completed, or another
        // worker who received the message again. Else it is such a message received again.
        if (is_done || was_repeated()) {
            load_.count_completion(messages_[at_], is_done);
        } else {
            load_.redelivered_.fetch_add(1);
        }
        if (++at_ < messages_.size()) return complete();
        erase();
    }

    void erase() {
        does_ = Does::erase;
        json::Writer body;
        body.begin_object().member("QueueUrl", load_.target_.queue_url);
        body.key("Entries").begin_array();
        for (std::size_t i = 0; i < messages_.size(); ++i) {
            body.begin_object().member("Id", std::to_string(i));
            body.member("ReceiptHandle", messages_[i].receipt_handle).end_object();
        }
        body.end_array().end_object();
        call("AmazonSQS.DeleteMessageBatch", body.text());
    }

    void deleted(int status, std::string_view body) {
        const auto answer = json::Document::parse(body);
        const auto failed = answer.has_value() ? answer->root().find("Failed") : std::nullopt;
        if (status != 200 || (failed.has_value() && !failed->elements().empty()))
            return load_.give_up(fault_of("DeleteMessageBatch", body));
        {
            const std::scoped_lock lock(load_.mutex_);
            ++load_.deletions_;
            load_.changed_.notify_all();
        }
        begin();
    }

    Does does_ = Does::receive;
    std::vector<Message> messages_;
    std::size_t at_ = 0;  // the message that is being completed
};

// ---- the load
// ------------------------------------------------------------------------------------

HttpLoad::HttpLoad(SoakTarget target, const SoakOptions& options)
    : target_(std::move(target)),
      options_(options),
      index_max_(options.executions > 0 ? std::min(options.executions, indices_max) : indices_max),
      filler_(filler(options.payload_bytes, 45)),
      executions_(index_max_) {}

HttpLoad::~HttpLoad() { end(); }

std::uint64_t HttpLoad::now_us() const noexcept {
    return microseconds_between(began_, Clock::now());
}

void HttpLoad::park() {
    for (std::uint32_t i = 0; i < options_.connections; ++i) {
        clients_.push_back(std::make_unique<Parker>(*this));
        clients_.back()->begin();
    }
    while (in_flight_ > 0 && !is_over_.load()) poll_.wait(std::chrono::seconds{1});
    clients_.clear();
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
            clients_.push_back(std::make_unique<Starter>(*this));
        } else {
            clients_.push_back(std::make_unique<Worker>(*this));
        }
    }
    thread_ = std::thread([this] { run(); });
}

void HttpLoad::run() {
    for (const auto& client : clients_) client->begin();
    while (!is_over_.load()) {
        follow_server();
        start_what_is_due();
        const auto patience = next_due_ - Clock::now();
        poll_.wait(std::clamp<std::chrono::nanoseconds>(patience, std::chrono::nanoseconds{0},
                                                        std::chrono::seconds{1}));
    }
}

/// Learns of kills, and repeats what broke in one once the server is back.
void HttpLoad::follow_server() {
    {
        const std::scoped_lock lock(mutex_);
        generation_ = server_generation_;
        is_up_ = is_server_up_;
    }
    if (!is_up_) return;
    // One that breaks once more is listed anew.
    for (Client* const client : std::exchange(broken_, {})) client->call_again();
}

void HttpLoad::start_what_is_due() {
    next_due_ = Clock::time_point::max();
    while (!idle_.empty()) {
        const std::optional<Start> start = take_start();
        if (!start.has_value()) return;
        Starter* const starter = idle_.back();
        idle_.pop_back();
        starter->start(*start);
    }
}

/// The next execution to start, if it is due and there is room for one more under way.
std::optional<HttpLoad::Start> HttpLoad::take_start() {
    const std::scoped_lock lock(mutex_);
    if (!is_starting_ || !is_server_up_ || in_flight_ >= options_.in_flight_max)
        return std::nullopt;
    const std::uint64_t index = next_index_.load();
    if (index == index_max_) {
        is_starting_ = false;
        changed_.notify_all();
        return std::nullopt;
    }
    Clock::time_point due = Clock::now();
    if (options_.rate > 0) {
        const std::chrono::duration<double> offset{static_cast<double>(index) / options_.rate};
        const auto wanted = starting_since_ + std::chrono::duration_cast<Clock::duration>(offset);
        if (wanted > due) {
            next_due_ = wanted;
            return std::nullopt;
        }
        due = wanted;
    }
    next_index_.store(index + 1);
    ++in_flight_;
    return Start{index, microseconds_between(began_, due)};
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
    if (in_flight_ == 0) changed_.notify_all();
}

void HttpLoad::stop_starting() {
    const std::scoped_lock lock(mutex_);
    is_starting_ = false;
    changed_.notify_all();
}

void HttpLoad::end() {
    {
        const std::scoped_lock lock(mutex_);
        is_starting_ = false;
        is_over_.store(true);
        changed_.notify_all();
    }
    poll_.wake();
    if (thread_.joinable()) thread_.join();
    clients_.clear();
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
    poll_.wake();
}

std::vector<std::string> HttpLoad::faults() const {
    const std::scoped_lock lock(mutex_);
    return faults_;
}

void HttpLoad::give_up(std::string what) {
    add_fault(std::move(what));
    const std::scoped_lock lock(mutex_);
    is_over_.store(true);
    changed_.notify_all();
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

}  // namespace stepwell::bench
