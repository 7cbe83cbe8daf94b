// The service: what is stored, refused, listed, kept over a restart; events and native functions.
#include "function/functions.hpp"

#include <algorithm>
#include <atomic>

#include "base/errors.hpp"
#include "function/errors.hpp"
#include "function/fixture.hpp"

namespace stepwell::function::testing {
namespace {

using std::chrono::minutes;

class FunctionService : public FunctionsTest {
 protected:
    const std::string zip = make_zip("index.js", "exports.handler = async () => 1;");

    std::string error_of(FunctionConfiguration c) {
        const auto made = create(std::move(c), zip);
        return made.has_error() ? std::string(made.error().code()) + ": " + made.error().message()
                                : "";
    }
    static FunctionConfiguration good() {
        return configuration("f", "nodejs20.x", "index.handler");
    }
};

TEST_F(FunctionService, CreatedFunctionIsFoundWithWhatItWasGiven) {
    FunctionConfiguration c = good();
    c.environment = Variables{{"KEY", "value"}};
    const auto made = create(c, zip);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->arn, "arn:aws:lambda:us-east-1:000000000000:function:f");
    EXPECT_EQ(made->code_bytes, zip.size());
    const auto found = functions->find(FunctionName{"f"});
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->configuration.environment, (Variables{{"KEY", "value"}}));
    EXPECT_EQ(found->configuration.timeout_seconds, 3);
    EXPECT_EQ(wait_for<std::string>([&](auto done) {
                  functions->code(FunctionName{"f"}, std::move(done));
              }).value(),
              zip);
}

TEST_F(FunctionService, EverythingIsThereAfterARestart) {
    FunctionConfiguration c = good();
    c.environment = Variables{{"KEY", "\"quoted\" \n 작업"}};
    c.description = "of the first process";
    c.timeout_seconds = 42;
    ASSERT_TRUE(create(c, zip).has_value());
    ASSERT_TRUE(wait_for<void>([&](auto done) {
                    functions->tag(FunctionName{"f"}, {{"team", "blue"}}, std::move(done));
                }).has_value());
    const auto before = functions->find(FunctionName{"f"});
    restart({});
    const auto after = functions->find(FunctionName{"f"});
    ASSERT_TRUE(after.has_value());
    EXPECT_EQ(encode(*after), encode(*before));
    if (!has_program("node")) return;
    EXPECT_EQ(invoke().payload, "1");
}

TEST_F(FunctionService, SecondOfANameIsRefused) {
    ASSERT_TRUE(create(good(), zip).has_value());
    EXPECT_EQ(error_of(good()), "ResourceConflictException: Function already exist: f");
}

