#include <gtest/gtest.h>

#include "api/step_functions_fixture.hpp"
#include "api/step_functions_json_error.hpp"

namespace stepwell::api {
namespace {

using testing::as_json;
using testing::member;
using testing::StepFunctionsTest;

// ---- state machines

TEST_F(StepFunctionsTest, CreateStateMachineGivesArnAndDateInSeconds) {
    const std::string created = call("CreateStateMachine", machine(pass));
    EXPECT_EQ(created,
              R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m",)"
              R"("creationDate":1700000000.000})");
}

TEST_F(StepFunctionsTest, DescribeStateMachineHasAwsDefaults) {
    create(pass);
    EXPECT_EQ(
        call("DescribeStateMachine", R"({"stateMachineArn":)" + as_json(machine_arn) + "}"),
        R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","name":"m",)"
        R"("status":"ACTIVE","definition":)" +
            as_json(pass) +
            R"(,"roleArn":"arn:aws:iam::000000000000:role/r","type":"STANDARD","creationDate":1700000000.000,)"
            R"("loggingConfiguration":{"level":"OFF","includeExecutionData":false},)"
            R"("tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}})");
}

TEST_F(StepFunctionsTest, ConfigurationsAreStoredAndGivenBack) {
    create(
        pass,
        R"(,"type":"EXPRESS","loggingConfiguration":{"level":"FATAL","includeExecutionData":true,"destinations":)"
        R"([{"cloudWatchLogsLogGroup":{"logGroupArn":"arn:aws:logs:us-east-1:000000000000:log-group:g:*"}}]},)"
        R"("tracingConfiguration":{"enabled":true},)"
        R"("encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY","kmsKeyId":"k"})");
    const std::string described =
        call("DescribeStateMachine", R"({"stateMachineArn":)" + as_json(machine_arn) + "}");
    EXPECT_EQ(member(described, "type"), "EXPRESS");
    EXPECT_EQ(
        member(described, "loggingConfiguration"),
        R"({"level":"FATAL","includeExecutionData":true,"destinations":[{"cloudWatchLogsLogGroup":)"
        R"({"logGroupArn":"arn:aws:logs:us-east-1:000000000000:log-group:g:*"}}]})");
    EXPECT_EQ(member(described, "tracingConfiguration"), R"({"enabled":true})");
    EXPECT_EQ(
        member(described, "encryptionConfiguration"),
        R"({"kmsKeyId":"k","kmsDataKeyReusePeriodSeconds":300,"type":"CUSTOMER_MANAGED_KMS_KEY"})");
}

TEST_F(StepFunctionsTest, LoggingNeedsOneDestination) {
    EXPECT_EQ(
        call("CreateStateMachine", machine(pass, R"(,"loggingConfiguration":{"level":"ALL"})")),
        "InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one Log "
        "Destination.");
    EXPECT_EQ(call("CreateStateMachine",
                   machine(pass, R"(,"loggingConfiguration":{"level":"ALL","destinations":[{}]})")),
              "InvalidLoggingConfiguration: Invalid Logging Configuration: Must set valid "
              "CloudWatch Log Group ARN.");
}

TEST_F(StepFunctionsTest, EverythingWrongWithACallIsSaidAtOnce) {
    EXPECT_EQ(
        call("CreateStateMachine", R"({"name":")" + std::string(81, 'a') + R"(","type":"FAST"})"),
        "ValidationException: 4 validation errors detected: Value '" + std::string(81, 'a') +
            "' at 'name' failed to satisfy constraint: Member must have length less than or equal "
            "to 80; "
            "Value null at 'definition' failed to satisfy constraint: Member must not be null; "
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null; "
            "Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy enum value "
            "set: "
            "[STANDARD, EXPRESS]");
}

