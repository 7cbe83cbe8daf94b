// The embedded engine, as a program uses it.
#include <gtest/gtest.h>
#include <stepwell/stepwell.h>
#include <stepwell/engine.hpp>
#include <stepwell/testing.hpp>

#include <filesystem>
#include <future>

#include "base/random.hpp"

namespace stepwell {
namespace {

using std::chrono::hours;

Payload json(std::string_view text) { return *Payload::parse(text); }

std::string task(const std::string& resource, const std::string& more = "") {
    return R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":")" + resource + "\"," + more +
           R"("End":true}}})";
}

/// A directory that is gone when the test is over.
class Directory {
 public:
    Directory()
        : path_(std::filesystem::temp_directory_path() / ("stepwell-test-" + make_uuid())) {}
    ~Directory() { std::filesystem::remove_all(path_); }
    const std::filesystem::path& path() const { return path_; }

 private:
    const std::filesystem::path path_;
};

std::unique_ptr<Engine> open(Engine::Options options = {}) {
    auto engine = Engine::open(std::move(options));
    EXPECT_TRUE(engine.has_value()) << engine.error().message();
    return *std::move(engine);
}

TEST(EmbeddedEngine, RunsAPlainFunctionInPlaceOfALambda) {
    const auto engine = open();
    engine->register_function("double", [](Payload event) -> TaskAnswer {
        std::string pair = "[";
        pair.append(event.text()).append(",").append(event.text()).append("]");
        return Payload::trusted(pair);
    });
    const auto machine =
        engine->create_state_machine("m", task(engine->function_arn("double"))).get();
    ASSERT_TRUE(machine.has_value()) << machine.error().message();
    const auto end = engine->run(*machine, json("7")).get();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->output.text(), "[7,7]");
}

Future<TaskAnswer> run_other(Engine& engine, std::string machine) {
    const Result<ExecutionDescription> end = co_await engine.run(machine, Payload::trusted("1"));
    co_return end->output;
}

TEST(EmbeddedEngine, RunsACoroutineThatAwaitsTheEngineItself) {
    const auto engine = open();
    const auto inner =
        engine
            ->create_state_machine(
                "inner",
                R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":"inner","End":true}}})")
            .get();
    engine->register_function("outer", [&](Payload) { return run_other(*engine, *inner); });
    const auto outer =
        engine->create_state_machine("outer", task(engine->function_arn("outer"))).get();
    EXPECT_EQ(engine->run(*outer, json("{}")).get()->output.text(), R"("inner")");
}

TEST(EmbeddedEngine, AFunctionsFailureHasItsErrorName) {
    const auto engine = open();
    engine->register_function("f",
                              [](Payload) -> TaskAnswer { return TaskFailure{"Mine", "why"}; });
    const auto machine = engine->create_state_machine("m", task(engine->function_arn("f"))).get();
    const auto end = engine->run(*machine, json("{}")).get();
    EXPECT_EQ(end->status, ExecutionStatus::failed);
    EXPECT_EQ(end->error, "Mine");
    EXPECT_NE(end->cause->find("why"), std::string::npos);
}

TEST(EmbeddedEngine, ReportsAllProblemsOfADefinition) {
    const auto engine = open();
    const auto machine =
        engine
            ->create_state_machine(
                "m",
                R"({"StartAt":"X","States":{"A":{"Type":"Nonsense"},"B":{"Type":"Pass","Next":"Y"}}})")
            .get();
    ASSERT_FALSE(machine.has_value());
    EXPECT_EQ(machine.error().code(), "InvalidDefinition");
}

TEST(EmbeddedEngine, AnotherDefinitionUpdatesTheMachine) {
    const auto engine = open();
    const std::string pass =
        R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"End":true}}})";
    const auto first = engine->create_state_machine("m", pass).get();
    const auto second =
        engine
            ->create_state_machine(
                "m", R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":2,"End":true}}})")
            .get();
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(engine->run(*second, json("{}")).get()->output.text(), "2");
}

constexpr const char* ask =
    R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters":{"QueueUrl":"QUEUE","MessageBody.$":"$$.Task.Token"},"End":true}}})";

std::string asks(const std::string& queue) {
    std::string text = ask;
    return text.replace(text.find("QUEUE"), 5, queue);
}

TEST(EmbeddedEngine, AnOpenExecutionAndItsTokenOutliveTheProcess) {
    const Directory directory;
    std::string token, arn;
    {
        const auto engine = open({.directory = directory.path()});
        const auto queue = engine->create_queue("q").get();
        const auto machine = engine->create_state_machine("m", asks(*queue)).get();
        std::promise<std::string> received;
        const auto consuming = engine->consume("q", [&](QueueMessage message) -> Future<bool> {
            received.set_value(message.body);
            co_return true;
        });
        ASSERT_TRUE(consuming.has_value());
        arn = *engine->start_execution(*machine, json("{}"), "n").get();
        token = received.get_future().get();
    }
    const auto engine = open({.directory = directory.path(), .shards = 3});
    EXPECT_EQ(engine->describe_execution(arn).get()->status, ExecutionStatus::running);
    EXPECT_TRUE(engine->send_task_success(token, json("8")).get().has_value());
    EXPECT_EQ(engine->wait_for_execution(arn).get()->output.text(), "8");
    EXPECT_EQ(engine->send_task_success(token, json("9")).get().error().code(), "TaskTimedOut");
    EXPECT_NE(engine->execution_history(arn).get()->text().find("TaskSubmitted"),
              std::string::npos);
}

