#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "asl/program.hpp"

namespace stepwell::asl {
namespace {

// Every problem as "CODE: message at location", one a line.
std::string problems(const std::string& definition) {
    const auto compiled = Program::compile(definition);
    EXPECT_EQ(compiled.program == nullptr, !compiled.diagnostics.empty());
    std::string text;
    for (const Diagnostic& problem : compiled.diagnostics) {
        text += (text.empty() ? "" : "\n") + problem.code + ": " + problem.message + " at " +
                problem.location;
    }
    return text;
}
std::string schema(const std::string& message, const std::string& location) {
    return "SCHEMA_VALIDATION_FAILED: " + message + " at " + location;
}
// Of a machine of one state named S.
std::string state_problems(const std::string& fields) {
    return problems(R"({"StartAt":"S","States":{"S":{)" + fields + "}}}");
}

TEST(Compiler, ResolvesStates) {
    const auto compiled = Program::compile(
        R"({"Comment":"c","Version":"1.0","TimeoutSeconds":30,"StartAt":"A","States":{
        "B":{"Type":"Succeed"},"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Next":"B",
        "Retry":[{"ErrorEquals":["E"],"IntervalSeconds":2,"MaxAttempts":5,"BackoffRate":1.5,"MaxDelaySeconds":9,"JitterStrategy":"FULL"},{"ErrorEquals":["States.ALL"]}],
        "Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}]}}})");
    ASSERT_NE(compiled.program, nullptr);
    const Program& program = *compiled.program;
    EXPECT_EQ(program.size(), 2u);
    EXPECT_EQ(program.timeout_seconds(), 30);
    const State& a = program.state(program.start_at());
    EXPECT_EQ(a.name, "A");
    EXPECT_EQ(a.type, StateType::task);
    EXPECT_TRUE(a.wants_token);
    EXPECT_FALSE(a.is_end);
    EXPECT_EQ(program.state(a.next).name, "B");
    EXPECT_TRUE(program.state(a.next).is_end);
    ASSERT_EQ(a.retriers.size(), 2u);
    EXPECT_EQ(a.retriers[0].attempts_max, 5u);
    EXPECT_EQ(a.retriers[0].delay_seconds_max, 9);
    EXPECT_TRUE(a.retriers[0].has_full_jitter);
    EXPECT_EQ(a.retriers[1].attempts_max, 3u);
    EXPECT_EQ(a.retriers[1].interval_seconds, 1);
    EXPECT_EQ(a.retriers[1].backoff_rate, 2);
    EXPECT_EQ(a.catchers.at(0).next, *program.find("B"));
    EXPECT_FALSE(program.find("C").has_value());
}

TEST(Compiler, TakesThousandsOfStates) {
    constexpr int count = 20'000;
    std::string definition = R"({"StartAt":"S0","States":{)";
    for (int i = 0; i < count; ++i) {
        const std::string next = std::to_string(i + 1);
        definition +=
            "\"S" + std::to_string(i) + "\":{\"Type\":\"Pass\",\"Next\":\"S" + next + "\"},";
    }
    definition += "\"S" + std::to_string(count) + "\":{\"Type\":\"Succeed\"}}}";
    const auto compiled = Program::compile(definition);
    ASSERT_NE(compiled.program, nullptr);
    EXPECT_EQ(compiled.program->size(), count + 1u);
    EXPECT_EQ(compiled.program->find("S777")->value, 777u);
}

TEST(Compiler, KeepsTheStatesOfBranchesBehindThoseAroundThem) {
    const auto compiled = Program::compile(
        R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"M","Branches":[
        {"StartAt":"B","States":{"A":{"Type":"Succeed"},"B":{"Type":"Pass","Next":"A"}}},
        {"StartAt":"C","States":{"C":{"Type":"Succeed"}}}]},
        "M":{"Type":"Map","End":true,"Iterator":{"StartAt":"D","States":{"D":{"Type":"Fail"}}}}}})");
    ASSERT_NE(compiled.program, nullptr);
    const Program& program = *compiled.program;
    EXPECT_EQ(program.size(), 6u);
    const State& parallel = program.state(program.start_at());
    ASSERT_EQ(parallel.branches.size(), 2u);
    const State& b = program.state(parallel.branches[0]);
    EXPECT_EQ(b.name, "B");
    EXPECT_EQ(b.location, "/States/P/Branches[0]/States/B");
    EXPECT_EQ(program.state(b.next).name, "A");
    EXPECT_EQ(program.state(parallel.branches[1]).name, "C");
    const State& map = program.state(parallel.next);
    ASSERT_EQ(map.branches.size(), 1u);
    EXPECT_EQ(program.state(map.branches[0]).location, "/States/M/Iterator/States/D");
}

