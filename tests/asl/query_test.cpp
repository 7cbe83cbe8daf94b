// JSONata states: what their fields may say, what they see, and what becomes of it.
#include <gtest/gtest.h>

#include "asl/evaluate.hpp"
#include "asl/query.hpp"
#include "machine.hpp"

namespace stepwell::asl {
namespace {

const std::string query_error_in_s =
    "States.QueryEvaluationError: An error occurred while executing the state 'S' (entered at the "
    "event id #2). ";

// A JSONata state "S" with the fields.
class JsonataState : public testing::OneState {
 public:
    explicit JsonataState(std::string_view fields, std::string_view input = "{}")
        : OneState(R"("QueryLanguage":"JSONata",)" + std::string{fields}, input) {}
};

std::string pass(std::string_view fields, std::string_view input = "{}") {
    return JsonataState(R"("Type":"Pass","End":true,)" + std::string{fields}, input).output();
}

std::string task(std::string_view fields) {
    return R"("Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true,)" +
           std::string{fields};
}

TEST(JsonataState, GivesItsInputOnWithoutOutput) {
    const JsonataState state{R"("Type":"Pass","End":true)", R"({ "a" : 1.0 })"};
    EXPECT_TRUE(state_output(state.scope())->output.is_same_as(state.input()));
}

TEST(JsonataState, EvaluatesExpressionsAnywhereInAField) {
    EXPECT_EQ(pass(R"("Output":"{% $states.input.a + 1 %}")", R"({"a":1})"), "2");
    EXPECT_EQ(pass(R"("Output":{"x":[1,"{% $states.input.a %}",{"y":"{% 'z' %}"}],"n":null})",
                   R"({"a":[1, 2.50]})"),
              R"({"x":[1,[1,2.50],{"y":"z"}],"n":null})");
    EXPECT_EQ(pass(R"("Output":"{% $states %}")", "1").substr(0, 35),
              R"({"input":1,"context":{"Execution":{)");
}

TEST(JsonataState, TakesOtherTextsAsTheyAre) {
    EXPECT_EQ(pass(R"("Output":[" {% states.input %} ","$states.input","$.a","a {%%} b"])"),
              R"([" {% states.input %} ","$states.input","$.a","a {%%} b"])");
    EXPECT_EQ(pass(R"("Output":{"a.$":"$"})"), R"({"a.$":"$"})");
}

TEST(JsonataState, SeesVariablesAndContext) {
    JsonataState state{
        R"("Type":"Pass","End":true,"Output":"{% $who & $states.context.State.Name & $sum($n) %}")"};
    EXPECT_EQ(state.with_variables(R"({"who":"I","n":[1,2]})").output(), R"("IS3")");
}

TEST(JsonataState, AssignsAllAtOnce) {
    JsonataState state{
        R"("Type":"Pass","End":true,"Assign":{"a":"{% $b %}","b":"{% $a %}"},"Output":"{% $a %}")"};
    const auto output = state_output(state.with_variables(R"({"a":1,"b":2,"c":3})").scope());
    ASSERT_TRUE(output.has_value());
    EXPECT_EQ(output->output.text(), "1");
    EXPECT_EQ(output->variables.text(), R"({"c":3,"a":2,"b":1})");
    EXPECT_EQ(output->assigned_variables.text(), R"({"a":"2","b":"1"})");
}

TEST(JsonataState, SeesTheResultInOutputAndAssign) {
    const JsonataState state{
        task(R"("Assign":{"r":"{% $states.result.a %}"},"Output":"{% $states.result %}")")};
    EXPECT_EQ(state.output_of(R"({"a":1})"), R"({"a":1})");
    EXPECT_EQ(JsonataState{task(R"("Comment":"")")}.output_of(R"({ "a" : 1 })"), R"({ "a" : 1 })");
}

TEST(JsonataState, SendsItsArguments) {
    EXPECT_EQ(
        JsonataState(task(R"("Arguments":{"m":"{% $states.input.a %}"})"), R"({"a":1})").sent(),
        R"({"m":1})");
    EXPECT_EQ(JsonataState(task(R"("Comment":"")"), R"({"a":1})").sent(), R"({"a":1})");
}

TEST(JsonataState, FailsWhereAnExpressionDoes) {
    EXPECT_EQ(pass(R"("Output":{"result":"{% $nope %}"})"),
              query_error_in_s +
                  "The JSONata expression '$nope' specified for the field 'Output/result' returned "
                  "nothing (undefined).");
    EXPECT_EQ(pass(R"("Output":["{% $f := function($x){$x} %}"])"),
              query_error_in_s +
                  "The JSONata expression '$f := function($x){$x}' specified for the field "
                  "'Output[0]' returned an unsupported result type.");
    EXPECT_EQ(
        pass(R"("Output":"{% 1 + 'a' %}")"),
        query_error_in_s +
            "The JSONata expression '1 + 'a'' specified for the field 'Output' threw an error "
            "during evaluation. T2002: The right side of the \"+\" operator must evaluate to a "
            "number");
}

TEST(JsonataState, NamesTheFieldThatFailed) {
    const JsonataState state{task(R"("Arguments":{"A":[1,"{% $nope %}"]})")};
    const auto sent = effective_input(state.scope());
    ASSERT_FALSE(sent.has_value());
    EXPECT_TRUE(sent.error().is_of_query());
    EXPECT_EQ(sent.error().location, "Arguments/A[1]");
}

TEST(JsonataState, HasShortLocationsWhateverItsKeys) {
    const JsonataState state{
        task(R"("Arguments":{")" + std::string(1000, 'k') + R"(":["{% $nope %}"]})")};
    const auto sent = effective_input(state.scope());
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().location, "Arguments/" + std::string(246, 'k'));
}