TEST(EmbeddedEngine, ASecondOneOnTheSameDirectoryIsRefused) {
    const Directory directory;
    const auto engine = open({.directory = directory.path()});
    const auto second = Engine::open({.directory = directory.path()});
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message().find("in use"), std::string::npos)
        << second.error().message();
}

TEST(EmbeddedEngine, AnIntegrationThatNothingHereRunsFailsItsTask) {
    const auto engine = open();
    for (const std::string resource :
         {"arn:aws:states:::glue:startJobRun", "arn:aws:states:::ecs:runTask.sync",
          "arn:aws:states:::aws-sdk:ec2:describeInstances"}) {
        const auto machine = engine->create_state_machine("m", task(resource)).get();
        ASSERT_TRUE(machine.has_value()) << machine.error().message();
        const auto end = engine->run(*machine, json("{}")).get();
        EXPECT_EQ(end->status, ExecutionStatus::failed);
        EXPECT_EQ(end->error, "Stepwell.NotAvailable");
        EXPECT_NE(end->cause->find(resource), std::string::npos) << *end->cause;
    }
    // What AWS has not is refused, as AWS does.
    EXPECT_EQ(engine->create_state_machine("m", task("arn:aws:states:::dynamodb:query"))
                  .get()
                  .error()
                  .code(),
              "InvalidDefinition");
}

TEST(EmbeddedEngine, AYearOfWaitPassesInAMoment) {
    ManualClock clock;
    const auto engine = open({.clock = &clock});
    const auto machine =
        engine
            ->create_state_machine(
                "m",
                R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":31000000,"End":true}}})")
            .get();
    const auto arn = engine->start_execution(*machine, json("{}")).get();
    clock.advance(hours{24 * 365});
    EXPECT_EQ(engine->wait_for_execution(*arn).get()->status, ExecutionStatus::succeeded);
}

TEST(EmbeddedEngine, AnAutomaticClockSkipsWhateverCanOnlyWait) {
    ManualClock clock;
    const TimePoint start = clock.now();
    const auto engine = open({.shards = 2, .clock = &clock});
    clock.set_automatic(true);
    const auto machine = engine
                             ->create_state_machine("m", R"({"StartAt":"A","States":{
        "A":{"Type":"Wait","Seconds":31536000,"Next":"B"},"B":{"Type":"Wait","Seconds":1,"End":true}}})")
                             .get();
    EXPECT_EQ(engine->run(*machine, json("{}")).get()->status, ExecutionStatus::succeeded);
    EXPECT_GE(clock.now() - start, hours{24 * 365} + std::chrono::seconds{1});
    EXPECT_LT(clock.now() - start, hours{24 * 365} + std::chrono::seconds{2});
}

TEST(EmbeddedEngine, AnAutomaticClockWaitsForFunctionsAndConsumers) {
    ManualClock clock;
    const auto engine = open({.clock = &clock});
    std::promise<void> asked;
    std::promise<void> answered;
    engine->register_function("slow", [&](Payload event) -> TaskAnswer {
        asked.set_value();
        answered.get_future().wait();
        return event;
    });
    clock.set_automatic(true);
    const TimePoint start = clock.now();
    const auto machine =
        engine
            ->create_state_machine("m", task(engine->function_arn("slow"), "\"TimeoutSeconds\":5,"))
            .get();
    const auto arn = engine->start_execution(*machine, json("1")).get();
    asked.get_future().wait();
    EXPECT_EQ(clock.now(), start);
    answered.set_value();
    EXPECT_EQ(engine->wait_for_execution(*arn).get()->status, ExecutionStatus::succeeded);
    EXPECT_EQ(clock.now(), start);

    engine->create_queue("q").get().value();
    std::promise<std::string> received;
    const auto consuming = engine->consume("q", [&](QueueMessage message) -> Future<bool> {
        received.set_value(message.body);
        co_return true;
    });
    ASSERT_TRUE(consuming.has_value());
    const auto sent =
        engine
            ->call("sqs", "SendMessage",
                   json(R"({"QueueUrl":"q","MessageBody":"late","DelaySeconds":900})"))
            .get();
    ASSERT_TRUE(sent.has_value()) << sent.error().message();
    EXPECT_EQ(received.get_future().get(), "late");
    EXPECT_GE(clock.now() - start, std::chrono::seconds{900});
}