TEST_F(StepFunctionsTest, WrongTypesAndNoJsonAreSerializationErrors) {
    const auto refused = [&](std::string body) {
        return call("DescribeStateMachine", std::move(body));
    };
    EXPECT_EQ(refused(R"({"stateMachineArn":5})"),
              "SerializationException: NUMBER_VALUE can not be converted to a String");
    EXPECT_EQ(refused(R"({"stateMachineArn":[]})"),
              "SerializationException: Start of list found where not expected");
    EXPECT_TRUE(refused("{").starts_with("SerializationException: "));
    EXPECT_TRUE(refused("[]").starts_with("SerializationException: "));
    EXPECT_TRUE(refused("\xff").starts_with("SerializationException: "));
    EXPECT_EQ(refused(R"({"stateMachineArn":null})"),
              "ValidationException: 1 validation error detected: Value null at 'stateMachineArn' "
              "failed to satisfy "
              "constraint: Member must not be null");
}

TEST_F(StepFunctionsTest, UpdateStateMachineTellsTheRevision) {
    create(pass);
    const std::string arn = R"({"stateMachineArn":)" + as_json(machine_arn);
    EXPECT_EQ(call("UpdateStateMachine", arn + "}"),
              "MissingRequiredParameter: Either the definition, the role ARN, the "
              "LoggingConfiguration, or the "
              "TracingConfiguration must be specified");
    const std::string updated =
        call("UpdateStateMachine", arn + R"(,"definition":)" + as_json(callback) + "}");
    EXPECT_EQ(member(updated, "revisionId").size(), 36U);
    EXPECT_EQ(member(updated, "updateDate"), "1700000000.000");
    EXPECT_EQ(member(call("DescribeStateMachine", arn + "}"), "revisionId"),
              member(updated, "revisionId"));
}

TEST_F(StepFunctionsTest, DescribeStateMachineTellsWhichVariablesAStateRefersTo) {
    const std::string arn = create(
        R"({"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1,"y":2},"Next":"B"},)"
        R"json("B":{"Type":"Pass","Parameters":{"sum.$":"States.MathAdd($y, $x)"},"End":true}}})json");
    const std::string execution = member(start(arn), "executionArn");
    const std::string references = R"({"B":["x","y"]})";
    EXPECT_EQ(member(call("DescribeStateMachine", R"({"stateMachineArn":)" + as_json(arn) + "}"),
                     "variableReferences"),
              references);
    EXPECT_EQ(member(call("DescribeStateMachineForExecution",
                          R"({"executionArn":)" + as_json(execution) + "}"),
                     "variableReferences"),
              references);
    EXPECT_EQ(
        member(call("DescribeStateMachine",
                    R"({"includedData":"METADATA_ONLY","stateMachineArn":)" + as_json(arn) + "}"),
               "definition"),
        "-");
}

TEST_F(StepFunctionsTest, ListStateMachinesHasPages) {
    create(pass);
    call("CreateStateMachine",
         R"({"name":"n","roleArn":"arn:aws:iam::000000000000:role/r","definition":)" +
             as_json(pass) + "}");
    const std::string first = call("ListStateMachines", R"({"maxResults":1})");
    EXPECT_EQ(
        member(first, "stateMachines"),
        R"([{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","name":"m",)"
        R"("type":"STANDARD","creationDate":1700000000.000}])");
    const std::string second =
        call("ListStateMachines", R"({"nextToken":)" + as_json(member(first, "nextToken")) + "}");
    EXPECT_EQ(member(second, "nextToken"), "-");
    EXPECT_NE(second.find("stateMachine:n"), std::string::npos);
    EXPECT_EQ(call("ListStateMachines", R"({"nextToken":"x"})"),
              "InvalidToken: Invalid Token: 'Invalid token'");
    EXPECT_EQ(call("ListStateMachines", R"({"maxResults":1001})"),
              "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' "
              "failed to satisfy "
              "constraint: Member must have value less than or equal to 1000");
}

TEST_F(StepFunctionsTest, DeleteStateMachineStopsWhatRunsAndFreesTheName) {
    const std::string arn = create(callback);
    const std::string execution = member(start(arn), "executionArn");
    for (int i = 0; i < 250; ++i) start(arn);  // more than are stopped side by side
    EXPECT_EQ(call("DeleteStateMachine", R"({"stateMachineArn":)" + as_json(arn) + "}"), "{}");
    EXPECT_EQ(member(ended(execution), "status"), "ABORTED");
    EXPECT_TRUE(call("DescribeStateMachine", R"({"stateMachineArn":)" + as_json(arn) + "}")
                    .starts_with("StateMachineDoesNotExist: "));
    EXPECT_EQ(create(pass), arn);
    EXPECT_EQ(
        member(call("ListExecutions", R"({"stateMachineArn":)" + as_json(arn) + "}"), "executions"),
        "[]");
    EXPECT_EQ(member(call("DescribeStateMachineForExecution",
                          R"({"executionArn":)" + as_json(execution) + "}"),
                     "definition"),
              callback);
}