TEST(Compiler, ListsTheVariablesThatStatesReferTo) {
    const auto compiled = Program::compile(
        R"j({"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"Next":"B"},
        "B":{"Type":"Pass","Parameters":{"v.$":"States.MathAdd($x, States.MathAdd($w.a, $.n))"},"OutputPath":"$x","End":true
}
}
})j");
    ASSERT_NE(compiled.program, nullptr);
    const std::map<std::string, std::set<std::string>> expected{{"B", {"w", "x"}}};
    EXPECT_EQ(compiled.program->variable_references(), expected);
}

TEST(Validation, OfWhatIsNoDefinition) {
    EXPECT_EQ(problems(" "), schema("Definition must be a valid JSON object", ""));
    EXPECT_EQ(problems("[]"), schema("Definition must be a valid JSON object", ""));
    EXPECT_EQ(problems("not a definition"),
              "INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was expecting (JSON String, "
              "Number, Array, Object or token "
              "'null', 'true' or 'false')\n at [Source: (String)\"not a definition\"; line: 1, "
              "column: 4] at [Source: "
              "(String)\"not a definition\"; line: 1, column: 4]");
    EXPECT_TRUE(problems("{\n \"a\":1,}").ends_with("line: 2, column: 8]"));
    EXPECT_EQ(problems(R"({"StartAt":"S"})"), schema("These fields are required: [States]", "/"));
    EXPECT_EQ(problems(R"({"States":{"S":{"Type":"Pass","End":true}}})"),
              schema("These fields are required: [StartAt]", "/"));
    EXPECT_EQ(problems("{}"), schema("These fields are required: [StartAt, States]", "/"));
    EXPECT_EQ(problems(R"({"StartAt":"S","States":{}})"),
              schema("Value cannot be empty", "/States"));
    EXPECT_EQ(problems(R"({"StartAt":1,"States":{"S":{"Type":"Pass","End":true}}})"),
              schema("Expected value of type [STRING]", "/StartAt"));
    EXPECT_EQ(problems(R"({"StartAt":"S","States":{"S":1}})"),
              schema("Expected value of type [OBJECT]", "/States/S"));
    EXPECT_EQ(problems(R"({"startAt":"S","StartAt":"S","States":{"S":{"Type":"Succeed"}}})"),
              schema("Field 'startAt' is not supported", "/"));
}

TEST(Validation, OfTypesAndFields) {
    EXPECT_EQ(state_problems(R"("Type":"Job","End":true)"),
              schema("The field 'Type' should have one of these values: [Task, Wait, Pass, "
                     "Succeed, Fail, Choice, Parallel, Map]",
                     "/States/S/Type"));
    EXPECT_EQ(state_problems(R"("End":true)"),
              schema("These fields are required: [Type]", "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","End":true,"TimeoutSeconds":5)"),
              schema("Field 'TimeoutSeconds' is not supported", "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","End":true,"Nope":5)"),
              schema("Field 'Nope' is not supported", "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Pass")"),
              schema("This object should have only one of the following fields: [Next, End]",
                     "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","End":true,"Next":"S")"),
              schema("There should only be one of the following fields: [Next, End]", "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Task","End":true)"),
              schema("These fields are required: [Resource]", "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Task","Resource":"work","End":true)"),
              schema("Value is not a valid resource ARN", "/States/S/Resource"));
    EXPECT_EQ(state_problems(R"("Type":"Wait","End":true)"),
              schema("This object should have only one of the following fields: [SecondsPath, "
                     "Seconds, TimestampPath, Timestamp]",
                     "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Wait","Seconds":-1,"End":true)"),
              schema("Minimum value is 0", "/States/S/Seconds"));
    EXPECT_EQ(state_problems(R"("Type":"Wait","Seconds":"1","End":true)"),
              schema("Expected value of type Integer", "/States/S/Seconds"));
    EXPECT_EQ(state_problems(R"("Type":"Wait","Timestamp":"2016-12-05 21:29:29Z","End":true)"),
              schema("String does not match RFC3339 timestamp", "/States/S/Timestamp"));
    EXPECT_EQ(
        state_problems(
            R"("Type":"Task","Resource":"arn:aws:states:::sns:publish","TimeoutSeconds":0,"End":true)"),
        schema("Minimum value is 1", "/States/S/TimeoutSeconds"));
    EXPECT_EQ(state_problems(R"("Type":"Fail","Error":"a","ErrorPath":"$.a")"),
              schema("There should only be one of the following fields: [Error, ErrorPath]",
                     "/States/S"));
}