TEST(EmbeddedEngine, ATimeThatWasReachedIsGoneOnFromAfterARestart) {
    const Directory directory;
    TimePoint reached;
    {
        ManualClock clock;
        const auto engine = open({.directory = directory.path(), .clock = &clock});
        clock.advance(hours{24 * 30});
        // Stands in the journal before what is done later.
        ASSERT_TRUE(engine->create_queue("q").get().has_value());
        reached = clock.now();
    }
    ManualClock clock;
    const auto engine = open({.directory = directory.path(), .clock = &clock});
    EXPECT_EQ(clock.now(), reached);
}

TEST(EmbeddedEngine, AConsumerThatSaysNoGetsTheMessageAgain) {
    ManualClock clock;
    const auto engine = open({.clock = &clock});
    engine->create_queue("q").get().value();
    std::promise<void> refused;
    std::promise<std::uint32_t> count;
    const auto consuming = engine->consume("q", [&](QueueMessage message) -> Future<bool> {
        if (message.receive_count == 1) {
            refused.set_value();
            co_return false;
        }
        count.set_value(message.receive_count);
        co_return true;
    });
    ASSERT_TRUE(consuming.has_value());
    ASSERT_TRUE(engine->send_message("q", "hello").get().has_value());
    refused.get_future().get();
    std::future<std::uint32_t> again = count.get_future();
    // The next receive may be on its way while time passes: let it pass until the message is back.
    while (again.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready)
        clock.advance(std::chrono::seconds{31});
    EXPECT_EQ(again.get(), 2U);
}

TEST(EmbeddedEngine, AnyOperationOfTheApiCanBeCalled) {
    const auto engine = open();
    const auto caller = engine->call("sts", "GetCallerIdentity", json("{}")).get();
    ASSERT_TRUE(caller.has_value());
    EXPECT_NE(caller->text().find("000000000000"), std::string_view::npos);
    EXPECT_EQ(engine->call("sts", "Nonsense", json("{}")).get().error().code(),
              "UnknownOperationException");
}

// ---- the same in C

void handle(void* user, const char* event, stepwell_invocation* invocation) {
    ++*static_cast<int*>(user);
    if (std::string_view(event) == "\"fail\"") return stepwell_fail(invocation, "Mine", "why");
    EXPECT_EQ(stepwell_succeed(invocation, event), 0);
}

std::string taken(char* text) {
    std::string copy = text == nullptr ? "(none)" : text;
    stepwell_free(text);
    return copy;
}

TEST(CInterface, RunsAStateMachineWithAHandler) {
    char* error = nullptr;
    stepwell_engine* engine = stepwell_open(nullptr, &error);
    ASSERT_NE(engine, nullptr);
    int calls = 0;
    stepwell_register_function(engine, "f", handle, &calls);
    const std::string create =
        R"({"name":"m","roleArn":"arn:aws:iam::000000000000:role/r","definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:lambda:us-east-1:000000000000:function:f\",\"End\":true}}}"})";
    EXPECT_NE(taken(stepwell_call(engine, "states", "CreateStateMachine", create.c_str(), &error)),
              "(none)");
    for (const char* input : {"7", R"(\"fail\")"}) {
        const std::string start =
            R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","input":")" +
            std::string(input) + R"(","name":"n)" + (*input == '7' ? "1" : "2") + "\"}";
        EXPECT_NE(taken(stepwell_call(engine, "states", "StartExecution", start.c_str(), &error)),
                  "(none)");
    }
    const std::string arn = "arn:aws:states:us-east-1:000000000000:execution:m:n";
    EXPECT_NE(taken(stepwell_wait_for_execution(engine, (arn + "1").c_str(), &error))
                  .find(R"("SUCCEEDED")"),
              std::string::npos);
    EXPECT_NE(
        taken(stepwell_wait_for_execution(engine, (arn + "2").c_str(), &error)).find(R"("FAILED")"),
        std::string::npos);
    EXPECT_EQ(calls, 2);
    stepwell_close(engine);
}

TEST(CInterface, ErrorsAreTexts) {
    char* error = nullptr;
    stepwell_options options{};
    options.size = sizeof options;
    options.durability = "sometimes";
    EXPECT_EQ(stepwell_open(&options, &error), nullptr);
    EXPECT_NE(taken(error).find("durability"), std::string::npos);

    stepwell_engine* engine = stepwell_open(nullptr, nullptr);
    ASSERT_NE(engine, nullptr);
    for (const char* input : {"{}", "no json"}) {
        error = nullptr;
        EXPECT_EQ(stepwell_call(engine, "states", "StartExecution", input, &error), nullptr);
        EXPECT_NE(taken(error), "(none)");
    }
    EXPECT_EQ(stepwell_call(engine, "states", "StartExecution", "{}", nullptr), nullptr);
    stepwell_close(engine);
}

}  // namespace
}  // namespace stepwell
