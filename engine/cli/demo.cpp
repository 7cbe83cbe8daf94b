#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/base64.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "cli/callback_example.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/history_table.hpp"
#include "cli/serve.hpp"
#include "cli/service_calls.hpp"
#include "cli/terminal.hpp"
#include "cli/zip_writer.hpp"
#include "json/writer.hpp"

namespace stepwell::cli {

namespace {

constexpr std::chrono::milliseconds look_interval{
    20};  // how often the running history is looked at
constexpr std::chrono::seconds execution_max{
    60};  // the first start of Node.js on a slow machine included
constexpr std::chrono::seconds report_max{10};  // from the call back to the function's end
constexpr std::size_t shown_characters_max = 110;

/// A directory that goes with the object.
class TemporaryDirectory {
 public:
    static Result<TemporaryDirectory> make() {
        std::string path =
            (std::filesystem::temp_directory_path() / "stepwell-demo-XXXXXX").string();
        if (mkdtemp(path.data()) == nullptr) {
            return Error{errors::system_failure,
                         "cannot make a directory in " + path.substr(0, path.rfind('/'))};
        }
        return TemporaryDirectory{std::move(path)};
    }
    TemporaryDirectory(TemporaryDirectory&& other) noexcept
        : path_(std::exchange(other.path_, {})) {}
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;  // what cannot be removed is in the directory for temporary files
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

 private:
    explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

/// The callback example, from its resources to its end, each step shown on stdout.
class Demo {
 public:
    explicit Demo(Server& server)
        : server_(server), calls_(server.world().operations(), server.url()) {}

    Result<> make_resources();
    /// True when the execution succeeded.
    Result<bool> run();

 private:
    Result<json::Document> call(std::string_view service, std::string_view operation,
                                const json::Writer& input) {
        return calls_.call(service, operation, std::string{input.text()});
    }
    Result<> make_queues_and_topic();
    Result<std::string> make_role(std::string_view name, std::string_view policy);
    Result<> make_function();
    Result<> make_state_machine();
    Result<std::size_t> show_new_events(std::size_t shown);
    Result<json::Document> history();
    Result<std::string> function_log();
    Result<> show_log();
    Result<> show_notification();

