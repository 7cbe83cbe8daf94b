// AWS Lambda's operations as clients see them: JSON in, JSON out, AWS's errors; Invoke with its
// headers.
#include "api/lambda.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stepwell/testing.hpp>
#include <string>

#include "base/base64.hpp"
#include "function/zip.hpp"
#include "journal/storage.hpp"
#include "json/value.hpp"

namespace stepwell::api {
namespace {

using function::testing::make_zip;

const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:work";

/// One queue, which never has a message.
class EmptyQueue final : public function::QueuePort {
 public:
    std::optional<QueueFacts> find(std::string_view arn) const override {
        if (arn != queue_arn) return std::nullopt;
        return QueueFacts{};
    }
    Cancel receive(std::string_view, std::uint32_t, milliseconds, Received done) override {
        open_ = std::move(done);
        return {};
    }
    void delete_messages(std::string_view, std::vector<std::string>,
                         UniqueFunction<void()>) override {}
    void release_messages(std::string_view, std::vector<std::string>) override {}

 private:
    Received open_;
};

class Lambda : public ::testing::Test {
 protected:
    Lambda() {
        register_lambda(table, functions, mappings);
        mappings.start_running();
        functions.register_native("native",
                                  [](Payload event, function::Functions::NativeAnswer answer) {
                                      if (event.text() == "\"fail\"")
                                          return answer(TaskFailure{"Broken", "as asked"});
                                      answer(std::move(event));
                                  });
    }