TEST(JsonataState, OfAHostileExpressionIsStopped) {
    const std::string endless = R"("Output":"{% ($f := function(){$f()}; $f()) %}")";
    EXPECT_NE(pass(endless).find("threw an error during evaluation. U1001"), std::string::npos);
    // All expressions of a state share its steps.
    std::string many = R"("Output":[0)";
    for (int i = 0; i < 1000; ++i) many += R"(,"{% $sum([1..20000]) %}")";
    EXPECT_NE(pass(many + "]").find("U1001"), std::string::npos);
}

TEST(JsonataChoice, GoesWhereTheFirstTrueConditionSays) {
    const std::string definition =
        R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Choice","Output":"other","Choices":[
        {"Condition":"{% $states.input.n > 5 %}","Next":"B","Output":{"n":"{% $states.input.n %}"}},
        {"Condition":false,"Next":"C"}],"Default":"C"},"B":{"Type":"Succeed"},"C":{"Type":"Succeed"}}})";
    const auto chosen = [&](std::string_view input) {
        const auto state = testing::OneState::in(definition, input);
        const auto result = choose(state.scope());
        return result ? state.program().state(result->next).name + " " +
                            std::string{result->output.output.text()}
                      : testing::OneState::shown(result.error());
    };
    EXPECT_EQ(chosen(R"({"n":6})"), R"(B {"n":6})");
    EXPECT_EQ(chosen(R"({"n":5})"), R"(C "other")");
    EXPECT_EQ(chosen(R"({"n":"x"})").substr(0, 28), "States.QueryEvaluationError:");
}

TEST(JsonataChoice, NeedsABoolean) {
    const auto state = testing::OneState::in(
        R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Choice","Choices":[
        {"Condition":"{% 1 %}","Next":"B"}]},"B":{"Type":"Succeed"}}})",
        "{}");
    EXPECT_EQ(testing::OneState::shown(choose(state.scope()).error()),
              query_error_in_s +
                  "The JSONata expression '1' specified for the field 'Choices[0]/Condition' "
                  "returned an unexpected result type. Expected 'boolean', but was 'number' for "
                  "value: 1");
}

std::string waits_for(std::string_view field) {
    const JsonataState state{R"("Type":"Wait","End":true,)" + std::string{field}};
    const auto until = wait_until(state.scope(), TimePoint{});
    return until ? std::to_string(until->time_since_epoch().count())
                 : testing::OneState::shown(until.error());
}