TEST(Validation, OfPathsAndTemplates) {
    EXPECT_EQ(state_problems(R"("Type":"Pass","InputPath":"a","End":true)"),
              schema("Value must be a valid JSONPath.", "/States/S/InputPath"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","ResultPath":"$.a[*]","End":true)"),
              schema("Value is not a Reference Path", "/States/S/ResultPath"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","ResultPath":"a","End":true)"),
              schema("Value is not a Reference Path: Reference path didn't start with '$'",
                     "/States/S/ResultPath"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","Parameters":{"a.$":"x","b":{"c.$":1}},"End":true)"),
              schema("The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic "
                     "function call",
                     "/States/S/Parameters") +
                  "\n" +
                  schema("The value for the field 'c.$' must be a valid JSONPath or a valid "
                         "intrinsic function call",
                         "/States/S/Parameters/b"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","Assign":{"states":1,"1x":2},"End":true)"),
              "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at "
              "/States/S/Assign/states\n"
              "INVALID_VARIABLE_NAME: Invalid variable name '1x': the variable name contains "
              "invalid characters. at /States/S/Assign/1x");
}

TEST(Validation, OfRetryAndCatch) {
    const auto of = [](const std::string& field) {
        return state_problems(
            R"("Type":"Task","Resource":"arn:aws:states:::sns:publish","End":true,)" + field);
    };
    EXPECT_EQ(of(R"("Retry":[])"), "");
    EXPECT_EQ(of(R"("Retry":[{}])"),
              schema("These fields are required: [ErrorEquals]", "/States/S/Retry[0]"));
    EXPECT_EQ(of(R"("Retry":[{"ErrorEquals":[]}])"),
              schema("Value cannot be empty", "/States/S/Retry[0]/ErrorEquals"));
    EXPECT_EQ(of(R"("Retry":[{"ErrorEquals":["States.ALL","A"]}])"),
              schema("States.ALL must appear alone and at end of list",
                     "/States/S/Retry[0]/ErrorEquals"));
    EXPECT_EQ(of(R"("Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["A"]}])"),
              schema("States.ALL must appear alone and at end of list",
                     "/States/S/Retry[0]/ErrorEquals"));
    EXPECT_EQ(of(R"("Retry":[{"ErrorEquals":["A"],"BackoffRate":0.5}])"),
              schema("Minimum value is 1.0", "/States/S/Retry[0]/BackoffRate"));
    EXPECT_EQ(of(R"("Retry":[{"ErrorEquals":["A"],"MaxAttempts":-1}])"),
              schema("Minimum value is 0", "/States/S/Retry[0]/MaxAttempts"));
    EXPECT_EQ(of(R"("Retry":[{"ErrorEquals":["A"],"JitterStrategy":"SOME"}])"),
              schema("Value should be one of the following: [NONE, FULL]",
                     "/States/S/Retry[0]/JitterStrategy"));
    EXPECT_EQ(of(R"("Catch":[{"ErrorEquals":["A"]}])"),
              schema("These fields are required: [Next]", "/States/S/Catch[0]"));
}