TEST_F(StepFunctionsTest, ADeletionThatARestartInterruptedIsFinished) {
    create(pass);
    std::promise<void> begun;
    machines.start_deletion(machine_arn, [&](auto) { begun.set_value(); });
    begun.get_future().wait();
    EXPECT_EQ(
        member(call("DescribeStateMachine", R"({"stateMachineArn":)" + as_json(machine_arn) + "}"),
               "status"),
        "DELETING");
    resume_deletions({machines, activities, executions});
    EXPECT_EQ(call("DeleteStateMachine", R"({"stateMachineArn":)" + as_json(machine_arn) + "}"),
              "{}");
    EXPECT_EQ(create(pass), machine_arn);
}

TEST_F(StepFunctionsTest, ValidateStateMachineDefinitionReportsDiagnostics) {
    const auto validate = [&](std::string_view definition) {
        return call("ValidateStateMachineDefinition",
                    R"({"definition":)" + as_json(definition) + "}");
    };
    EXPECT_EQ(validate(pass), R"({"diagnostics":[],"result":"OK","truncated":false})");
    EXPECT_EQ(
        validate(R"({"States":{"StartState":{"Type":"Pass","End":true}}})"),
        R"({"diagnostics":[{"severity":"ERROR","code":"SCHEMA_VALIDATION_FAILED","message":"These fields are )"
        R"(required: [StartAt]","location":"/"}],"result":"FAIL","truncated":false})");
}

TEST_F(StepFunctionsTest, ValidateStateMachineDefinitionWarnsWhenAskedTo) {
    const auto validate = [&](std::string_view more) {
        return call("ValidateStateMachineDefinition",
                    R"({"definition":)" +
                        as_json(R"({"StartAt":"P","States":{"P":{"Type":"Pass","Result":"$.a",)"
                                R"("Parameters":{"b":"$.c"},"End":true}}})") +
                        std::string(more) + "}");
    };
    EXPECT_EQ(validate(""), R"({"diagnostics":[],"result":"OK","truncated":false})");
    const std::string warned = validate(R"(,"severity":"WARNING")");
    EXPECT_EQ(member(warned, "result"), "OK");
    EXPECT_EQ(
        member(warned, "diagnostics"),
        R"([{"severity":"WARNING","code":"NO_DOLLAR","message":"No .$ on a field that appears )"
        R"(to be a JSONPath or Intrinsic Function.","location":"/States/P/Parameters/b"},)"
        R"({"severity":"WARNING","code":"PASS_RESULT_IS_STATIC","message":"Attempt to use a )"
        R"(path in the result of a pass state.","location":"/States/P/Result"}])");
    const std::string short_of_one = validate(R"(,"severity":"WARNING","maxResults":1)");
    EXPECT_EQ(member(short_of_one, "truncated"), "true");
    EXPECT_EQ(member(short_of_one, "result"), "OK");
}

TEST_F(StepFunctionsTest, ALabelIsCheckedAsAwsDoes) {
    constexpr std::string_view labelled =
        R"({"StartAt":"M","States":{"M":{"Type":"Map","Label":"a*","ItemProcessor":{"StartAt":"I",)"
        R"("States":{"I":{"Type":"Succeed"}}},"End":true}}})";
    EXPECT_EQ(
        call("CreateStateMachine", machine(labelled)),
        "InvalidDefinition: Error=ValueError Args=[\"Label contains invalid character: '*'\"] "
        "in definition '" +
            std::string(labelled) + "'.");
    const std::string validated =
        call("ValidateStateMachineDefinition", R"({"definition":)" + as_json(labelled) + "}");
    EXPECT_EQ(member(validated, "result"), "FAIL");
    EXPECT_NE(validated.find(R"("location":"/States/M/Label")"), std::string::npos);
}

