#include "asl/evaluate.hpp"

#include <gtest/gtest.h>

#include "machine.hpp"

namespace stepwell::asl {
namespace {

using testing::OneState;

const std::string in_s =
    "An error occurred while executing the state 'S' (entered at the event id #2). ";

TEST(Pass, GivesItsInputOnAsTheSameBytes) {
    const OneState state{R"("Type":"Pass","End":true)", R"({ "a" : 1.0 })"};
    const auto output = state_output(state.scope());
    ASSERT_TRUE(output.has_value());
    EXPECT_TRUE(output->output.is_same_as(state.input()));
    EXPECT_TRUE(output->variables.is_absent());
    EXPECT_TRUE(output->assigned_variables.is_absent());
}

TEST(Pass, ShapesItsInput) {
    EXPECT_EQ(OneState(R"("Type":"Pass","Result":{"x":1},"End":true)").output(), R"({"x":1})");
    EXPECT_EQ(
        OneState(R"("Type":"Pass","InputPath":"$.a","End":true)", R"({"a":{"b":2}})").output(),
        R"({"b":2})");
    EXPECT_EQ(OneState(R"("Type":"Pass","InputPath":null,"End":true)", R"({"a":1})").output(),
              "{}");
    EXPECT_EQ(OneState(R"("Type":"Pass","OutputPath":null,"End":true)", R"({"a":1})").output(),
              "{}");
    EXPECT_EQ(
        OneState(R"("Type":"Pass","ResultPath":null,"Result":1,"End":true)", R"({"a":1})").output(),
        R"({"a":1})");
    EXPECT_EQ(
        OneState(R"("Type":"Pass","Result":7,"ResultPath":"$.r.s","OutputPath":"$.r","End":true)",
                 R"({"a":1})")
            .output(),
        R"({"s":7})");
    EXPECT_EQ(
        OneState(R"("Type":"Pass","InputPath":"$.a[*].b","End":true)", R"({"a":[{"b":1},{"b":2}]})")
            .output(),
        "[1,2]");
}

TEST(Templates, FillInPathsAndCallsAndKeepTheRest) {
    EXPECT_EQ(
        OneState(
            R"j("Type":"Pass","Parameters":{"k":"$.a","a.$":"$.a","n":{"x.$":"$$.State.Name"},"l":[{"y.$":"$.b[0]"},1.50],"u.$":"States.MathAdd(1,2)"},"End":true)j",
            R"({"a":{"deep":[1, 2]},"b":[true]})")
            .output(),
        R"({"k":"$.a","a":{"deep":[1, 2]},"n":{"x":"S"},"l":[{"y":true},1.50],"u":3})");
}

TEST(Templates, ThatAreConstantGiveTheSameBytesEachTime) {
    const OneState state{
        R"("Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"a":[1]},"End":true)"};
    EXPECT_TRUE(effective_input(state.scope())->is_same_as(*effective_input(state.scope())));
}

TEST(Templates, NameWhatTheyDoNotFind) {
    EXPECT_EQ(
        OneState(R"("Type":"Pass","Parameters":{"x":{"v.$":"$.a.b"}},"End":true)",
                 R"({ "c" : "d e" })")
            .output(),
        "States.Runtime: " + in_s +
            R"(The JSONPath '$.a.b' specified for the field 'v.$' could not be found in the input '{"c":"d e"}')");
}

TEST(Templates, LargerThanAnyPayloadFail) {
    std::string big = R"({"s":")";
    big.append(200'000, 'x').append("\"}");
    EXPECT_TRUE(OneState(R"("Type":"Pass","Parameters":{"a.$":"$.s","b.$":"$.s"},"End":true)", big)
                    .output()
                    .starts_with("States.DataLimitExceeded: The state/task 'S' returned a result "
                                 "with a size exceeding"));
}

TEST(Paths, ThatLeadNowhereFailTheState) {
    EXPECT_EQ(OneState(R"("Type":"Pass","OutputPath":"$.No","End":true)", "{}").output(),
              "States.Runtime: " + in_s + "Invalid path '$.No' : No results for path: $['No']");
    EXPECT_EQ(
        OneState(R"("Type":"Wait","Seconds":0,"InputPath":"$.a.b","End":true)", "{}").output(),
        "States.Runtime: " + in_s + "Invalid path '$.a.b' : Missing property in path $['a']");
}

TEST(ContextObject, ShowsWhatAwsShows) {
    EXPECT_EQ(
        OneState(R"("Type":"Pass","Parameters":{"c.$":"$$"},"End":true)", R"({"i":1})").output(),
        R"({"c":{"Execution":{"Id":"arn:aws:states:us-east-1:000000000000:execution:m:e","Input":{"i":1},)"
        R"("StartTime":"2023-11-14T22:13:20.123Z","Name":"e","RoleArn":"arn:aws:iam::000000000000:role/r","RedriveCount":0},)"
        R"("StateMachine":{"Id":"arn:aws:states:us-east-1:000000000000:stateMachine:m","Name":"m"},)"
        R"("State":{"Name":"S","EnteredTime":"2023-11-14T22:13:21.456Z"}}})");
}

TEST(ContextObject, OfAnExpressExecutionCountsNoRedrives) {
    OneState standard(R"("Type":"Pass","Parameters":{"c.$":"$$.Execution"},"End":true)", "{}");
    EXPECT_NE(standard.output().find("RedriveCount"), std::string::npos);
    EXPECT_EQ(standard.of_express().output().find("RedriveCount"), std::string::npos);
}

TEST(ContextObject, GivesTheSameFieldWholeOrAlone) {
    for (const std::string_view path :
         {"$$.Execution.Id", "$$.Execution.Input", "$$.Execution.Name", "$$.Execution.RoleArn",
          "$$.Execution.StartTime", "$$.State.EnteredTime", "$$.State.Name", "$$.StateMachine.Id",
          "$$.StateMachine.Name"}) {
        // a slice is looked up in the whole object
        const std::string through_the_object =
            "States.ArrayGetItem($$" + std::string{path.substr(2, path.rfind('.') - 2)} + "['" +
            std::string{path.substr(path.rfind('.') + 1)} + "','none'], 0)";
        EXPECT_EQ(testing::value_of(path, R"({"i":1})"),
                  testing::value_of(through_the_object, R"({"i":1})"));
    }
}

TEST(ContextObject, HasATokenOnlyWhileATaskWaitsForIt) {
    OneState state{
        R"("Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",)"
        R"("Parameters":{"t.$":"$$.Task.Token","all.$":"$$.State.RetryCount"},"End":true)"};
    EXPECT_TRUE(state.sent().starts_with(
        "States.Runtime: " + in_s + "The JSONPath '$$.Task.Token' specified for the field 't.$'"));
    EXPECT_EQ(state.with_token("TOKEN").sent(), R"({"t":"TOKEN","all":0})");
}

TEST(Task, ShapesItsResult) {
    const OneState state{
        R"("Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"q.$":"$.q"},)"
        R"("ResultSelector":{"id.$":"$.MessageId"},"ResultPath":"$.sent","End":true)",
        R"({"q":"url"})"};
    EXPECT_EQ(state.sent(), R"({"q":"url"})");
    EXPECT_EQ(state.output_of(R"({"MessageId":"m-1","x":2})"),
              R"({"q":"url","sent":{"id":"m-1"}})");
    EXPECT_EQ(OneState(R"("Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true)")
                  .output_of("[1]"),
              "[1]");
}