TEST(Validation, OfChoices) {
    const auto of = [](const std::string& rule) {
        return problems(R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[)" + rule +
                        R"(],"Default":"E"},"E":{"Type":"Succeed"}}})");
    };
    EXPECT_EQ(of(""), schema("Value cannot be empty", "/States/C/Choices"));
    EXPECT_EQ(of(R"({"Variable":"$.a","IsNull":true})"),
              schema("These fields are required: [Next]", "/States/C/Choices[0]"));
    EXPECT_EQ(of(R"({"Variable":"$.a","IsNull":true,"IsString":true,"Next":"E"})"),
              schema("There should only be one of the following fields: [IsNull, IsString]",
                     "/States/C/Choices[0]"));
    EXPECT_EQ(of(R"({"Next":"E"})"), schema("The object must have only one of the following "
                                            "fields, [And, Or, Not, Variable, Condition]",
                                            "/States/C/Choices[0]"));
    EXPECT_EQ(of(R"({"Not":{"Variable":"$.a","IsNull":true,"Next":"E"},"Next":"E"})"),
              schema("Field 'Next' is not supported", "/States/C/Choices[0]/Not"));
    EXPECT_EQ(of(R"({"Variable":"a","IsNull":true,"Next":"E"})"),
              schema("Value is not a Reference Path: Reference path didn't start with '$'",
                     "/States/C/Choices[0]/Variable"));
    EXPECT_EQ(of(R"({"Variable":"$.a","StringEquals":1,"Next":"E"})"),
              schema("Expected value of type [STRING]", "/States/C/Choices[0]/StringEquals"));
    EXPECT_EQ(
        of(R"({"Variable":"$.a","TimestampEquals":"now","Next":"E"})"),
        schema("String does not match RFC3339 timestamp", "/States/C/Choices[0]/TimestampEquals"));
}

TEST(Validation, OfTheGraph) {
    EXPECT_EQ(
        problems(
            R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"},"Unused":{"Type":"Pass","Next":"A"}}})"),
        "MISSING_END_STATE: Workflow has no terminal state at ");
    EXPECT_EQ(problems(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"NOPE"}}})"),
              "MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at "
              "/States/A/Next\nMISSING_END_STATE: Workflow has no terminal state at ");
    EXPECT_EQ(
        problems(
            R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"pass3"},"a/b":{"Type":"Pass","End":true}}})"),
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/A/Next\n"
        "MISSING_TRANSITION_TARGET: State \"a/b\" is not reachable. at /States/a/b");
    EXPECT_EQ(problems(R"({"StartAt":"Nope","States":{"A":{"Type":"Succeed"}}})"),
              "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at "
              "/StartAt\nMISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A");
    EXPECT_EQ(
        problems(
            R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"G"}],"Default":"H"},"Z":{"Type":"Task",
        "Resource":"arn:aws:states:::sns:publish","End":true,"Catch":[{"ErrorEquals":["A"],"Next":"I"}]}}})"),
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: G at /States/C/Choices[0]/Next\n"
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: H at /States/C/Default\n"
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: I at /States/Z/Catch[0]/Next\n"
        "MISSING_TRANSITION_TARGET: State \"Z\" is not reachable. at /States/Z");
}

TEST(Validation, OfQueryLanguages) {
    EXPECT_EQ(
        problems(
            R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}})"),
        schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
               "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Pass","Output":1,"End":true)"),
              schema("The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported "
                     "for the 'JSONata' QueryLanguage",
                     "/States/S"));
    EXPECT_EQ(
        problems(
            R"({"QueryLanguage":5,"StartAt":"S","States":{"S":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}})")
            .substr(0, 71),
        schema("Expected value of type [STRING]", "/QueryLanguage").substr(0, 71));
}

TEST(Validation, LooksIntoWhatADistributedMapRuns) {
    EXPECT_EQ(
        state_problems(
            R"("Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
            "StartAt":"A","States":{"A":{"Type":"Pass","End":true},"G":{"Type":"Pass","End":true}}})"),
        "MISSING_TRANSITION_TARGET: State \"G\" is not reachable. at "
        "/States/S/ItemProcessor/States/G");
}