TEST_F(StepFunctionsTest, VersionsAndAliasesArePublishedAndStarted) {
    const std::string created = call(
        "CreateStateMachine", machine(pass, R"(,"publish":true,"versionDescription":"first")"));
    const std::string version = member(created, "stateMachineVersionArn");
    EXPECT_EQ(version, std::string(machine_arn) + ":1");
    const std::string alias =
        call("CreateStateMachineAlias", R"({"name":"live","routingConfiguration":[{"weight":100,)"
                                        R"("stateMachineVersionArn":)" +
                                            as_json(version) + "}]}");
    const std::string alias_arn = member(alias, "stateMachineAliasArn");
    EXPECT_EQ(alias_arn, std::string(machine_arn) + ":live");
    EXPECT_EQ(member(call("DescribeStateMachineAlias",
                          R"({"stateMachineAliasArn":)" + as_json(alias_arn) + "}"),
                     "routingConfiguration"),
              R"([{"stateMachineVersionArn":)" + as_json(version) + R"(,"weight":100}])");
    EXPECT_EQ(member(ended(member(start(alias_arn), "executionArn")), "status"), "SUCCEEDED");
    EXPECT_EQ(member(ended(member(start(version), "executionArn")), "stateMachineArn"),
              machine_arn);
    EXPECT_EQ(
        call("CreateStateMachineAlias", R"({"name":"12","routingConfiguration":[{"weight":101,)"
                                        R"("stateMachineVersionArn":)" +
                                            as_json(version) + "}]}"),
        "ValidationException: 2 validation errors detected: Value '12' at 'name' failed to satisfy "
        "constraint: "
        "Member must satisfy regular expression pattern: "
        "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$; Value '101' at "
        "'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have "
        "value less than or "
        "equal to 100");
    EXPECT_EQ(call("CreateStateMachine",
                   R"({"name":"n","roleArn":"arn:aws:iam::000000000000:role/r","definition":)" +
                       as_json(pass) + R"(,"versionDescription":"d"})"),
              "ValidationException: Version description can only be set when publish is true");
}

// ---- executions

TEST_F(StepFunctionsTest, AnExecutionIsStartedDescribedAndListed) {
    const std::string arn = create(pass);
    const std::string started = start(arn, R"(,"name":"run","input":"{\"a\": 1}")");
    EXPECT_EQ(started, R"({"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:run",)"
                       R"("startDate":1700000000.000})");
    EXPECT_EQ(
        ended(member(started, "executionArn")),
        R"({"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:run",)"
        R"("stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","name":"run",)"
        R"("status":"SUCCEEDED","startDate":1700000000.000,"stopDate":1700000000.000,)"
        R"("input":"{\"a\": 1}","inputDetails":{"included":true},"output":"{\"a\": 1}",)"
        R"("outputDetails":{"included":true},"redriveCount":0,"redriveStatus":"NOT_REDRIVABLE",)"
        R"("redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven"})");
    const auto list = [&](std::string_view more) {
        return member(call("ListExecutions",
                           R"({"stateMachineArn":)" + as_json(arn) + std::string(more) + "}"),
                      "executions");
    };
    EXPECT_EQ(
        list(""),
        R"([{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:run",)"
        R"("stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","name":"run",)"
        R"("status":"SUCCEEDED","startDate":1700000000.000,"stopDate":1700000000.000,"redriveCount":0}])");
    EXPECT_EQ(list(R"(,"statusFilter":"RUNNING")"), "[]");
    EXPECT_EQ(list(R"(,"statusFilter":"PENDING_REDRIVE")"), "[]");
    EXPECT_NE(list(R"(,"redriveFilter":"NOT_REDRIVEN")"), "[]");
    EXPECT_EQ(list(R"(,"redriveFilter":"REDRIVEN")"), "[]");
}