    Result<Reply> call(std::string_view name, Call call) {
        const Operation* operation = table.find("lambda", name);
        EXPECT_NE(operation, nullptr) << name;
        call.context.base_url = "http://127.0.0.1:4566";
        call.context.request_id = "11111111-2222-4333-8444-555555555555";
        auto promise = std::make_shared<std::promise<Result<Reply>>>();
        auto future = promise->get_future();
        (*operation)(std::move(call),
                     [promise](Result<Reply> reply) { promise->set_value(std::move(reply)); });
        return future.get();
    }
    Result<Reply> ask(std::string_view name, std::string body) {
        return call(name, Call{std::move(body), {}});
    }
    /// The answer's body, or "Code: message" of its error.
    std::string text_of(std::string_view name, std::string body) {
        const auto reply = ask(name, std::move(body));
        return reply.has_error()
                   ? std::string(reply.error().code()) + ": " + reply.error().message()
                   : reply->body;
    }
    static std::string member(const std::string& body, std::string_view name) {
        const auto document = json::Document::parse(body);
        if (!document.has_value()) return "not JSON: " + body;
        const auto found = document->root().find(name);
        return found ? std::string(found->is_string() ? found->string() : found->raw()) : "";
    }
    static std::string create_body(const std::string& more = "") {
        const std::string zip =
            base64_encode(make_zip("index.js", "exports.handler = async () => 1;"));
        return R"({"FunctionName":"f","Runtime":"nodejs20.x","Handler":"index.handler",)"
               R"("Role":"arn:aws:iam::000000000000:role/r","Code":{"ZipFile":")" +
               zip + "\"}" + more + "}";
    }
    static std::string header(const Reply& reply, std::string_view name) {
        for (const auto& [key, value] : reply.headers) {
            if (key == name) return value;
        }
        return "";
    }
    Result<Reply> invoke(const std::string& function, std::string payload,
                         std::vector<std::pair<std::string, std::string>> headers = {}) {
        Call request{
            R"({"FunctionName":")" + function + "\"}", {}, std::move(headers), std::move(payload)};
        return call("Invoke", std::move(request));
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    EmptyQueue queue;
    function::Functions functions{{}, clock, *storage, timers};
    function::EventSourceMappings mappings{functions, queue, clock, *storage, timers};
    OperationTable table;
};

TEST_F(Lambda, CreateAnswersPendingAndGetAnswersActive) {
    const std::string made = text_of("CreateFunction", create_body());
    EXPECT_EQ(member(made, "State"), "Pending");
    EXPECT_EQ(member(made, "StateReasonCode"), "Creating");
    EXPECT_EQ(member(made, "FunctionArn"), "arn:aws:lambda:us-east-1:000000000000:function:f");
    EXPECT_EQ(member(made, "LastModified"), "2023-11-14T22:13:20.000+0000");
    EXPECT_EQ(member(made, "SnapStart"), R"({"ApplyOn":"None","OptimizationStatus":"Off"})");
    const std::string found = text_of("GetFunctionConfiguration", R"({"FunctionName":"f"})");
    EXPECT_EQ(member(found, "State"), "Active");
    EXPECT_EQ(member(found, "LastUpdateStatus"), "Successful");
    EXPECT_EQ(member(found, "RevisionId"), member(made, "RevisionId"));
    const std::string whole = text_of("GetFunction", R"({"FunctionName":"f"})");
    EXPECT_EQ(member(whole, "Configuration"), found);
}

TEST_F(Lambda, EveryMemberOfTheConfigurationIsKept) {
    text_of(
        "CreateFunction",
        create_body(
            R"(,"Description":"d","Timeout":9,"MemorySize":256,"Environment":{"Variables":{"KEY":"1"}},"Tags":{"t":"v"},)"
            R"("EphemeralStorage":{"Size":1024},"TracingConfig":{"Mode":"Active"},"Architectures":["arm64"],)"
            R"("DeadLetterConfig":{"TargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"})"));
    const std::string found = text_of("GetFunctionConfiguration", R"({"FunctionName":"f"})");
    EXPECT_EQ(member(found, "Description"), "d");
    EXPECT_EQ(member(found, "Timeout"), "9");
    EXPECT_EQ(member(found, "MemorySize"), "256");
    EXPECT_EQ(member(found, "Environment"), R"({"Variables":{"KEY":"1"}})");
    EXPECT_EQ(member(found, "EphemeralStorage"), R"({"Size":1024})");
    EXPECT_EQ(member(found, "TracingConfig"), R"({"Mode":"Active"})");
    EXPECT_EQ(member(found, "Architectures"), R"(["arm64"])");
    EXPECT_EQ(member(found, "DeadLetterConfig"),
              R"({"TargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"})");
    EXPECT_EQ(
        text_of("ListTags", R"({"Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"})"),
        R"({"Tags":{"t":"v"}})");
}

TEST_F(Lambda, MalformedInputsGetAwsErrors) {
    EXPECT_EQ(ask("CreateFunction", "[]").error().code(), "SerializationException");
    EXPECT_EQ(ask("CreateFunction", "{").error().code(), "SerializationException");
    EXPECT_EQ(ask("CreateFunction", R"({"FunctionName":7})").error().code(), "ValidationException");
    EXPECT_EQ(text_of("CreateFunction", R"({"FunctionName":"f"})"),
              "ValidationException: 1 validation error detected: Value null at 'role' failed to "
              "satisfy constraint: Member must not be null");
    EXPECT_EQ(ask("CreateFunction", create_body(R"(,"Timeout":"9")")).error().code(),
              "SerializationException");
    EXPECT_EQ(ask("CreateFunction", create_body(R"(,"Publish":true)")).error().code(),
              "NotImplemented");
    EXPECT_EQ(ask("CreateFunction",
                  create_body(R"(,"Layers":["arn:aws:lambda:us-east-1:000000000000:layer:l:1"])"))
                  .error()
                  .code(),
              "NotImplemented");
    EXPECT_EQ(text_of("GetFunction", R"({"FunctionName":"missing"})"),
              "ResourceNotFoundException: Function not found: "
              "arn:aws:lambda:us-east-1:000000000000:function:missing");
    EXPECT_EQ(text_of("GetFunction", R"({"FunctionName":"f:a","Qualifier":"b"})"),
              "InvalidParameterValueException: The derived qualifier from the function name does "
              "not match the specified qualifier.");
}

TEST_F(Lambda, InvokeGivesThePayloadAsItIs) {
    const auto reply = invoke("native", R"({ "a" : 1 })");
    ASSERT_TRUE(reply.has_value());
    EXPECT_TRUE(reply->is_raw_payload);
    EXPECT_EQ(reply->body, R"({ "a" : 1 })");
    EXPECT_EQ(reply->http_status, 200);
    EXPECT_EQ(header(*reply, "X-Amz-Executed-Version"), "$LATEST");
    EXPECT_EQ(header(*reply, "X-Amz-Function-Error"), "");
}

TEST_F(Lambda, InvokeWithoutAPayloadGivesAnEmptyEvent) {
    EXPECT_EQ(invoke("native", "")->body, "{}");
}

TEST_F(Lambda, FunctionErrorIsAHeader) {
    const auto reply = invoke("native", R"("fail")");
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->http_status, 200);
    EXPECT_EQ(header(*reply, "X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(reply->body, R"({"errorType":"Broken","errorMessage":"as asked"})");
}

TEST_F(Lambda, InvocationTypesHaveTheirStatus) {
    EXPECT_EQ(invoke("native", "{}", {{"x-amz-invocation-type", "Event"}})->http_status, 202);
    EXPECT_EQ(invoke("native", "{}", {{"x-amz-invocation-type", "DryRun"}})->http_status, 204);
    EXPECT_EQ(invoke("native", "{}", {{"x-amz-invocation-type", "Later"}}).error().code(),
              "ValidationException");
}

TEST_F(Lambda, InvokeRefusesWhatIsNoJson) {
    EXPECT_EQ(invoke("native", "{").error().code(), "InvalidRequestContentException");
    EXPECT_EQ(invoke("native", "\xff").error().code(), "InvalidRequestContentException");
    EXPECT_EQ(invoke("native", "{}", {{"x-amz-client-context", "***"}}).error().code(),
              "InvalidRequestContentException");
    EXPECT_EQ(invoke("missing", "{}").error().code(), "ResourceNotFoundException");
}

TEST_F(Lambda, MappingsGoThroughTheirLife) {
    const std::string made =
        text_of("CreateEventSourceMapping",
                R"({"FunctionName":"native","EventSourceArn":")" + queue_arn +
                    R"(","FunctionResponseTypes":["ReportBatchItemFailures"]})");
    const std::string uuid = member(made, "UUID");
    const std::string name = R"({"UUID":")" + uuid + "\"}";
    EXPECT_EQ(member(made, "State"), "Creating");
    EXPECT_EQ(member(made, "BatchSize"), "10");
    EXPECT_EQ(member(made, "FunctionArn"), "arn:aws:lambda:us-east-1:000000000000:function:native");
    EXPECT_EQ(member(made, "FunctionResponseTypes"), R"(["ReportBatchItemFailures"])");
    EXPECT_EQ(member(text_of("GetEventSourceMapping", name), "State"), "Enabled");
    EXPECT_EQ(
        member(text_of("UpdateEventSourceMapping", R"({"UUID":")" + uuid + R"(","Enabled":false})"),
               "State"),
        "Disabling");
    EXPECT_EQ(member(text_of("GetEventSourceMapping", name), "State"), "Disabled");
    EXPECT_NE(text_of("ListEventSourceMappings", R"({"FunctionName":"native"})").find(uuid),
              std::string::npos);
    EXPECT_EQ(member(text_of("DeleteEventSourceMapping", name), "State"), "Deleting");
    EXPECT_EQ(text_of("GetEventSourceMapping", name),
              "ResourceNotFoundException: The resource you requested does not exist.");
}