TEST_F(FunctionService, DeletedFunctionIsGone) {
    ASSERT_TRUE(create(good(), zip).has_value());
    ASSERT_TRUE(wait_for<void>([&](auto done) {
                    functions->remove(FunctionName{"f"}, std::move(done));
                }).has_value());
    const auto found = functions->find(FunctionName{"f"});
    ASSERT_TRUE(found.has_error());
    EXPECT_EQ(found.error().message(),
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f");
    EXPECT_EQ(found.error().kind().http_status, 404);
    restart({});
    EXPECT_FALSE(functions->exists("f"));
    EXPECT_EQ(start_invoke(input_of("{}")).get().error().code(), "ResourceNotFoundException");
}

TEST_F(FunctionService, ConfigurationsThatAwsRefusesAreRefused) {
    FunctionConfiguration c = good();
    c.role = "admin";
    EXPECT_TRUE(error_of(c).starts_with(
        "ValidationException: 1 validation error detected: Value 'admin' at 'role' failed"))
        << error_of(c);
    c = good();
    c.runtime = "nodejs99.x";
    EXPECT_TRUE(error_of(c).starts_with(
        "InvalidParameterValueException: Value nodejs99.x at 'runtime' failed"))
        << error_of(c);
    c = good();
    c.runtime = "java21";
    EXPECT_TRUE(error_of(c).starts_with(
        "InvalidParameterValueException: The runtime java21 cannot be run here"))
        << error_of(c);
    c = good();
    c.handler = "";
    EXPECT_EQ(error_of(c),
              "InvalidParameterValueException: Runtime and Handler are mandatory parameters for "
              "functions created with "
              "deployment packages.");
    c = good();
    c.timeout_seconds = 901;
    EXPECT_EQ(error_of(c),
              "ValidationException: 1 validation error detected: Value '901' at 'timeout' failed "
              "to satisfy constraint: "
              "Member must have value less than or equal to 900");
    c = good();
    c.memory_mb = 127;
    EXPECT_TRUE(error_of(c).starts_with("ValidationException:"));
    c = good();
    c.environment = Variables{{"AWS_REGION", "eu-west-1"}, {"_HANDLER", "x"}};
    EXPECT_TRUE(error_of(c).ends_with("Reserved keys used in this request: AWS_REGION, _HANDLER"))
        << error_of(c);
    c.environment = Variables{{"1ST", "x"}};
    EXPECT_TRUE(error_of(c).starts_with("ValidationException:")) << error_of(c);
    c.environment = Variables{{"KEY", std::string(4'097, 'x')}};
    EXPECT_TRUE(error_of(c).ends_with("exceeded the 4KB limit.")) << error_of(c);
    EXPECT_TRUE(functions->list("", 50).functions.empty());
}

TEST_F(FunctionService, BadPackageIsRefusedAndNothingIsStored) {
    const auto made = create(good(), "no zip");
    ASSERT_TRUE(made.has_error());
    EXPECT_EQ(made.error().code(), "InvalidParameterValueException");
    EXPECT_FALSE(functions->exists("f"));
}

TEST_F(FunctionService, RevisionIdGuardsUpdates) {
    const auto made = create(good(), zip);
    UpdateFunctionConfigurationInput input;
    input.function.name = "f";
    input.description = "mine";
    input.revision_id = made->revision_id;
    const auto update = [&] {
        return wait_for<FunctionConfiguration>(
            [&](auto done) { functions->update_configuration(input, std::move(done)); });
    };
    EXPECT_EQ(update()->description, "mine");
    EXPECT_EQ(update().error().code(), "PreconditionFailedException");
}

TEST_F(FunctionService, DryRunUpdateChangesNothing) {
    const auto made = create(good(), zip);
    UpdateFunctionCodeInput input{{"f"}, make_zip("index.js", "other")};
    input.is_dry_run = true;
    const auto updated = wait_for<FunctionConfiguration>(
        [&](auto done) { functions->update_code(input, std::move(done)); });
    ASSERT_TRUE(updated.has_value());
    EXPECT_EQ(functions->find(FunctionName{"f"})->configuration.code_sha256, made->code_sha256);
}

TEST_F(FunctionService, ListsInPages) {
    for (const char* name : {"c", "a", "d", "b", "e"}) {
        ASSERT_TRUE(create(configuration(name, "nodejs20.x", "index.handler"), zip).has_value());
    }
    std::string names;
    std::string marker;
    int pages = 0;
    do {
        const ListFunctionsOutput page = functions->list(marker, 2);
        for (const auto& c : page.functions) names += c.name;
        marker = page.next_marker;
        ++pages;
    } while (!marker.empty());
    EXPECT_EQ(names, "abcde");
    EXPECT_EQ(pages, 3);
}

TEST_F(FunctionService, OtherPlacesAndVersionsAreNotFound) {
    ASSERT_TRUE(create(good(), zip).has_value());
    const auto message = [&](const std::string& text) {
        const auto found = functions->find(*parse_function_name(text));
        return found.has_error() ? found.error().message() : "found";
    };
    EXPECT_EQ(message("f:$LATEST"), "found");
    EXPECT_EQ(message("arn:aws:lambda:us-east-1:000000000000:function:f"), "found");
    EXPECT_EQ(message("000000000000:function:f"), "found");
    EXPECT_EQ(message("arn:aws:lambda:eu-west-1:000000000000:function:f"),
              "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')");
    EXPECT_EQ(message("f:7"),
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:7");
    for (const char* bad :
         {"", "a b", "f:1:2", "arn:aws:lambda:us-east-1:0:function", "../f", "f/../g"}) {
        EXPECT_EQ(parse_function_name(bad).error().code(), "ValidationException") << bad;
    }
}

TEST_F(FunctionService, PolicyIsStoredAndGivenBack) {
    ASSERT_TRUE(create(good(), zip).has_value());
    AddPermissionInput input{{"f"},
                             "from-topic",
                             "lambda:InvokeFunction",
                             "sns.amazonaws.com",
                             "arn:aws:sns:us-east-1:000000000000:t"};
    const auto add = [&] {
        return wait_for<std::string>(
            [&](auto done) { functions->add_permission(input, std::move(done)); });
    };
    const std::string statement =
        R"({"Sid":"from-topic","Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"lambda:InvokeFunction",)"
        R"("Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Condition":{"ArnLike":{"AWS:SourceArn":)"
        R"("arn:aws:sns:us-east-1:000000000000:t"}}})";
    EXPECT_EQ(*add(), statement);
    EXPECT_EQ(add().error().code(), "ResourceConflictException");
    restart({});
    EXPECT_EQ(functions->policy(FunctionName{"f"})->policy,
              R"({"Version":"2012-10-17","Id":"default","Statement":[)" + statement + "]}");
    const auto remove = [&] {
        return wait_for<void>([&](auto done) {
            functions->remove_permission({"f"}, "from-topic", "", std::move(done));
        });
    };
    EXPECT_TRUE(remove().has_value());
    EXPECT_EQ(remove().error().code(), "ResourceNotFoundException");
    EXPECT_EQ(functions->policy(FunctionName{"f"}).error().code(), "ResourceNotFoundException");
}

TEST_F(FunctionService, ReservedConcurrencyOfZeroThrottles) {
    ASSERT_TRUE(create(good(), zip).has_value());
    ASSERT_TRUE(wait_for<void>([&](auto done) {
                    functions->put_concurrency({"f"}, 0, std::move(done));
                }).has_value());
    const auto output = start_invoke(input_of("{}")).get();
    ASSERT_TRUE(output.has_error());
    EXPECT_EQ(output.error().code(), "TooManyRequestsException");
    EXPECT_EQ(output.error().message(), "Rate Exceeded.");
}

TEST_F(FunctionService, DryRunInvocationRunsNothing) {
    ASSERT_TRUE(create(good(), zip).has_value());
    InvokeInput input = input_of("{}");
    input.type = InvocationType::dry_run;
    EXPECT_EQ(start_invoke(input).get()->status_code, 204);
}

TEST_F(FunctionService, MissingRuntimeOfTheMachineIsNamed) {
    Functions::Options options;
    options.node_executable = "/no/such/node";
    restart(options);
    ASSERT_TRUE(create(good(), zip).has_value());
    const auto output = start_invoke(input_of("{}")).get();
    ASSERT_TRUE(output.has_error());
    EXPECT_NE(output.error().message().find("/no/such/node"), std::string::npos);
}

// ---- Native functions
// -----------------------------------------------------------------------------------------------

TEST_F(FunctionService, NativeFunctionAnswers) {
    functions->register_native(
        "n", [](Payload event, Functions::NativeAnswer answer) { answer(std::move(event)); });
    EXPECT_TRUE(functions->exists("n"));
    EXPECT_EQ(invoke(R"({"a":1})", "n").payload, R"({"a":1})");
}

TEST_F(FunctionService, NativeErrorIsAFunctionError) {
    functions->register_native("n", [](Payload, Functions::NativeAnswer answer) {
        answer(TaskFailure{"TooBig", "more than one"});
    });
    const InvokeOutput output = invoke("{}", "n");
    EXPECT_EQ(error_member(output, "errorType"), "TooBig");
    EXPECT_EQ(error_member(output, "errorMessage"), "more than one");
}

// ---- Events
// ---------------------------------------------------------------------------------------------------------

/// A native function that fails as often as it is told to, and tells of each attempt.
struct Attempts {
    std::mutex mutex;
    std::condition_variable changed;
    int seen = 0;
    int failures_left = 0;

    void count(Functions::NativeAnswer answer) {
        bool fails;
        {
            const std::lock_guard lock(mutex);
            ++seen;
            fails = failures_left > 0;
            if (fails) --failures_left;
        }
        if (fails) {
            answer(TaskFailure{"NotYet", "fails"});
        } else {
            answer(Payload::trusted("null"));
        }
        changed.notify_all();
    }
    void wait_until(int number) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return seen >= number; });
    }
};

class EventInvocation : public FunctionService {
 protected:
    int send() {
        InvokeInput input = input_of("{}", "n");
        input.type = InvocationType::event;
        return start_invoke(input).get()->status_code;
    }
    void use(Attempts& attempts) {
        functions->register_native("n", [&attempts](Payload, Functions::NativeAnswer answer) {
            attempts.count(std::move(answer));
        });
    }
    std::size_t stored() {
        storage->wait_until_applied(storage->commit({}));
        std::size_t count = 0;
        storage->scan(Table::blob, {.prefix = "event-invocation/"},
                      [&](auto, auto) { return ++count > 0; });
        return count;
    }
};

TEST_F(EventInvocation, IsAcceptedAtOnceAndRunsOnce) {
    Attempts attempts;
    use(attempts);
    EXPECT_EQ(send(), 202);
    attempts.wait_until(1);
    functions.reset();
    EXPECT_EQ(attempts.seen, 1);
}

TEST_F(EventInvocation, IsTriedAgainAfterOneAndTwoMinutes) {
    Attempts attempts;
    attempts.failures_left = 2;
    use(attempts);
    send();
    attempts.wait_until(1);
    ASSERT_EQ(stored(), 1U);
    clock.advance(minutes(1));
    attempts.wait_until(2);
    ASSERT_EQ(stored(), 1U);
    clock.advance(minutes(2));
    attempts.wait_until(3);
    functions.reset();
    EXPECT_EQ(stored(), 0U);
}

TEST_F(EventInvocation, IsGivenUpAfterThreeAttempts) {
    Attempts attempts;
    attempts.failures_left = 100;
    use(attempts);
    send();
    for (int i = 1; i <= 3; ++i) {
        attempts.wait_until(i);
        stored();  // by now the failure is recorded and the next attempt has its time
        clock.advance(minutes(2));
    }
    functions.reset();
    EXPECT_EQ(stored(), 0U);
    EXPECT_EQ(attempts.seen, 3);
}

TEST_F(EventInvocation, OutlivesTheProcess) {
    functions->register_native("n", [](Payload, Functions::NativeAnswer) {});  // never answers
    EXPECT_EQ(send(), 202);
    EXPECT_EQ(stored(), 1U);
    functions.reset();
    ASSERT_EQ(stored(), 1U);
    functions = std::make_unique<Functions>(Functions::Options{}, clock, *storage, timers);
    Attempts attempts;
    use(attempts);
    ASSERT_TRUE(functions->recover().has_value());
    functions->start_running();
    attempts.wait_until(1);
    functions.reset();
    EXPECT_EQ(stored(), 0U);
}

}  // namespace
}  // namespace stepwell::function::testing