TEST_F(StepFunctionsTest, TheInputIsAnEmptyObjectUnlessOneIsGiven) {
    const std::string arn = create(pass);
    EXPECT_EQ(member(ended(member(start(arn), "executionArn")), "output"), "{}");
    for (const std::string_view input : {"2", R"("some text")", "null", "[]"}) {
        const std::string started = start(arn, R"(,"input":)" + as_json(input));
        EXPECT_EQ(member(ended(member(started, "executionArn")), "output"), input);
    }
}

TEST_F(StepFunctionsTest, InputsThatAreNoJsonAreRefusedInAwsWords) {
    const std::string arn = create(pass);
    const auto refused = [&](std::string_view input) {
        return start(arn, R"(,"input":)" + as_json(input));
    };
    const std::string prefix = "InvalidExecutionInput: Invalid State Machine Execution Input: '";
    EXPECT_EQ(refused("not some json"), prefix +
                                            "Unrecognized token 'not': was expecting (JSON String, "
                                            "Number, Array, Object or token 'null', "
                                            "'true' or 'false')'");
    EXPECT_EQ(refused("{'not': 'json'"), prefix +
                                             "Unexpected character (''' (code 39)): was expecting "
                                             "double-quote to start field name'");
    EXPECT_EQ(refused(""), prefix + "Invalid execution input.'");
    const std::string largest = "\"" + std::string(262'142, 'x') + "\"";
    EXPECT_EQ(member(ended(member(refused(largest), "executionArn")), "status"), "SUCCEEDED");
    EXPECT_EQ(refused(largest + " "),
              "ValidationException: 1 validation error detected: Value at 'input' failed to "
              "satisfy constraint: Member "
              "must have length less than or equal to 262144");
}

TEST_F(StepFunctionsTest, StartExecutionRefusesBadNamesAndUnknownMachines) {
    const std::string arn = create(pass);
    EXPECT_EQ(start(arn, R"(,"name":"a b")"), "InvalidName: Invalid Name: 'a b'");
    EXPECT_EQ(start(arn, R"(,"name":"")"),
              "ValidationException: 1 validation error detected: Value '' at 'name' failed to "
              "satisfy constraint: Member "
              "must have length greater than or equal to 1");
    EXPECT_EQ(start("not_a_valid_arn"),
              "InvalidArn: Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
    EXPECT_EQ(start(arn + "x"),
              "StateMachineDoesNotExist: State Machine Does Not Exist: '" + arn + "x'");
    EXPECT_EQ(start(std::string(arn).replace(arn.find("stateMachine"), 12, "execution") + ":e"),
              "InvalidArn: Invalid Arn: 'Resource type not valid in this context: execution'");
}

TEST_F(StepFunctionsTest, ATraceHeaderComesBack) {
    const std::string started = start(create(pass), R"(,"traceHeader":"Root=1-5e1b4151-5ac6c58")");
    EXPECT_EQ(member(describe(member(started, "executionArn")), "traceHeader"),
              "Root=1-5e1b4151-5ac6c58");
}

TEST_F(StepFunctionsTest, StopExecutionAbortsWithErrorAndCause) {
    const std::string execution = member(start(create(callback)), "executionArn");
    EXPECT_EQ(member(describe(execution), "redriveStatusReason"),
              "Execution is RUNNING and cannot be redriven");
    clock.advance(milliseconds{1500});
    EXPECT_EQ(call("StopExecution",
                   R"({"executionArn":)" + as_json(execution) + R"(,"error":"E","cause":"C"})"),
              R"({"stopDate":1700000001.500})");
    const std::string described = ended(execution);
    EXPECT_EQ(member(described, "status"), "ABORTED");
    EXPECT_EQ(member(described, "error"), "E");
    EXPECT_EQ(member(described, "cause"), "C");
    EXPECT_EQ(member(described, "redriveStatus"), "REDRIVABLE");
    EXPECT_EQ(member(described, "redriveStatusReason"), "-");
}

TEST_F(StepFunctionsTest, RedriveExecutionGoesOnWithWhatWasStopped) {
    const std::string machine = create(callback);
    const std::string execution = member(start(machine), "executionArn");
    tasks.next_token();
    const std::string named = R"({"executionArn":)" + as_json(execution);
    call("StopExecution", named + "}");
    ended(execution);
    clock.advance(milliseconds{1000});
    EXPECT_EQ(call("RedriveExecution", named + R"(,"clientToken":"t"})"),
              R"({"redriveDate":1700000001.000})");
    clock.advance(milliseconds{1000});
    EXPECT_EQ(call("RedriveExecution", named + R"(,"clientToken":"t"})"),
              R"({"redriveDate":1700000001.000})");
    EXPECT_EQ(call("RedriveExecution", named + "}"),
              "ExecutionNotRedrivable: Execution is RUNNING and cannot be redriven");
    const std::string described = describe(execution);
    EXPECT_EQ(member(described, "status"), "RUNNING");
    EXPECT_EQ(member(described, "stopDate"), "-");
    EXPECT_EQ(member(described, "redriveCount"), "1");
    EXPECT_EQ(member(described, "redriveDate"), "1700000001.000");
    const auto list = [&](std::string_view filter) {
        return member(
            call("ListExecutions", R"({"stateMachineArn":)" + as_json(machine) +
                                       R"(,"redriveFilter":")" + std::string(filter) + "\"}"),
            "executions");
    };
    EXPECT_NE(list("REDRIVEN").find(R"("redriveCount":1,"redriveDate":1700000001.000)"),
              std::string::npos);
    EXPECT_EQ(list("NOT_REDRIVEN"), "[]");
    const std::string token = tasks.next_token();
    EXPECT_EQ(call("SendTaskSuccess", R"({"taskToken":)" + as_json(token) + R"(,"output":"7"})"),
              "{}");
    EXPECT_EQ(member(ended(execution), "output"), "7");
}

TEST_F(StepFunctionsTest, GetExecutionHistoryHasPagesAndBothOrders) {
    const std::string execution = member(start(create(pass)), "executionArn");
    ended(execution);
    const auto types = [&](std::string_view more) {
        const std::string history =
            call("GetExecutionHistory",
                 R"({"executionArn":)" + as_json(execution) + std::string(more) + "}");
        const auto document = *json::Document::parse(history);
        const json::Value events = *document.root().find("events");
        std::string all;
        for (std::size_t i = 0; i < events.size(); ++i) {
            all.append(i == 0 ? "" : " ").append(events[i].find("type")->string());
        }
        return std::pair(all, member(history, "nextToken"));
    };
    EXPECT_EQ(types("").first,
              "ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded");
    EXPECT_EQ(types(R"(,"reverseOrder":true)").first,
              "ExecutionSucceeded PassStateExited PassStateEntered ExecutionStarted");
    const auto [first, token] = types(R"(,"maxResults":3)");
    EXPECT_EQ(first, "ExecutionStarted PassStateEntered PassStateExited");
    EXPECT_EQ(types(R"(,"nextToken":)" + as_json(token)).first, "ExecutionSucceeded");
}

TEST_F(StepFunctionsTest, UnknownExecutionsAndBadExecutionArnsAreToldApart) {
    const std::string unknown = "arn:aws:states:us-east-1:000000000000:execution:m:nobody";
    for (const std::string_view operation :
         {"DescribeExecution", "StopExecution", "GetExecutionHistory",
          "DescribeStateMachineForExecution"}) {
        EXPECT_EQ(call(operation, R"({"executionArn":)" + as_json(unknown) + "}"),
                  "ExecutionDoesNotExist: Execution Does Not Exist: '" + unknown + "'");
        EXPECT_EQ(call(operation, R"({"executionArn":"x"})"),
                  "InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'");
    }
    EXPECT_TRUE(call("ListExecutions", R"({"stateMachineArn":)" + as_json(machine_arn) + "}")
                    .starts_with("StateMachineDoesNotExist: "));
}

// ---- task tokens

TEST_F(StepFunctionsTest, SendTaskSuccessGivesTheOutputOnUnchanged) {
    const std::string execution = member(start(create(callback)), "executionArn");
    const std::string token = tasks.next_token();
    const std::string output = R"({"text":"quote \" slash \/ \u00e9 🦆","n":1.50})";
    const std::string body = R"({"output":)" + as_json(output) +
                             R"(,"unknown":[1,{}],"taskToken":)" + as_json(token) + "}";
    EXPECT_EQ(call("SendTaskSuccess", body), "{}");
    EXPECT_EQ(member(ended(execution), "output"), output);
    EXPECT_EQ(call("SendTaskSuccess", body),
              "TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'");
}