TEST(JsonataWait, TakesSecondsOrATime) {
    EXPECT_EQ(waits_for(R"("Seconds":3)"), "3000");
    EXPECT_EQ(waits_for(R"("Seconds":"{% 1 + 1 %}")"), "2000");
    EXPECT_EQ(waits_for(R"("Timestamp":"{% '1970-01-01T00:00:00.001Z' %}")"), "1");
}

TEST(JsonataWait, RefusesWhatIsNoTime) {
    EXPECT_EQ(waits_for(R"("Seconds":"{% 'a' %}")"),
              query_error_in_s +
                  "The JSONata expression ''a'' specified for the field 'Seconds' returned an "
                  "unexpected result type. Expected 'number', but was 'string' for value: \"a\"");
    EXPECT_EQ(waits_for(R"("Seconds":"{% 1.5 %}")"),
              query_error_in_s + "The Seconds field cannot be parsed as an integer: 1.5");
    EXPECT_EQ(waits_for(R"("Timestamp":"{% '2016-12-05 21:29:29Z' %}")"),
              query_error_in_s +
                  "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time "
                  "format string: 2016-12-05 21:29:29Z");
}

TEST(JsonataTask, HasTimesFromExpressions) {
    const JsonataState state{task(R"("TimeoutSeconds":"{% $t := 9 %}","HeartbeatSeconds":3)")};
    const auto times = task_times(state.scope());
    ASSERT_TRUE(times.has_value());
    EXPECT_EQ(times->timeout_seconds, 9);
    EXPECT_EQ(times->heartbeat_seconds, 3);
}

TEST(JsonataFail, HasTextsFromExpressions) {
    const JsonataState state{R"("Type":"Fail","Error":"E","Cause":"{% 'a' & 'b' %}")"};
    EXPECT_EQ(fail_texts(state.scope())->error, "E");
    EXPECT_EQ(fail_texts(state.scope())->cause, "ab");
}

TEST(JsonataCatcher, SeesTheError) {
    const std::string fields = task(
        R"("Catch":[{"ErrorEquals":["A"],"Next":"S","Output":"{% $states.errorOutput.Cause %}"},
        {"ErrorEquals":["B"],"Next":"S"}])");
    const JsonataState state{fields};
    EXPECT_EQ(catcher_output(state.scope(), 0, "A", "why")->output.text(), R"("why")");
    EXPECT_EQ(catcher_output(state.scope(), 1, "B", "why")->output.text(),
              R"({"Error":"B","Cause":"why"})");
}

std::string items_of(std::string_view fields, std::string_view input = "{}") {
    const JsonataState state{
        R"("Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","QueryLanguage":"JSONata","End":true}}})" +
            std::string{fields},
        input};
    const auto items = map_items(state.scope());
    return items ? std::string{items->array().raw()} + " at " + std::to_string(items->concurrency)
                 : testing::OneState::shown(items.error());
}

TEST(JsonataMap, RunsOverItemsOrItsInput) {
    EXPECT_EQ(items_of("", "[1,2]"), "[1,2] at 0");
    EXPECT_EQ(items_of(R"(,"Items":[1,"{% 1 + 1 %}"],"MaxConcurrency":"{% 3 %}")"), "[1,2] at 3");
    EXPECT_EQ(items_of(R"(,"Items":"{% [1..3] %}","MaxConcurrency":4)"), "[1,2,3] at 4");
}

TEST(JsonataMap, NeedsAnArray) {
    EXPECT_EQ(items_of("", "true"),
              query_error_in_s + "Map state input must be an array but was: true");
    EXPECT_EQ(items_of(R"(,"Items":"{% $states.input %}")", R"({"foo": "bar"})"),
              query_error_in_s +
                  "The JSONata expression '$states.input' specified for the field 'Items' returned "
                  "an unexpected result type. Expected 'array', but was 'object' for value: "
                  R"({"foo":"bar"})");
}