TEST(Validation, OfDistributedMaps) {
    const auto map = [](const std::string& fields) {
        return state_problems(
            R"("Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
            "StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},)" +
            fields);
    };
    EXPECT_EQ(map(R"("Label":"l","ToleratedFailureCount":1,"ToleratedFailurePercentage":12.5,
                  "ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key.$":"$.k"},
                  "ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a"],"MaxItemsPath":"$.m"}},
                  "ItemBatcher":{"MaxItemsPerBatchPath":"$.n","MaxInputBytesPerBatch":5,"BatchInput":{"x.$":"$.x"}},
                  "ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix":"p"},
                  "WriterConfig":{"Transformation":"COMPACT","OutputType":"JSONL"}})"),
              "");
    EXPECT_EQ(map(R"("ToleratedFailureCount":1,"ToleratedFailureCountPath":"$.c")"),
              schema("There should only be one of the following fields: [ToleratedFailureCount, "
                     "ToleratedFailureCountPath]",
                     "/States/S"));
    EXPECT_EQ(map(R"("ToleratedFailurePercentage":101)"),
              schema("Maximum value is 100.0", "/States/S/ToleratedFailurePercentage"));
    EXPECT_EQ(map(R"("ToleratedFailurePercentage":-1)"),
              schema("Minimum value is 0.0", "/States/S/ToleratedFailurePercentage"));
    EXPECT_EQ(map(R"("ItemBatcher":{"MaxItemsPerBatch":-1})"),
              schema("Minimum value is 0", "/States/S/ItemBatcher/MaxItemsPerBatch"));
    EXPECT_EQ(map(R"("ToleratedFailureCountPath":"$$.Execution.Input.n")"),
              schema("Value is not a Reference Path", "/States/S/ToleratedFailureCountPath"));
    EXPECT_EQ(
        map(R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"MaxItems":100000001}})"),
        schema("Maximum value is 100000000", "/States/S/ItemReader/ReaderConfig/MaxItems"));
    EXPECT_EQ(map(R"("QueryLanguage":"JSONata","ItemBatcher":{"MaxItemsPerBatchPath":"$.n"})"),
              schema("The QueryLanguage is set to 'JSONata', but field 'MaxItemsPerBatchPath' is "
                     "only supported for the 'JSONPath' QueryLanguage",
                     "/States/S/ItemBatcher"));
    EXPECT_EQ(
        map(R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"XML"}})"),
        schema("Value should be one of the following: [JSON, JSONL, CSV, MANIFEST, PARQUET]",
               "/States/S/ItemReader/ReaderConfig/InputType"));
    EXPECT_EQ(map(R"("ItemReader":{})"),
              schema("These fields are required: [Resource]", "/States/S/ItemReader"));
}

TEST(Validation, AChildOfADistributedMapSharesNoVariables) {
    const auto machine = [](const std::string& mode) {
        return problems(
            R"({"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"x":1},"Next":"M"},
            "M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":")" +
            mode +
            R"("},"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":2},"End":true}}}}}})");
    };
    EXPECT_EQ(machine("DISTRIBUTED"), "");
    EXPECT_NE(machine("INLINE"), "");
}

TEST(Validation, OfParallelStates) {
    EXPECT_EQ(state_problems(R"("Type":"Parallel","End":true)"),
              schema("These fields are required: [Branches]", "/States/S"));
    EXPECT_EQ(state_problems(R"("Type":"Parallel","End":true,"Branches":[])"),
              schema("Value cannot be empty", "/States/S/Branches"));
    EXPECT_EQ(state_problems(R"("Type":"Parallel","End":true,"Branches":[7])"),
              schema("Expected value of type [OBJECT]", "/States/S/Branches[0]"));
    EXPECT_EQ(
        state_problems(
            R"("Type":"Parallel","End":true,"Branches":[{"States":{"A":{"Type":"Pass","End":true}}},
            {"StartAt":"B","States":{"B":{"Type":"Pass","Next":"S"},"G":{"Type":"Nope"}}}])"),
        schema("These fields are required: [StartAt]", "/States/S/Branches[0]") + "\n" +
            schema("The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, "
                   "Fail, Choice, Parallel, Map]",
                   "/States/S/Branches[1]/States/G/Type") +
            "\nMISSING_TRANSITION_TARGET: Missing 'Next' target: S at "
            "/States/S/Branches[1]/States/B/Next"
            "\nMISSING_TRANSITION_TARGET: State \"G\" is not reachable. at "
            "/States/S/Branches[1]/States/G");
    // A branch may go round for ever: only the whole has to end.
    EXPECT_EQ(
        state_problems(
            R"("Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}])"),
        "");
}