TEST_F(Lambda, PermissionsAndConcurrencyAreGivenBack) {
    text_of("CreateFunction", create_body());
    text_of(
        "AddPermission",
        R"({"FunctionName":"f","StatementId":"s","Action":"lambda:InvokeFunction","Principal":"*"})");
    EXPECT_NE(text_of("GetPolicy", R"({"FunctionName":"f"})").find("\\\"Sid\\\":\\\"s\\\""),
              std::string::npos);
    EXPECT_EQ(text_of("RemovePermission", R"({"FunctionName":"f","StatementId":"s"})"), "");
    EXPECT_EQ(text_of("PutFunctionConcurrency",
                      R"({"FunctionName":"f","ReservedConcurrentExecutions":5})"),
              R"({"ReservedConcurrentExecutions":5})");
    EXPECT_EQ(text_of("GetFunctionConcurrency", R"({"FunctionName":"f"})"),
              R"({"ReservedConcurrentExecutions":5})");
    EXPECT_EQ(text_of("DeleteFunctionConcurrency", R"({"FunctionName":"f"})"), "");
    EXPECT_EQ(text_of("GetFunctionConcurrency", R"({"FunctionName":"f"})"), "{}");
    EXPECT_EQ(text_of("DeleteFunction", R"({"FunctionName":"f"})"), "");
    EXPECT_EQ(text_of("ListFunctions", "{}"), R"({"Functions":[]})");
}

}  // namespace
}  // namespace stepwell::api