TEST(JsonataMap, ShapesItsItems) {
    const JsonataState state{
        R"("Type":"Map","End":true,"ItemSelector":{"i":"{% $states.context.Map.Item.Index %}"},
        "ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})"};
    const Scope scope = state.scope();
    ContextObject context = scope.context;
    const Payload item = Payload::trusted("7");
    context.map_item_index = 5;
    context.map_item_value = &item;
    const auto input = iteration_input(
        {scope.state, scope.input, context, scope.variables, scope.entered_event_id});
    EXPECT_EQ(input->text(), R"({"i":5})");
}

// ---- what the compiler refuses
// --------------------------------------------------------------------

std::string problems_of_fields(std::string_view fields) {
    std::string text;
    const std::string definition =
        R"({"StartAt":"S","States":{"S":{"QueryLanguage":"JSONata",)" + std::string{fields} + "}}}";
    for (const Diagnostic& problem : Program::compile(definition).diagnostics)
        text += (text.empty() ? "" : "\n") + problem.message + " at " + problem.location;
    return text;
}

TEST(JsonataValidation, RefusesFieldsOfTheOtherLanguage) {
    for (const std::string field :
         {"InputPath", "OutputPath", "Parameters", "ResultPath", "Result"}) {
        EXPECT_EQ(problems_of_fields(R"("Type":"Pass","End":true,")" + field + R"(":"$")"),
                  "The QueryLanguage is set to 'JSONata', but field '" + field +
                      "' is only supported for the 'JSONPath' QueryLanguage at /States/S");
    }
}

TEST(JsonataValidation, RefusesWhatIsNoExpression) {
    EXPECT_EQ(problems_of_fields(R"("Type":"Pass","End":true,"Output":{"a":["{% 1 + %}"]})")
                  .substr(0, 55),
              "The value must be a valid JSONata expression: S0207: Un");
    EXPECT_NE(problems_of_fields(R"("Type":"Pass","End":true,"Output":{"a":["{% 1 + %}"]})")
                  .find(" at /States/S/Output/a[0]"),
              std::string::npos);
}

TEST(JsonataValidation, RefusesHalfAnExpression) {
    for (const std::string half : {"{% 1", "1 %}", "{%}"}) {
        EXPECT_EQ(
            problems_of_fields(R"("Type":"Pass","End":true,"Output":")" + half + "\""),
            "A JSONata expression must start with '{%' and end with '%}' at /States/S/Output");
    }
}

TEST(JsonataValidation, RefusesWhatAFieldCannotSee) {
    EXPECT_EQ(problems_of_fields(R"("Type":"Pass","End":true,"Output":"{% $states.result %}")"),
              "'$states.result' is not available in this field at /States/S/Output");
    EXPECT_EQ(problems_of_fields(task(R"("Arguments":"{% $states.errorOutput %}")")),
              "'$states.errorOutput' is not available in this field at /States/S/Arguments");
    EXPECT_NE(problems_of_fields(R"("Type":"Pass","End":true,"Output":"{% $ %}")"), "");
    EXPECT_EQ(problems_of_fields(R"("Type":"Pass","End":true,"Output":"{% [1..3].($ + 1) %}")"),
              "");
}

TEST(JsonataValidation, ChecksLiteralsAsBefore) {
    EXPECT_EQ(problems_of_fields(R"("Type":"Wait","End":true,"Seconds":"3")"),
              "Expected value of type Integer at /States/S/Seconds");
    EXPECT_EQ(problems_of_fields(R"("Type":"Wait","End":true,"Timestamp":"3")"),
              "String does not match RFC3339 timestamp at /States/S/Timestamp");
    EXPECT_EQ(problems_of_fields(R"("Type":"Pass","End":true,"Assign":{"states":1})"),
              "Cannot assign to reserved variable '$states'. at /States/S/Assign/states");
}

TEST(JsonataValidation, KnowsWhichVariablesAStateRefersTo) {
    const JsonataState state{
        R"("Type":"Pass","End":true,"Output":"{% $sum($b) + $a.x + ($c := 1) %}")"};
    EXPECT_EQ(state.program().variable_references().at("S"), (std::set<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace stepwell::asl