TEST_F(StepFunctionsTest, SendTaskSuccessRefusesWhatIsNoOutput) {
    start(create(callback));
    const std::string token = as_json(tasks.next_token());
    EXPECT_EQ(call("SendTaskSuccess", R"({"output":"Success","taskToken":)" + token + "}"),
              "InvalidOutput: Invalid Output: 'Unrecognized token 'Success': was expecting (JSON "
              "String, Number, Array, "
              "Object or token 'null', 'true' or 'false')'");
    EXPECT_TRUE(call("SendTaskSuccess", R"({"output":"","taskToken":)" + token + "}")
                    .starts_with("InvalidOutput: "));
    EXPECT_EQ(call("SendTaskSuccess", R"({"taskToken":)" + token + "}"),
              "ValidationException: 1 validation error detected: Value null at 'output' failed to "
              "satisfy constraint: "
              "Member must not be null");
    EXPECT_EQ(call("SendTaskSuccess", R"({"taskToken":true,"output":"1"})"),
              "SerializationException: TRUE_VALUE can not be converted to a String");
    EXPECT_EQ(call("SendTaskSuccess", R"({"taskToken":"forged","output":"1"})").substr(0, 13),
              "InvalidToken:");
    EXPECT_EQ(call("SendTaskSuccess", R"({"taskToken":)" + token + R"(,"output":"1"})"),
              "{}");  // none of it spent it
}

