// Python handlers, and executables of their own (provided.*).
#include "function/fixture.hpp"

namespace stepwell::function::testing {
namespace {

class PythonHandler : public FunctionsTest {
 protected:
    void SetUp() override {
        if (!has_program("python3")) GTEST_SKIP() << "python3 is not installed";
        FunctionsTest::SetUp();
    }
};

TEST_F(PythonHandler, GivesItsResult) {
    python("def handler(event, context):\n    return {'twice': event['n'] * 2}\n");
    EXPECT_EQ(invoke(R"({"n": 21})").payload, R"({"twice": 42})");
}

TEST_F(PythonHandler, WithoutAResultItGivesNull) {
    python("def handler(event, context):\n    pass\n");
    EXPECT_EQ(invoke().payload, "null");
}

TEST_F(PythonHandler, MayLieInAPackage) {
    const auto zip =
        make_zip({{"pkg/__init__.py", ""},
                  {"pkg/app.py", "def run(event, context):\n    return 'packaged'\n"}});
    ASSERT_TRUE(create(configuration("f", "python3.11", "pkg/app.run"), zip).has_value());
    EXPECT_EQ(invoke().payload, R"("packaged")");
}

TEST_F(PythonHandler, SeesItsContext) {
    python(
        "def handler(event, context):\n"
        "    assert 0 < context.get_remaining_time_in_millis() <= 3000\n"
        "    return [context.function_name, context.function_version, "
        "context.invoked_function_arn,\n"
        "            context.memory_limit_in_mb, context.log_group_name, "
        "context.client_context.custom]\n");
    InvokeInput input = input_of("{}");
    input.client_context = R"({"custom": {"k": 1}})";
    EXPECT_EQ(
        start_invoke(input).get()->payload,
        R"(["f", "$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:f", "128", "/aws/lambda/f", {"k": 1}])");
}

TEST_F(PythonHandler, RaisedErrorIsShownWithItsTrace) {
    python("def handler(event, context):\n    raise ValueError('no such thing')\n");
    const InvokeOutput output = invoke();
    EXPECT_EQ(error_member(output, "errorType"), "ValueError");
    EXPECT_EQ(error_member(output, "errorMessage"), "no such thing");
    EXPECT_NE(error_member(output, "stackTrace").find("in handler"), std::string::npos);
    EXPECT_EQ(error_member(output, "stackTrace").find("bootstrap"), std::string::npos);
    EXPECT_NE(log().find("[ERROR] ValueError: no such thing\nTraceback (most recent call last):"),
              std::string::npos);
}

TEST_F(PythonHandler, ResultThatIsNoJsonFails) {
    python("def handler(event, context):\n    return {1, 2}\n");
    EXPECT_EQ(error_member(invoke(), "errorType"), "Runtime.MarshalError");
}

TEST_F(PythonHandler, ExitIsAnExitError) {
    python("import sys\ndef handler(event, context):\n    sys.exit(5)\n");
    EXPECT_NE(
        error_member(invoke(), "errorMessage").find("Runtime exited with error: exit status 5"),
        std::string::npos);
}

TEST_F(PythonHandler, SandboxesAreReused) {
    python(
        "calls = 0\ndef handler(event, context):\n    global calls\n    calls += 1\n    return "
        "calls\n");
    EXPECT_EQ(invoke().payload, "1");
    EXPECT_EQ(invoke().payload, "2");
}

TEST_F(PythonHandler, PrintsAndLogsAreKept) {
    python(
        "import logging\nlogging.getLogger().setLevel(logging.INFO)\n"
        "def handler(event, context):\n    print('printed')\n    logging.info('logged')\n");
    const std::string tail = invoke().log_tail;
    EXPECT_NE(tail.find("\nprinted\n"), std::string::npos) << tail;
    EXPECT_NE(tail.find("[INFO]\t"), std::string::npos) << tail;
    EXPECT_NE(tail.find("\tlogged\n"), std::string::npos) << tail;
}

struct BadPythonModule {
    const char* name;
    const char* handler;
    const char* text;
    const char* type;
};
class PythonModuleThatFails : public PythonHandler,
                              public ::testing::WithParamInterface<BadPythonModule> {};

TEST_P(PythonModuleThatFails, GivesTheReason) {
    ASSERT_TRUE(create(configuration("f", "python3.11", GetParam().handler),
                       make_zip("index.py", GetParam().text))
                    .has_value());
    EXPECT_EQ(error_member(invoke(), "errorType"), GetParam().type);
}

INSTANTIATE_TEST_SUITE_P(
    All, PythonModuleThatFails,
    ::testing::Values(
        BadPythonModule{"Raises", "index.handler", "raise KeyError('at load')", "KeyError"},
        BadPythonModule{"IsNoPython", "index.handler", "def (:", "Runtime.UserCodeSyntaxError"},
        BadPythonModule{"MissesAModule", "index.handler", "import not_there",
                        "Runtime.ImportModuleError"},
        BadPythonModule{"IsMissing", "other.handler", "", "Runtime.ImportModuleError"},
        BadPythonModule{"HasNoHandler", "index.handler", "x = 1", "Runtime.HandlerNotFound"},
        BadPythonModule{"HandlerHasNoDot", "index", "", "Runtime.MalformedHandlerName"}),
    [](const auto& test) { return std::string(test.param.name); });

// A runtime of the user's own: a shell script that speaks the Runtime API with what bash has.
class ProvidedRuntime : public FunctionsTest {};

constexpr const char* shell_runtime = R"(#!/bin/bash
exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
ask() { printf '%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s' "$1" "$2" "$AWS_LAMBDA_RUNTIME_API" "${#3}" "$3" >&3; }
answer() { length=0; id=; while IFS= read -r line <&3; do line=${line%$'\r'}; [ -z "$line" ] && break
  case "${line,,}" in content-length:*) length=${line#*: };; lambda-runtime-aws-request-id:*) id=${line#*: };; esac; done
  IFS= read -r -N "$length" body <&3; }
while :; do ask GET invocation/next ''; answer; reply="$body"; ask POST "invocation/$id/response" "[\"$_HANDLER\",$reply]"; answer; done
)";

TEST_F(ProvidedRuntime, RunsTheBootstrapOfThePackage) {
    if (!has_program("bash")) GTEST_SKIP() << "bash is not installed";
    const auto zip = make_zip({{"bootstrap", shell_runtime, AE_IFREG, 0755}});
    ASSERT_TRUE(create(configuration("f", "provided.al2023", "my.handler"), zip).has_value());
    EXPECT_EQ(invoke(R"({"a":1})").payload, R"(["my.handler",{"a":1}])");
    EXPECT_EQ(invoke(R"("b")").payload, R"(["my.handler","b"])");
}

TEST_F(ProvidedRuntime, WithoutABootstrapItSaysSo) {
    ASSERT_TRUE(
        create(configuration("f", "provided.al2023", "x"), make_zip("readme", "no bootstrap"))
            .has_value());
    const auto output = start_invoke(input_of("{}")).get();
    ASSERT_TRUE(output.has_error());
    EXPECT_EQ(output.error().code(), "ServiceException");
    EXPECT_NE(output.error().message().find("/bootstrap"), std::string::npos);
}

TEST_F(ProvidedRuntime, GarbageInsteadOfTheProtocolIsAnExitOrATimeout) {
    const auto zip = make_zip({{"bootstrap", "#!/bin/sh\necho garbage\nexit 9\n", AE_IFREG, 0755}});
    ASSERT_TRUE(create(configuration("f", "provided.al2", "x"), zip).has_value());
    EXPECT_NE(error_member(invoke(), "errorMessage").find("exit status 9"), std::string::npos);
    EXPECT_NE(log().find("garbage\n"), std::string::npos);
}

}  // namespace
}  // namespace stepwell::function::testing