TEST(ResultPath, WritesIntoTheInput) {
    const auto placed = [](std::string_view path, std::string_view input) {
        return OneState(R"("Type":"Pass","Result":0,"ResultPath":")" + std::string{path} +
                            R"(","End":true)",
                        input)
            .output();
    };
    EXPECT_EQ(placed("$", R"({"a":1})"), "0");
    EXPECT_EQ(placed("$.b", R"({"a": 1.0})"), R"({"a":1.0,"b":0})");
    EXPECT_EQ(placed("$.a", R"({"a":1,"b":2})"), R"({"a":0,"b":2})");
    EXPECT_EQ(placed("$.a.b.c", R"({"x":1})"), R"({"x":1,"a":{"b":{"c":0}}})");
    EXPECT_EQ(placed("$.a[1].b", R"({"a":[1,{"b":2,"c":3}]})"), R"({"a":[1,{"b":0,"c":3}]})");
    EXPECT_EQ(placed("$['odd key']", "{}"), R"({"odd key":0})");
}

TEST(ResultPath, ThatDoesNotFitTheInputFails) {
    const auto placed = [](std::string_view path, std::string_view input) {
        return OneState(R"("Type":"Pass","Result":0,"ResultPath":")" + std::string{path} +
                            R"(","End":true)",
                        input)
            .output();
    };
    EXPECT_EQ(placed("$.a", "[1]"), "States.ResultPathMatchFailure: " + in_s +
                                        R"(Unable to apply step "a" to input [1])");
    EXPECT_EQ(placed("$.a[3]", R"({"a":[1]})"), "States.ResultPathMatchFailure: " + in_s +
                                                    R"(Unable to apply step "3" to input [1])");
    EXPECT_TRUE(placed("$.a.b", R"({"a":"text"})").starts_with("States.ResultPathMatchFailure: "));
}