TEST_F(StepFunctionsTest, SendTaskFailureAndHeartbeat) {
    const std::string execution = member(start(create(callback)), "executionArn");
    const std::string token = as_json(tasks.next_token());
    EXPECT_EQ(call("SendTaskHeartbeat", R"({"taskToken":)" + token + "}"), "{}");
    EXPECT_EQ(call("SendTaskFailure", R"({"error":"E","cause":"C","taskToken":)" + token + "}"),
              "{}");
    const std::string described = ended(execution);
    EXPECT_EQ(member(described, "status"), "FAILED");
    EXPECT_EQ(member(described, "error"), "E");
    EXPECT_TRUE(
        call("SendTaskHeartbeat", R"({"taskToken":)" + token + "}").starts_with("TaskTimedOut: "));
    EXPECT_TRUE(call("SendTaskFailure", R"({"taskToken":"x"})").starts_with("InvalidToken: "));
}

// ---- activities and tags

TEST_F(StepFunctionsTest, AnActivityTaskGoesToAWorkerAndBack) {
    const std::string created = call("CreateActivity", R"({"name":"work"})");
    const std::string arn = member(created, "activityArn");
    EXPECT_EQ(
        created,
        R"({"activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","creationDate":1700000000.000})");
    const std::string body = R"({"activityArn":)" + as_json(arn) + "}";
    EXPECT_EQ(
        call("DescribeActivity", body),
        R"({"activityArn":"arn:aws:states:us-east-1:000000000000:activity:work","name":"work",)"
        R"("creationDate":1700000000.000,"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}})");

    auto polled = call_later("GetActivityTask",
                             R"({"workerName":"anna","activityArn":)" + as_json(arn) + "}");
    const std::string execution = member(
        start(create(R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,"Resource":)" +
                     as_json(arn) + "}}}"),
              R"(,"input":"{\"n\":1}")"),
        "executionArn");
    const std::string task = polled.get();
    EXPECT_EQ(member(task, "input"), R"({"n":1})");
    EXPECT_EQ(call("SendTaskSuccess", R"({"output":"\"done\"","taskToken":)" +
                                          as_json(member(task, "taskToken")) + "}"),
              "{}");
    EXPECT_EQ(member(ended(execution), "output"), R"("done")");
    const std::string history =
        call("GetExecutionHistory", R"({"executionArn":)" + as_json(execution) + "}");
    EXPECT_NE(history.find(R"("activityStartedEventDetails":{"workerName":"anna"})"),
              std::string::npos);

    EXPECT_EQ(call("DeleteActivity", body), "{}");
    EXPECT_EQ(call("DeleteActivity", body), "{}");
    EXPECT_EQ(call("GetActivityTask", body),
              "ActivityDoesNotExist: Activity Does Not Exist: '" + arn + "'");
}

