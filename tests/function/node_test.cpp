// Node.js handlers in all their styles, and what becomes of those that misbehave.
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "function/fixture.hpp"

namespace stepwell::function::testing {
namespace {

using std::chrono::seconds;

class NodeHandler : public FunctionsTest {
 protected:
    void SetUp() override {
        if (!has_program("node")) GTEST_SKIP() << "node is not installed";
        FunctionsTest::SetUp();
    }
};

// ---- Styles: each gives {"twice": 42} for {"n": 21}
// -----------------------------------------------------------------

struct Style {
    const char* name;
    const char* file;
    const char* text;
};
class NodeStyle : public NodeHandler, public ::testing::WithParamInterface<Style> {};

TEST_P(NodeStyle, GivesItsResult) {
    node(GetParam().text, GetParam().file);
    const InvokeOutput output = invoke(R"({"n": 21})");
    EXPECT_EQ(output.payload, R"({"twice":42})");
    EXPECT_EQ(output.function_error, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, NodeStyle,
    ::testing::Values(
        Style{"Async", "index.js", "exports.handler = async (event) => ({ twice: event.n * 2 });"},
        Style{"Promise", "index.js",
              "exports.handler = (event) => Promise.resolve({ twice: event.n * 2 });"},
        Style{"Callback", "index.js",
              "exports.handler = (event, context, callback) => callback(null, { twice: event.n * 2 "
              "});"},
        Style{"LateCallback", "index.js",
              "exports.handler = (event, context, callback) => { setImmediate(() => callback(null, "
              "{ twice: event.n * 2 })); };"},
        Style{"CallbackOverIdleLoop", "index.js",
              "exports.handler = (event, context, callback) => {\n"
              "  context.callbackWaitsForEmptyEventLoop = false;\n"
              "  setInterval(() => {}, 1000);\n"  // never ends: the answer may not wait for it
              "  callback(null, { twice: event.n * 2 });\n"
              "};"},
        Style{"Succeed", "index.js",
              "exports.handler = (event, context) => context.succeed({ twice: event.n * 2 });"},
        Style{"Done", "index.js",
              "exports.handler = (event, context) => context.done(null, { twice: event.n * 2 });"},
        Style{"EsModule", "index.mjs",
              "export const handler = async (event) => ({ twice: event.n * 2 });"},
        Style{"EsModuleTopLevelAwait", "index.mjs",
              "const factor = await Promise.resolve(2);\nexport const handler = async (event) => "
              "({ twice: event.n * factor });"},
        Style{"CommonJsExtension", "index.cjs",
              "exports.handler = async (event) => ({ twice: event.n * 2 });"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(NodeHandler, PackageJsonMakesJsFilesEsModules) {
    const auto zip =
        make_zip({{"package.json", R"({"type": "module"})"},
                  {"index.js", "export const handler = async () => 'from a module';"}});
    ASSERT_TRUE(create(configuration("f", "nodejs20.x", "index.handler"), zip).has_value());
    EXPECT_EQ(invoke().payload, R"("from a module")");
}

TEST_F(NodeHandler, MayLieInAFolderAndBeNested) {
    const auto zip = make_zip("src/app.js", "exports.api = { get: async () => 'nested' };");
    ASSERT_TRUE(create(configuration("f", "nodejs20.x", "src/app.api.get"), zip).has_value());
    EXPECT_EQ(invoke().payload, R"("nested")");
}

TEST_F(NodeHandler, WithoutAResultItGivesNull) {
    node("exports.handler = async () => {};");
    EXPECT_EQ(invoke().payload, "null");
}

TEST_F(NodeHandler, WithoutACallbackAnEmptyLoopGivesNull) {
    node("exports.handler = () => {};");
    EXPECT_EQ(invoke().payload, "null");
}

TEST_F(NodeHandler, OnlyTheFirstAnswerCounts) {
    node(
        "exports.handler = (event, context, callback) => { callback(null, 'first'); callback(null, "
        "'second'); };");
    EXPECT_EQ(invoke().payload, R"("first")");
    EXPECT_EQ(invoke().payload, R"("first")");
}

TEST_F(NodeHandler, SeesItsContext) {
    node(R"(exports.handler = async (event, context) => ({
        name: context.functionName, version: context.functionVersion, arn: context.invokedFunctionArn,
        memory: context.memoryLimitInMB, group: context.logGroupName, id: context.awsRequestId,
        time: context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 3000,
        client: context.clientContext, trace: process.env._X_AMZN_TRACE_ID });)");
    InvokeInput input = input_of("{}");
    input.request_id = "11111111-2222-4333-8444-555555555555";
    input.client_context = "{\n\"custom\": {\"k\": 1}}";
    input.trace_id = "Root=1-2-3";
    EXPECT_EQ(
        start_invoke(input).get()->payload,
        R"({"name":"f","version":"$LATEST","arn":"arn:aws:lambda:us-east-1:000000000000:function:f","memory":"128",)"
        R"("group":"/aws/lambda/f","id":"11111111-2222-4333-8444-555555555555","time":true,"client":{"custom":{"k":1}},)"
        R"("trace":"Root=1-2-3"})");
}

// ---- Errors
// ---------------------------------------------------------------------------------------------------------

TEST_F(NodeHandler, ThrownErrorIsShownWithItsTrace) {
    node("exports.handler = async () => { throw new RangeError('too far'); };");
    const InvokeOutput output = invoke();
    EXPECT_EQ(error_member(output, "errorType"), "RangeError");
    EXPECT_EQ(error_member(output, "errorMessage"), "too far");
    EXPECT_NE(error_member(output, "trace").find("index.js"), std::string::npos);
    EXPECT_EQ(output.status_code, 200);
    EXPECT_NE(log().find("\tERROR\tInvoke Error"), std::string::npos);
}

TEST_F(NodeHandler, StringErrorHasTheTypeString) {
    node("exports.handler = (event, context, callback) => callback('went wrong');");
    EXPECT_EQ(invoke().payload, R"({"errorType":"string","errorMessage":"went wrong","trace":[]})");
}

TEST_F(NodeHandler, AfterAnErrorTheSameProcessGoesOn) {
    node(
        "let calls = 0; exports.handler = async (event) => { ++calls; if (event.fail) throw new "
        "Error('no'); return calls; };");
    EXPECT_EQ(error_member(invoke(R"({"fail": true})"), "errorMessage"), "no");
    EXPECT_EQ(invoke().payload, "2");
}

TEST_F(NodeHandler, ExitIsAnExitErrorAndTheNextInvocationGetsAFreshProcess) {
    node(
        "let calls = 0; exports.handler = async (event) => { ++calls; if (event.exit) "
        "process.exit(event.exit); return calls; };");
    EXPECT_EQ(invoke().payload, "1");
    InvokeInput input = input_of(R"({"exit": 7})");
    input.request_id = "11111111-2222-4333-8444-555555555555";
    EXPECT_EQ(
        start_invoke(input).get()->payload,
        R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: 11111111-2222-4333-8444-555555555555 Error: )"
        R"(Runtime exited with error: exit status 7"})");
    EXPECT_EQ(invoke().payload, "1");
}

TEST_F(NodeHandler, ExitWithoutAStatusGivesNoReason) {
    node("exports.handler = async () => process.exit(0);");
    EXPECT_NE(
        error_member(invoke(), "errorMessage").find("Runtime exited without providing a reason"),
        std::string::npos);
}

TEST_F(NodeHandler, DeathBySignalIsNamed) {
    node(
        "exports.handler = () => { process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, "
        "1000); };");
    EXPECT_NE(error_member(invoke(), "errorMessage").find("signal: killed"), std::string::npos);
}

TEST_F(NodeHandler, UncaughtErrorFailsTheInvocation) {
    node("exports.handler = () => { setImmediate(() => { throw new TypeError('later'); }); };");
    EXPECT_EQ(error_member(invoke(), "errorType"), "TypeError");
    EXPECT_EQ(error_member(invoke(), "errorType"), "TypeError");
}

TEST_F(NodeHandler, UnhandledRejectionFailsTheInvocation) {
    node(
        "exports.handler = (event, context, callback) => { Promise.reject(new Error('nobody "
        "cares')); setTimeout(callback, 1000); };");
    const InvokeOutput output = invoke();
    EXPECT_EQ(error_member(output, "errorType"), "Runtime.UnhandledPromiseRejection");
    EXPECT_EQ(error_member(output, "errorMessage"), "Error: nobody cares");
}

TEST_F(NodeHandler, PromiseThatNeverSettlesIsAnExit) {
    node("exports.handler = async () => new Promise(() => {});");
    EXPECT_EQ(error_member(invoke(), "errorType"), "Runtime.NodeJsExit");
}

TEST_F(NodeHandler, ResultThatIsNoJsonFails) {
    node("exports.handler = async () => { const a = {}; a.a = a; return a; };");
    EXPECT_EQ(error_member(invoke(), "errorMessage"), "Unable to stringify response body");
}

struct BadNodeModule {
    const char* name;
    const char* handler;
    const char* text;
    const char* type;
};
class NodeModuleThatFails : public NodeHandler,
                            public ::testing::WithParamInterface<BadNodeModule> {};

TEST_P(NodeModuleThatFails, GivesTheReasonEachTime) {
    ASSERT_TRUE(create(configuration("f", "nodejs20.x", GetParam().handler),
                       make_zip("index.js", GetParam().text))
                    .has_value());
    EXPECT_EQ(error_member(invoke(), "errorType"), GetParam().type);
    EXPECT_EQ(error_member(invoke(), "errorType"), GetParam().type);
}

INSTANTIATE_TEST_SUITE_P(
    All, NodeModuleThatFails,
    ::testing::Values(
        BadNodeModule{"Throws", "index.handler", "throw new URIError('at load');", "URIError"},
        BadNodeModule{"IsNoJavaScript", "index.handler", "this is not JavaScript",
                      "Runtime.UserCodeSyntaxError"},
        BadNodeModule{"MissesAModule", "index.handler", "require('not-there-at-all');",
                      "Runtime.ImportModuleError"},
        BadNodeModule{"IsMissing", "other.handler", "", "Runtime.ImportModuleError"},
        BadNodeModule{"HasNoHandler", "index.handler", "exports.other = 1;",
                      "Runtime.HandlerNotFound"},
        BadNodeModule{"HandlerIsNoFunction", "index.handler", "exports.handler = 1;",
                      "Runtime.HandlerNotFound"},
        BadNodeModule{"HandlerHasNoDot", "index", "", "Runtime.MalformedHandlerName"},
        BadNodeModule{"Exits", "index.handler", "process.exit(3);", "Runtime.ExitError"}),
    [](const auto& test) { return std::string(test.param.name); });

// ---- Time
// -----------------------------------------------------------------------------------------------------------

/// A handler says through this file that it has begun to hang; the test waits for that, then moves
/// the clock.
class HangingHandler : public NodeHandler {
 protected:
    void SetUp() override {
        NodeHandler::SetUp();
        if (IsSkipped()) return;
        directory = std::filesystem::temp_directory_path() /
                    ("stepwell-hang-" + std::to_string(::getpid()));
        std::filesystem::create_directories(directory);
        fifo = directory / "begun";
        ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    }
    void TearDown() override {
        NodeHandler::TearDown();
        if (!directory.empty()) std::filesystem::remove_all(directory);
    }
    std::string tell() const {
        return "require('fs').writeFileSync('" + fifo.string() + "', String(process.pid));";
    }
    /// Blocks until the handler has told; gives its process id.
    pid_t wait_until_told() const {
        std::ifstream stream(fifo);
        pid_t process_id = 0;
        stream >> process_id;
        return process_id;
    }
    /// Waits until a process that is no child of ours has ended.
    static bool ends_soon(pid_t process_id) {
        const int watch = static_cast<int>(::syscall(SYS_pidfd_open, process_id, 0));
        if (watch < 0) return errno == ESRCH;
        pollfd wanted{watch, POLLIN, 0};
        const bool has_ended = ::poll(&wanted, 1, 30'000) == 1;
        ::close(watch);
        return has_ended;
    }
    static bool is_gone(pid_t process_id) { return ::kill(process_id, 0) != 0 && errno == ESRCH; }

    std::filesystem::path directory;
    std::filesystem::path fifo;
};

TEST_F(HangingHandler, TimesOutAndIsKilledEvenIfItIgnoresSigterm) {
    node(
        "exports.handler = (event) => { if (!event.hang) return Promise.resolve('alive');\n"
        "process.on('SIGTERM', () => {}); " +
        tell() + " for (;;) {} };");
    auto future = start_invoke(input_of(R"({"hang": true})"));
    const pid_t process_id = wait_until_told();
    ASSERT_GT(process_id, 0);
    clock.advance(seconds(3));
    const auto output = future.get();
    EXPECT_EQ(error_member(*output, "errorType"), "Sandbox.Timedout");
    EXPECT_NE(
        error_member(*output, "errorMessage").find("Error: Task timed out after 3.00 seconds"),
        std::string::npos);
    EXPECT_NE(log().find("Status: timeout"), std::string::npos);
    EXPECT_EQ(invoke().payload, R"("alive")");
    functions.reset();
    EXPECT_TRUE(is_gone(process_id));
}

TEST_F(HangingHandler, BeforeItsTimeNothingHappens) {
    FunctionConfiguration c = configuration("f", "nodejs20.x", "index.handler");
    c.timeout_seconds = 900;
    ASSERT_TRUE(create(c, make_zip("index.js", "exports.handler = () => { " + tell() +
                                                   " setInterval(() => {}, 1000); };"))
                    .has_value());
    auto future = start_invoke(input_of("{}"));
    wait_until_told();
    clock.advance(seconds(899));
    EXPECT_EQ(future.wait_for(seconds(0)), std::future_status::timeout);
    clock.advance(seconds(1));
    EXPECT_EQ(error_member(*future.get(), "errorType"), "Sandbox.Timedout");
}

TEST_F(HangingHandler, LoadingForEverTimesOut) {
    node(tell() + " for (;;) {}");
    auto future = start_invoke(input_of("{}"));
    wait_until_told();
    clock.advance(seconds(13));  // ten for the start, three of its own
    EXPECT_EQ(error_member(*future.get(), "errorType"), "Sandbox.Timedout");
}

TEST_F(HangingHandler, NeverEndingOutputIsBoundedAndTimesOut) {
    node("exports.handler = () => { " + tell() +
         " for (;;) process.stdout.write('x'.repeat(65536) + '\\n'); };");
    auto future = start_invoke(input_of("{}"));
    wait_until_told();
    clock.advance(seconds(3));
    const auto output = future.get();
    EXPECT_EQ(error_member(*output, "errorType"), "Sandbox.Timedout");
    EXPECT_LE(output->log_tail.size(), 4096U);
}

TEST_F(HangingHandler, ItsChildrenDieWithIt) {
    node(
        "exports.handler = async () => { const { spawn } = require('child_process');\n"
        "const child = spawn('sleep', ['1000']); require('fs').writeFileSync('" +
        fifo.string() +
        "', String(child.pid));\n"
        "return 'left one behind'; };");
    auto future = start_invoke(input_of("{}"));
    const pid_t child = wait_until_told();
    EXPECT_EQ(future.get()->payload, R"("left one behind")");
    functions.reset();
    EXPECT_TRUE(ends_soon(child));
}

TEST_F(HangingHandler, DeletingTheFunctionEndsItsInvocations) {
    node("exports.handler = () => { " + tell() + " setInterval(() => {}, 1000); };");
    auto future = start_invoke(input_of("{}"));
    wait_until_told();
    ASSERT_TRUE(wait_for<void>([&](auto done) {
                    functions->remove(FunctionName{"f"}, std::move(done));
                }).has_value());
    EXPECT_EQ(future.get().error().code(), "ResourceNotFoundException");
}

TEST_F(HangingHandler, ShutdownAnswersWhatIsOpen) {
    node("exports.handler = () => { " + tell() + " setInterval(() => {}, 1000); };");
    auto future = start_invoke(input_of("{}"));
    const pid_t process_id = wait_until_told();
    functions.reset();
    EXPECT_EQ(future.get().error().code(), "ServiceUnavailable");
    EXPECT_TRUE(is_gone(process_id));
}

// ---- Sandboxes
// ------------------------------------------------------------------------------------------------------

TEST_F(NodeHandler, SandboxesAreReused) {
    node("let calls = 0; exports.handler = async () => ++calls;");
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(invoke().payload, std::to_string(i));
}

// Each invocation ends only when all have begun: so they run at the same time.
TEST_F(HangingHandler, ConcurrentInvocationsHaveASandboxEach) {
    node(
        "const fs = require('fs');\n"
        "exports.handler = async (event) => { fs.appendFileSync('" +
        (directory / "arrived").string() +
        "', 'x');\n"
        "while (fs.statSync('" +
        (directory / "arrived").string() +
        "').size < 4) await new Promise((go) => setTimeout(go, 5));\n"
        "return process.pid; };");
    std::vector<std::future<Result<InvokeOutput>>> futures;
    for (int i = 0; i < 4; ++i) futures.push_back(start_invoke(input_of("{}")));
    std::vector<std::string> process_ids;
    for (auto& future : futures) process_ids.push_back(future.get()->payload);
    std::sort(process_ids.begin(), process_ids.end());
    EXPECT_EQ(std::unique(process_ids.begin(), process_ids.end()), process_ids.end());
}

TEST_F(NodeHandler, BeyondTheLimitInvocationsWait) {
    Functions::Options options;
    options.sandboxes_per_function_max = 2;
    restart(options);
    node("exports.handler = async () => process.pid;");
    std::vector<std::future<Result<InvokeOutput>>> futures;
    for (int i = 0; i < 12; ++i) futures.push_back(start_invoke(input_of("{}")));
    std::vector<std::string> process_ids;
    for (auto& future : futures) process_ids.push_back(future.get()->payload);
    std::sort(process_ids.begin(), process_ids.end());
    process_ids.erase(std::unique(process_ids.begin(), process_ids.end()), process_ids.end());
    EXPECT_LE(process_ids.size(), 2U);
}

TEST_F(NodeHandler, OneFunctionMakesRoomForAnother) {
    Functions::Options options;
    options.sandboxes_max = 1;
    restart(options);
    node("exports.handler = async () => 'f';");
    ASSERT_TRUE(create(configuration("g", "nodejs20.x", "index.handler"),
                       make_zip("index.js", "exports.handler = async () => 'g';"))
                    .has_value());
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(invoke("{}", "f").payload, R"("f")");
        EXPECT_EQ(invoke("{}", "g").payload, R"("g")");
    }
}

TEST_F(NodeHandler, NewCodeReplacesTheOld) {
    node("exports.handler = async () => 'old';");
    EXPECT_EQ(invoke().payload, R"("old")");
    const auto updated = wait_for<FunctionConfiguration>([&](auto done) {
        functions->update_code(
            {{"f"}, make_zip("index.js", "exports.handler = async () => 'new';")}, std::move(done));
    });
    ASSERT_TRUE(updated.has_value());
    EXPECT_EQ(invoke().payload, R"("new")");
}

TEST_F(NodeHandler, NewVariablesReachTheHandler) {
    node("exports.handler = async () => process.env.COLOUR ?? 'none';");
    EXPECT_EQ(invoke().payload, R"("none")");
    UpdateFunctionConfigurationInput input;
    input.function.name = "f";
    input.environment = Variables{{"COLOUR", "green = \"1\""}};
    ASSERT_TRUE(wait_for<FunctionConfiguration>([&](auto done) {
                    functions->update_configuration(std::move(input), std::move(done));
                }).has_value());
    EXPECT_EQ(invoke().payload, R"("green = \"1\"")");
}

// ---- What it finds and what it leaves
// -------------------------------------------------------------------------------

TEST_F(NodeHandler, EnvironmentHoldsNothingOfTheServer) {
    ::setenv("AWS_PROFILE", "production", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "the user's own", 1);
    ::setenv("SECRET_OF_THE_SERVER", "x", 1);
    node("exports.handler = async () => process.env;");
    const InvokeOutput output = invoke();
    ::unsetenv("AWS_PROFILE");
    ::unsetenv("AWS_SECRET_ACCESS_KEY");
    ::unsetenv("SECRET_OF_THE_SERVER");
    const auto document = json::Document::parse(output.payload);
    ASSERT_TRUE(document.has_value());
    std::vector<std::string> names;
    for (const json::Member& member : document->root().members()) names.emplace_back(member.key);
    std::sort(names.begin(), names.end());
    const std::vector<std::string> allowed{"AWS_ACCESS_KEY_ID",
                                           "AWS_DEFAULT_REGION",
                                           "AWS_EC2_METADATA_DISABLED",
                                           "AWS_EXECUTION_ENV",
                                           "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                           "AWS_LAMBDA_FUNCTION_NAME",
                                           "AWS_LAMBDA_FUNCTION_VERSION",
                                           "AWS_LAMBDA_INITIALIZATION_TYPE",
                                           "AWS_LAMBDA_LOG_GROUP_NAME",
                                           "AWS_LAMBDA_LOG_STREAM_NAME",
                                           "AWS_LAMBDA_RUNTIME_API",
                                           "AWS_REGION",
                                           "AWS_SECRET_ACCESS_KEY",
                                           "AWS_SESSION_TOKEN",
                                           "HOME",
                                           "LAMBDA_TASK_ROOT",
                                           "LANG",
                                           "PATH",
                                           "PYTHONDONTWRITEBYTECODE",
                                           "PYTHONUNBUFFERED",
                                           "TMPDIR",
                                           "TZ",
                                           "_HANDLER",
                                           "_X_AMZN_TRACE_ID"};
    EXPECT_EQ(names, allowed);
    EXPECT_EQ(document->root().find("AWS_SECRET_ACCESS_KEY")->string(), "test");
}

TEST_F(NodeHandler, HasItsOwnDirectoryGroupAndDescriptors) {
    const int leak = ::memfd_create("leak", 0);  // without MFD_CLOEXEC
    node(R"(const fs = require('fs');
        exports.handler = async () => ({
            cwd: process.cwd() === process.env.LAMBDA_TASK_ROOT,
            group: Number(fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[2]) === process.pid,
            temporary: fs.statSync(process.env.TMPDIR).isDirectory(),
            leaked: fs.readdirSync('/proc/self/fd').filter((fd) => {
                try { return Number(fd) > 2 && fs.readlinkSync('/proc/self/fd/' + fd) === '/memfd:leak (deleted)'; } catch { return false; } }).length });)");
    EXPECT_EQ(invoke().payload, R"({"cwd":true,"group":true,"temporary":true,"leaked":0})");
    ::close(leak);
}

TEST_F(NodeHandler, LogHasLambdasLines) {
    node(
        "console.log('loading'); exports.handler = async () => { console.log('seen %d', 7); "
        "console.error('bad'); console.log({a: 1}); };");
    InvokeInput input = input_of("{}");
    input.request_id = "11111111-2222-4333-8444-555555555555";
    const std::string tail = start_invoke(input).get()->log_tail;
    const std::string id = "11111111-2222-4333-8444-555555555555";
    EXPECT_TRUE(tail.starts_with("START RequestId: " + id + " Version: $LATEST\n")) << tail;
    EXPECT_NE(tail.find("\t" + id + "\tINFO\tseen 7\n"), std::string::npos) << tail;
    EXPECT_NE(tail.find("\t" + id + "\tERROR\tbad\n"), std::string::npos) << tail;
    EXPECT_NE(tail.find("\tINFO\t{ a: 1 }\n"), std::string::npos) << tail;
    EXPECT_NE(tail.find("\nEND RequestId: " + id + "\nREPORT RequestId: " + id + "\tDuration: "),
              std::string::npos)
        << tail;
    EXPECT_NE(tail.find("Memory Size: 128 MB\tMax Memory Used: "), std::string::npos);
    EXPECT_NE(tail.find("\tInit Duration: "), std::string::npos);
    EXPECT_EQ(tail.find("loading"), std::string::npos);  // was before
    EXPECT_NE(log().find("INFO\tloading\n"), std::string::npos);
    EXPECT_NE(log().find(tail), std::string::npos);
}

TEST_F(NodeHandler, AnswerBeyondSixMegabytesIsRefused) {
    node("exports.handler = async (event) => 'x'.repeat(event.size);");
    EXPECT_EQ(invoke(R"({"size": 6000000})").payload.size(), 6'000'002U);
    EXPECT_EQ(error_member(invoke(R"({"size": 6291600})"), "errorType"),
              "Function.ResponseSizeTooLarge");
    EXPECT_EQ(invoke(R"({"size": 1})").payload, R"("x")");
}

TEST_F(NodeHandler, EventBeyondSixMegabytesIsRefused) {
    node("exports.handler = async (event) => event.length;");
    EXPECT_EQ(invoke('"' + std::string(6'291'454, 'x') + '"').payload, "6291454");
    const auto refused = start_invoke(input_of('"' + std::string(6'291'455, 'x') + '"')).get();
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code(), "RequestTooLargeException");
}

TEST_F(NodeHandler, UnicodeGoesThroughUnharmed) {
    node("exports.handler = async (event) => event;");
    const std::string text = "{\"a\":\"작업 토큰 \xF0\x9F\x98\x80 \\u2028 \\\"\"}";
    const auto document = json::Document::parse(invoke(text).payload);
    EXPECT_EQ(document->root().find("a")->string(), "작업 토큰 \xF0\x9F\x98\x80 \xE2\x80\xA8 \"");
}

}  // namespace
}  // namespace stepwell::function::testing