    Server& server_;
    ServiceCalls calls_;
    std::string queue_url_;
    std::string queue_arn_;
    std::string topic_arn_;
    std::string notification_queue_url_;
    std::string machine_arn_;
    std::string execution_arn_;
};

void show(std::string_view what, std::string_view text) {
    std::printf("  %-22.*s %.*s\n", static_cast<int>(what.size()), what.data(),
                static_cast<int>(text.size()), text.data());
    std::fflush(stdout);
}

std::string shortened(std::string text) {
    if (text.size() <= shown_characters_max) return text;
    text.resize(shown_characters_max);
    while ((static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
        text.pop_back();  // no half character
    return text + "...";
}

Result<> Demo::make_queues_and_topic() {
    json::Writer queue;
    queue.begin_object().member("QueueName", "callback-tasks").end_object();
    SW_TRY(const json::Document made, call("sqs", "CreateQueue", queue));
    queue_url_ = text_member(made, "QueueUrl");
    queue_arn_ = server_.world().identity().arn("sqs", "callback-tasks");
    show("queue", queue_url_);

    json::Writer topic;
    topic.begin_object().member("Name", "callback-notifications").end_object();
    SW_TRY(const json::Document made_topic, call("sns", "CreateTopic", topic));
    topic_arn_ = text_member(made_topic, "TopicArn");
    show("topic", topic_arn_);

    json::Writer inbox;
    inbox.begin_object().member("QueueName", "callback-inbox").end_object();
    SW_TRY(const json::Document made_inbox, call("sqs", "CreateQueue", inbox));
    notification_queue_url_ = text_member(made_inbox, "QueueUrl");
    json::Writer subscription;
    subscription.begin_object().member("TopicArn", topic_arn_).member("Protocol", "sqs");
    subscription.member("Endpoint", server_.world().identity().arn("sqs", "callback-inbox"));
    subscription.key("Attributes")
        .begin_object()
        .member("RawMessageDelivery", "true")
        .end_object()
        .end_object();
    SW_TRY(const json::Document subscribed, call("sns", "Subscribe", subscription));
    show("subscription", text_member(subscribed, "SubscriptionArn"));
    return {};
}

Result<std::string> Demo::make_role(std::string_view name, std::string_view policy) {
    json::Writer role;
    role.begin_object().member("RoleName", name);
    role.member("AssumeRolePolicyDocument", callback_example::trust_policy).end_object();
    SW_TRY(const json::Document made, call("iam", "CreateRole", role));
    json::Writer inline_policy;
    inline_policy.begin_object().member("RoleName", name).member("PolicyName", "example");
    inline_policy.member("PolicyDocument", policy).end_object();
    SW_TRY(const json::Document put, call("iam", "PutRolePolicy", inline_policy));
    const std::optional<json::Value> described = made.root().find("Role");
    const std::optional<json::Value> arn =
        described.has_value() ? described->find("Arn") : std::nullopt;
    if (!arn.has_value()) return Error{errors::internal_failure, "CreateRole gave no ARN"};
    show("role", arn->string());
    return std::string{arn->string()};
}

Result<> Demo::make_function() {
    SW_TRY(const std::string role,
           make_role("callback-function", callback_example::function_policy));
    json::Writer function;
    function.begin_object().member("FunctionName", "callback").member("Runtime", "nodejs16.x");
    function.member("Handler", "index.lambda_handler")
        .member("Role", role)
        .member_integer("Timeout", 30);
    function.key("Code").begin_object();
    function.member("ZipFile", base64_encode(zip_of("index.js", callback_example::handler)))
        .end_object()
        .end_object();
    SW_TRY(const json::Document made, call("lambda", "CreateFunction", function));
    show("function", text_member(made, "FunctionArn"));

    json::Writer mapping;
    mapping.begin_object().member("FunctionName", "callback").member("EventSourceArn", queue_arn_);
    mapping.member_integer("BatchSize", 1).end_object();
    SW_TRY(const json::Document mapped, call("lambda", "CreateEventSourceMapping", mapping));
    show("event source mapping", text_member(mapped, "UUID"));
    return {};
}

Result<> Demo::make_state_machine() {
    SW_TRY(const std::string role,
           make_role("callback-workflow", callback_example::state_machine_policy));
    json::Writer machine;
    machine.begin_object().member("name", "callback-example").member("roleArn", role);
    machine.member("definition", callback_example::definition(queue_url_, topic_arn_)).end_object();
    SW_TRY(const json::Document made, call("states", "CreateStateMachine", machine));
    machine_arn_ = text_member(made, "stateMachineArn");
    show("state machine", machine_arn_);
    return {};
}

Result<> Demo::make_resources() {
    std::printf("Resources\n");
    if (const Result<> made = make_queues_and_topic(); made.has_error()) return made;
    if (const Result<> made = make_function(); made.has_error()) return made;
    return make_state_machine();
}

Result<json::Document> Demo::history() {
    json::Writer input;
    input.begin_object()
        .member("executionArn", execution_arn_)
        .member_integer("maxResults", 1000)
        .end_object();
    return call("states", "GetExecutionHistory", input);
}

/// What an event tells beyond its type: what was sent, received, called back, published.
std::string detail_of(json::Value event) {
    for (const json::Member& member : event.members()) {
        if (!member.key.ends_with("EventDetails")) continue;
        for (const std::string_view name : {"parameters", "output", "input", "cause"}) {
            const auto text = json::Value{&member.value}.find(name);
            if (text.has_value() && text->is_string()) return std::string{text->string()};
        }
    }
    return {};
}

Result<std::size_t> Demo::show_new_events(std::size_t shown) {
    SW_TRY(const json::Document answer, history());
    const std::optional<json::Value> events = answer.root().find("events");
    if (!events.has_value())
        return Error{errors::internal_failure, "GetExecutionHistory gave no events"};
    for (; shown < events->size(); ++shown) {
        const json::Value event = (*events)[shown];
        const auto type = event.find("type");
        const std::string subject = subject_of(event);
        show(type.has_value() ? type->string() : "",
             shortened(subject + (subject.empty() ? "" : "  ") + detail_of(event)));
    }
    return shown;
}

Result<bool> Demo::run() {
    json::Writer start;
    start.begin_object().member("stateMachineArn", machine_arn_).member("input", "{}").end_object();
    SW_TRY(const json::Document started, call("states", "StartExecution", start));
    execution_arn_ = text_member(started, "executionArn");
    std::printf("\nExecution %s\n", execution_arn_.c_str());

    auto ended = std::make_shared<std::promise<Result<ExecutionDescription>>>();
    std::future<Result<ExecutionDescription>> end = ended->get_future();
    server_.world().executions().wait_until_ended(
        execution_arn_, [ended](Result<ExecutionDescription> description) {
            ended->set_value(std::move(description));
        });
    const auto give_up = std::chrono::steady_clock::now() + execution_max;
    std::size_t shown = 0;
    bool is_over = false;
    while (!is_over && std::chrono::steady_clock::now() < give_up) {
        is_over = end.wait_for(look_interval) == std::future_status::ready;
        SW_TRY(shown, show_new_events(shown));
    }
    const bool has_succeeded = is_over && end.get()->status == ExecutionStatus::succeeded;
    if (const Result<> log = show_log(); log.has_error()) return log.error();
    if (!has_succeeded) return false;
    if (const Result<> notified = show_notification(); notified.has_error())
        return notified.error();

    SW_TRY(const json::Document answer, history());
    std::printf("\nHistory\n%s", history_table(*answer.root().find("events")).c_str());
    return true;
}

Result<std::string> Demo::function_log() {
    auto read = std::make_shared<std::promise<Result<std::string>>>();
    std::future<Result<std::string>> text = read->get_future();
    server_.world().functions().log("callback", 16 * 1024, [read](Result<std::string> log) {
        read->set_value(std::move(log));
    });
    return text.get();
}

/// What the function wrote: its own view of the call back. The execution may have ended before the
/// function has, so its last line is looked for.
Result<> Demo::show_log() {
    const auto give_up = std::chrono::steady_clock::now() + report_max;
    SW_TRY(std::string log, function_log());
    while (log.find("REPORT RequestId") == std::string::npos &&
           std::chrono::steady_clock::now() < give_up) {
        std::promise<void> pause;  // nothing tells of a new line, so the log is looked at again
        pause.get_future().wait_for(look_interval);
        SW_TRY(log, function_log());
    }
    std::printf("\nWhat the function wrote\n");
    std::size_t from = 0;
    while (from < log.size()) {
        const std::size_t end = std::min(log.find('\n', from), log.size());
        std::printf("  %s\n", shortened(log.substr(from, end - from)).c_str());
        from = end + 1;
    }
    return {};
}

Result<> Demo::show_notification() {
    json::Writer receive;
    receive.begin_object()
        .member("QueueUrl", notification_queue_url_)
        .member_integer("WaitTimeSeconds", 10)
        .end_object();
    SW_TRY(const json::Document received, call("sqs", "ReceiveMessage", receive));
    std::printf("\nWhat the topic's subscriber received\n");
    const std::optional<json::Value> messages = received.root().find("Messages");
    if (!messages.has_value() || messages->size() == 0) {
        return Error{errors::internal_failure, "nothing was delivered to the topic's subscriber"};
    }
    const auto body = (*messages)[0].find("Body");
    std::printf("  %s\n", body.has_value() ? std::string{body->string()}.c_str() : "");
    return {};
}

}  // namespace

int demo(const DemoOptions& options) {
    const StopSignals signals;
    Result<TemporaryDirectory> directory = TemporaryDirectory::make();
    if (directory.has_error()) {
        say(Severity::error, directory.error().message());
        return exit_failed;
    }
    ServeOptions serve_options;
    serve_options.listen = options.listen;
    serve_options.data = directory->path();
    Result<std::unique_ptr<Server>> server = Server::open(serve_options);
    if (server.has_error()) {
        say(Severity::error, server.error().message());
        return server.error().is(errors::in_use) ? exit_temporary : exit_failed;
    }
    std::printf("Server\n");
    show("address", (*server)->url());
    show("data", directory->path());
    std::printf("\n");

    Demo example{**server};
    const Result<> made = example.make_resources();
    const Result<bool> ran = made.has_error() ? Result<bool>{made.error()} : example.run();
    if (ran.has_error()) {
        say(Severity::error, "the example stopped: " + ran.error().message());
    } else if (!*ran) {
        say(Severity::error, "the execution did not succeed");
    }
    if (options.keeps) {
        std::printf(
            "\nThe server keeps running at %s until Ctrl-C. Try:\n"
            "  aws --endpoint-url %s stepfunctions list-state-machines\n",
            (*server)->url().c_str(), (*server)->url().c_str());
        std::fflush(stdout);
        signals.wait();
    }
    return ran.has_value() && *ran ? exit_ok : exit_failed;
}

}  // namespace stepwell::cli