TEST_F(StepFunctionsTest, APollWithoutATaskIsAnsweredEmpty) {
    const std::string arn = member(call("CreateActivity", R"({"name":"work"})"), "activityArn");
    auto polled = call_later("GetActivityTask", R"({"activityArn":)" + as_json(arn) + "}");
    clock.advance(milliseconds{60'000});
    EXPECT_EQ(polled.get(), "{}");
}

TEST_F(StepFunctionsTest, TagsAreOfMachinesAndActivities) {
    create(pass, R"(,"tags":[{"key":"a","value":"1"}])");
    call("CreateActivity", R"({"name":"work"})");
    for (const std::string_view arn :
         {machine_arn, std::string_view("arn:aws:states:us-east-1:000000000000:activity:work")}) {
        const std::string resource = R"({"resourceArn":)" + as_json(arn);
        EXPECT_EQ(call("TagResource",
                       resource + R"(,"tags":[{"key":"b","value":"2"},{"key":"b","value":"3"}]})"),
                  "{}");
        EXPECT_EQ(call("UntagResource", resource + R"(,"tagKeys":["a"]})"), "{}");
        EXPECT_EQ(call("ListTagsForResource", resource + "}"),
                  R"({"tags":[{"key":"b","value":"3"}]})");
        EXPECT_EQ(call("TagResource", resource + R"(,"tags":[{"key":"","value":"2"}]})"),
                  "ValidationException: 1 validation error detected: Value '' at "
                  "'tags.1.member.key' failed to satisfy "
                  "constraint: Member must have length greater than or equal to 1");
    }
    EXPECT_TRUE(call("ListTagsForResource",
                     R"({"resourceArn":"arn:aws:states:us-east-1:000000000000:activity:x"})")
                    .starts_with("ResourceNotFound: "));
}

// ---- the parts

TEST(JsonComplaint, IsWhatJacksonSays) {
    const auto complaint = [](std::string_view text) { return json_complaint(text, "fine"); };
    for (const std::string_view text :
         {"{}", "[]", " [1, {\"a\": [null, true]}, \"\\u00e9\\n\", -0.5e+3] ", "0"}) {
        EXPECT_EQ(complaint(text), "fine") << text;
    }
    EXPECT_EQ(complaint("{\"a\" 1}"),
              "Unexpected character ('1' (code 49)): was expecting a colon to separate field name "
              "and value");
    EXPECT_EQ(
        complaint("{\"a\":1 \"b\":2}"),
        "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries");
    EXPECT_EQ(
        complaint("[1 2]"),
        "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries");
    EXPECT_EQ(
        complaint("{\"a\":1,}"),
        "Unexpected character ('}' (code 125)): was expecting double-quote to start field name");
    EXPECT_EQ(
        complaint("[,]"),
        "Unexpected character (',' (code 44)): expected a valid value (JSON String, Number, Array, "
        "Object or token 'null', 'true' or 'false')");
    EXPECT_EQ(
        complaint("{\n [}"),
        "Unexpected character ('[' (code 91)): was expecting double-quote to start field name");
    EXPECT_EQ(complaint("[\n {"),
              "Unexpected end-of-input: expected close marker for Object (start marker at [Source: "
              "(String)\"[\n {\"; line: 2, column: 2])");
    EXPECT_EQ(complaint("01"), "Invalid numeric value: Leading zeroes not allowed");
    EXPECT_EQ(complaint("\"\\x\""), "Unrecognized character escape 'x' (code 120)");
    EXPECT_EQ(
        complaint("\"a\nb\""),
        "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash "
        "to be included in string value");
    EXPECT_EQ(complaint("\"abc"), "Unexpected end-of-input in VALUE_STRING");
}

}  // namespace
}  // namespace stepwell::api