TEST(Assign, SeesTheResultAndTheOldVariables) {
    OneState state{
        R"("Type":"Pass","Result":{"answer":42},"Assign":{"x.$":"$.answer","y":{"z.$":"$x"}},"OutputPath":"$x","End":true)"};
    const auto output = state_output(state.with_variables(R"({"x":1,"w":[2]})").scope());
    ASSERT_TRUE(output.has_value());
    EXPECT_EQ(output->variables.text(), R"({"w":[2],"x":42,"y":{"z":1}})");
    EXPECT_EQ(output->assigned_variables.text(), R"({"x":"42","y":"{\"z\":1}"})");
    EXPECT_EQ(output->output.text(), "1");
}

TEST(Assign, IsAnsweredFromTheStateWhereNothingIsAssigned) {
    OneState state{R"("Type":"Pass","Parameters":{"v.$":"$x.a[1]"},"End":true)"};
    EXPECT_EQ(state.with_variables(R"({"x":{"a":[1,"two"]}})").output(), R"({"v":"two"})");
    EXPECT_TRUE(OneState(R"("Type":"Pass","Parameters":{"v.$":"$x"},"End":true)")
                    .output()
                    .starts_with("States.Runtime: "));
}

TEST(Wait, EndsWhenItSays) {
    const TimePoint now{milliseconds{1'700'000'000'500}};
    const auto ends = [&](std::string_view fields, std::string_view input) -> std::string {
        const OneState state{R"("Type":"Wait",)" + std::string{fields} + R"(,"End":true)", input};
        const auto end = wait_until(state.scope(), now);
        return end ? std::to_string((*end - now).count()) : OneState::shown(end.error());
    };
    EXPECT_EQ(ends(R"("Seconds":10)", "{}"), "10000");
    EXPECT_EQ(ends(R"("SecondsPath":"$.s")", R"({"s":3})"), "3000");
    EXPECT_EQ(ends(R"("Timestamp":"2023-11-14T22:13:21Z")", "{}"), "500");
    EXPECT_EQ(ends(R"("TimestampPath":"$.t")", R"({"t":"2000-01-01T00:00:00Z"})"), "0");
    EXPECT_EQ(ends(R"("SecondsPath":"$.s")", R"({"s":-1.5})"),
              "States.Runtime: " + in_s +
                  "The SecondsPath parameter cannot be parsed as a long value: $.s == -1.5");
    EXPECT_EQ(ends(R"("SecondsPath":"$.s")", R"({"s":"5"})"),
              "States.Runtime: " + in_s +
                  "The SecondsPath parameter cannot be parsed as a long value: $.s == 5");
    EXPECT_EQ(ends(R"("TimestampPath":"$.t")", R"({"t":"05-12-2016T21:29:29Z"})"),
              "States.Runtime: " + in_s +
                  "The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
                  "date-time format string: "
                  "$.t == 05-12-2016T21:29:29Z");
    EXPECT_EQ(ends(R"("SecondsPath":"$.s")", R"({"s":2147483648})"),
              "States.Runtime: " + in_s + "Wait state delay is too long.");
    EXPECT_EQ(ends(R"("SecondsPath":"$.s")", R"({"s":9223372036854775807})"),
              "States.Runtime: " + in_s + "Wait state delay is too long.");
    EXPECT_EQ(ends(R"("TimestampPath":"$.t")", R"({"t":"9999-12-31T23:59:59Z"})"),
              "States.Runtime: " + in_s + "Wait state delay is too long.");
}

TEST(Task, HasTheTimesOfItsFields) {
    const auto fixed = task_times(
        OneState(
            R"("Type":"Task","Resource":"arn:aws:states:::sns:publish","TimeoutSeconds":60,"HeartbeatSeconds":5,"End":true)")
            .scope());
    EXPECT_EQ(fixed->timeout_seconds, 60);
    EXPECT_EQ(fixed->heartbeat_seconds, 5);
    const OneState paths{
        R"("Type":"Task","Resource":"arn:aws:states:::sns:publish","TimeoutSecondsPath":"$.t","HeartbeatSecondsPath":"$.h","End":true)",
        R"({"t":7,"h":3})"};
    EXPECT_EQ(task_times(paths.scope())->timeout_seconds, 7);
    EXPECT_EQ(task_times(paths.scope())->heartbeat_seconds, 3);
    const OneState missing{
        R"("Type":"Task","Resource":"arn:aws:states:::sns:publish","TimeoutSecondsPath":"$.t","End":true)"};
    EXPECT_EQ(OneState::shown(task_times(missing.scope()).error()),
              "States.Runtime: " + in_s + "Invalid path '$.t' : No results for path: $['t']");
}