TEST(Validation, OfMapStates) {
    const std::string processor = R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})";
    const auto map = [&](const std::string& fields) {
        return state_problems(R"("Type":"Map","End":true,"ItemProcessor":)" + processor +
                              (fields.empty() ? "" : ",") + fields);
    };
    EXPECT_EQ(map(""), "");
    EXPECT_EQ(
        map(R"("MaxConcurrency":0,"ItemsPath":"$.a[0].b","ItemSelector":{"i.$":"$$.Map.Item.Index"})"),
        "");
    EXPECT_EQ(state_problems(R"("Type":"Map","End":true)"),
              schema("This object should have only one of the following fields: [ItemProcessor, "
                     "Iterator]",
                     "/States/S"));
    EXPECT_EQ(map(R"("Iterator":)" + processor),
              schema("There should only be one of the following fields: [ItemProcessor, Iterator]",
                     "/States/S"));
    EXPECT_EQ(map(R"("MaxConcurrency":-1)"),
              schema("Minimum value is 0", "/States/S/MaxConcurrency"));
    EXPECT_EQ(map(R"("MaxConcurrency":1,"MaxConcurrencyPath":"$.c")"),
              schema("There should only be one of the following fields: [MaxConcurrency, "
                     "MaxConcurrencyPath]",
                     "/States/S"));
    EXPECT_EQ(
        map(R"("ToleratedFailureCount":1)"),
        schema("Field 'ToleratedFailureCount' is only supported for Map states in DISTRIBUTED "
               "mode",
               "/States/S/ToleratedFailureCount"));
    EXPECT_EQ(map(R"("ItemsPath":"$.a[?(@.b == 1)]")"), "");  // AWS names it among Reference Paths
    EXPECT_EQ(map(R"("ItemsPath":"$.a[*].b")"), "");
    EXPECT_EQ(map(R"x("ItemsPath":"$.a.length()")x"),
              schema("Value is not a Reference Path", "/States/S/ItemsPath"));
    EXPECT_EQ(map(R"("ItemsPath":"a")"),
              schema("Value is not a Reference Path: Reference path didn't start with '$'",
                     "/States/S/ItemsPath"));
    EXPECT_EQ(map(R"("ItemSelector":{"x.$":"nope"})"),
              schema("The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic "
                     "function call",
                     "/States/S/ItemSelector"));
    EXPECT_EQ(state_problems(
                  R"("Type":"Map","End":true,"Iterator":{"ProcessorConfig":{"Mode":"OTHER"},)" +
                  processor.substr(1)),
              schema("Value should be one of the following: [INLINE, DISTRIBUTED]",
                     "/States/S/Iterator/ProcessorConfig/Mode"));
}

TEST(Validation, OfVariablesInInnerScopes) {
    const auto machine = [](const std::string& before, const std::string& inner,
                            const std::string& after) {
        return problems(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{")" + before +
                        R"(":0},"Next":"P"},"P":{"Type":"Parallel","Next":"Z","Branches":[
            {"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{")" +
                        inner + R"(":1},"End":true}}},
            {"StartAt":"J","States":{"J":{"Type":"Pass","Assign":{"mine.$":"$x"},"End":true}}}]},
            "Z":{"Type":"Pass","Assign":{")" +
                        after + R"(":2},"End":true}}})");
    };
    EXPECT_EQ(machine("x", "mine", "x"), "");
    EXPECT_EQ(machine("x", "later", "later"), "");
    EXPECT_EQ(machine("x", "x", "y"),
              "INVALID_VARIABLE_NAME: Cannot assign to variable 'x': it belongs to an outer scope. "
              "at /States/P/Branches[0]/States/I/Assign/x");
}

TEST(Validation, ReportsEverythingAtOnce) {
    const std::string all = problems(
        R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":-1,"Next":"B"},"B":{"Type":"Nope"},"C":{"Type":"Succeed"}}})");
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2) << all;
}

}  // namespace
}  // namespace stepwell::asl