TEST(Fail, NamesErrorAndCause) {
    const auto texts = [](std::string_view fields, std::string_view input) {
        return fail_texts(OneState(R"("Type":"Fail",)" + std::string{fields}, input).scope());
    };
    EXPECT_EQ(texts(R"("Error":"E","Cause":"C")", "{}")->error, "E");
    EXPECT_FALSE(texts(R"("Error":"E")", "{}")->cause.has_value());
    EXPECT_EQ(texts(R"j("ErrorPath":"$.e","CausePath":"States.Format('because {}', $.c)")j",
                    R"({"e":"E\n","c":1})")
                  ->error,
              "E\n");
    EXPECT_EQ(texts(R"j("ErrorPath":"$.e","CausePath":"States.Format('because {}', $.c)")j",
                    R"({"e":"E","c":1})")
                  ->cause,
              "because 1");
    EXPECT_EQ(
        OneState::shown(texts(R"("ErrorPath":"$.X")", R"({"e":"E"})").error()),
        "States.Runtime: " + in_s +
            R"(The JSONPath '$.X' specified for the field 'ErrorPath' could not be found in the input '{"e":"E"}')");
}

TEST(Catch, GivesTheErrorToTheNextState) {
    const auto state = OneState::in(
        R"({"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","End":true,"Catch":[
        {"ErrorEquals":["A"],"Next":"N"},{"ErrorEquals":["B"],"Next":"N","ResultPath":"$.error","Assign":{"e.$":"$.Error"}}]},"N":{"Type":"Succeed"}}})",
        R"({"i":1})");
    EXPECT_EQ(OneState::shown(catcher_output(state.scope(), 0, "A", "why\"")),
              R"({"Error":"A","Cause":"why\""})");
    const auto second = catcher_output(state.scope(), 1, "B", "c");
    EXPECT_EQ(second->output.text(), R"({"i":1,"error":{"Error":"B","Cause":"c"}})");
    EXPECT_EQ(second->variables.text(), R"({"e":"B"})");
}

// What was on the way from input to output, "-" where a step was not taken.
std::string traced(const OneState& state, std::string_view result = "") {
    Trace trace;
    Scope scope = state.scope();
    scope.trace = &trace;
    if (scope.state.type == StateType::task) {
        EXPECT_TRUE(effective_input(scope).has_value());
        EXPECT_TRUE(state_output(scope, *Payload::parse(result)).has_value());
    } else if (scope.state.type == StateType::choice) {
        EXPECT_TRUE(choose(scope).has_value());
    } else {
        EXPECT_TRUE(state_output(scope).has_value());
    }
    std::string steps;
    for (const Payload& step : {trace.after_input_path, trace.after_parameters, trace.result,
                                trace.after_result_selector, trace.after_result_path}) {
        steps.append(steps.empty() ? "" : " ").append(step.is_absent() ? "-" : step.text());
    }
    return steps;
}

TEST(Trace, HasEachStepOfATask) {
    EXPECT_EQ(traced(OneState(R"("Type":"Task","Resource":"arn:aws:states:::sns:publish",)"
                              R"("InputPath":"$.a","Parameters":{"p.$":"$"},"ResultSelector":)"
                              R"({"s.$":"$.r"},"ResultPath":"$.x","End":true)",
                              R"({"a":1})"),
                     R"({"r":2})"),
              R"(1 {"p":1} - {"s":2} {"a":1,"x":{"s":2}})");
}

TEST(Trace, OfAPassWithAResultHasNoInputProcessing) {
    EXPECT_EQ(traced(OneState(R"("Type":"Pass","Parameters":{"p":1},"End":true)")),
              R"({} {"p":1} - {"p":1} {"p":1})");
    EXPECT_EQ(traced(OneState(R"("Type":"Pass","Parameters":{"p":1},"Result":7,"End":true)")),
              "- - 7 7 7");
}

TEST(Trace, OfStatesWithoutAResultEndsWithInputPath) {
    EXPECT_EQ(traced(OneState(R"("Type":"Succeed","InputPath":"$.a")", R"({"a":1})")), "1 - - - -");
    EXPECT_EQ(traced(OneState::in(R"({"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[)"
                                  R"({"Variable":"$.a","IsPresent":true,"Next":"S2"}]},)"
                                  R"("S2":{"Type":"Succeed"}}})",
                                  R"({"a":1})")),
              R"({"a":1} - - - -)");
}

TEST(ContextObject, MayBeGivenAsAWhole) {
    const OneState state(
        R"("Type":"Pass","Parameters":{"all.$":"$$","name.$":"$$.Execution.Name"},)"
        R"("End":true)");
    const Payload given = *Payload::parse(R"({"Execution":{"Name":"mine"}})");
    ContextObject context = state.scope().context;
    context.given = &given;
    const Scope own = state.scope();
    const Scope scope{own.state, own.input, context, own.variables, 2};
    EXPECT_EQ(OneState::shown(state_output(scope)),
              R"({"all":{"Execution":{"Name":"mine"}},"name":"mine"})");
}

}  // namespace
}  // namespace stepwell::asl
