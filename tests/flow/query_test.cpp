// JSONata states while they run: their histories, their errors, a restart.
#include "flow_world.hpp"

namespace stepwell::flow {
namespace {

class JsonataStates : public FlowWorld {
 protected:
    std::string begin(const std::string& states, const std::string& input = "{}") {
        return start(machines_.add("m", R"({"QueryLanguage":"JSONata","StartAt":"A","States":{)" +
                                            states + "}}"),
                     input);
    }
    std::string run(const std::string& states, const std::string& input = "{}") {
        last_ = begin(states, input);
        const ExecutionDescription end = ended(last_);
        return end.status == ExecutionStatus::succeeded ? std::string(end.output.text())
                                                        : end.error.value_or("none");
    }
    // The event of that type, its ids and its details.
    std::string event(const std::string& arn, std::string_view type) {
        const Result<json::Document> events = json::Document::parse(history_json(arn));
        for (const json::Node& node : events->root().elements()) {
            const json::Value each{&node};
            if (each.find("type")->string() != type) continue;
            std::string shown = std::string(each.find("id")->raw()) + " after " +
                                std::string(each.find("previousEventId")->raw());
            const auto details = each.find("evaluationFailedEventDetails");
            for (const std::string_view name : {"location", "state"}) {
                const auto detail = details ? details->find(name) : std::nullopt;
                if (detail) shown += " " + std::string(detail->string());
            }
            return shown;
        }
        return "none";
    }
    std::string last_;
};

TEST_F(JsonataStates, HandVariablesOn) {
    EXPECT_EQ(run(R"("A":{"Type":"Pass","Assign":{"x":"{% $states.input.a * 2 %}"},"Next":"B"},
                  "B":{"Type":"Succeed","Output":"{% $x + 1 %}"})",
                  R"({"a":4})"),
              "9");
}

TEST_F(JsonataStates, MixWithJsonPathStates) {
    const StateMachinePtr machine = machines_.add("mixed", R"({"StartAt":"A","States":{
        "A":{"Type":"Pass","Assign":{"x.$":"$.a"},"Next":"B"},
        "B":{"Type":"Pass","QueryLanguage":"JSONata","Assign":{"y":"{% $x + 1 %}"},"Next":"C"},
        "C":{"Type":"Pass","Parameters":{"y.$":"$y"},"End":true}}})");
    EXPECT_EQ(ended(start(machine, R"({"a":1})")).output.text(), R"({"y":2})");
}

TEST_F(JsonataStates, ShowAFailedEvaluationInFrontOfTheState) {
    EXPECT_EQ(
        run(R"("A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Output":{"x":"{% $nope %}"},"End":true})"),
        "States.QueryEvaluationError");
    EXPECT_EQ(history(last_),
              "ExecutionStarted PassStateEntered PassStateExited PassStateEntered EvaluationFailed "
              "ExecutionFailed");
    EXPECT_EQ(event(last_, "EvaluationFailed"), "5 after 3 Output/x B");
    EXPECT_EQ(event(last_, "ExecutionFailed"), "6 after 5");
}

TEST_F(JsonataStates, ShowAnUnusableValueBehindTheEnteredEvent) {
    EXPECT_EQ(run(R"("A":{"Type":"Wait","Timestamp":"{% 'soon' %}","End":true})"),
              "States.QueryEvaluationError");
    EXPECT_EQ(event(last_, "EvaluationFailed"), "3 after 2 Timestamp A");
}

TEST_F(JsonataStates, CatchAFailedEvaluation) {
    EXPECT_EQ(
        run(R"("A":{"Type":"Map","Items":"{% 1 %}","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},
        "Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Next":"B","Output":"{% $states.errorOutput.Error %}"}],"End":true},
        "B":{"Type":"Pass","End":true})"),
        R"("States.QueryEvaluationError")");
    EXPECT_EQ(history(last_),
              "ExecutionStarted MapStateEntered EvaluationFailed MapStateFailed MapStateExited "
              "PassStateEntered PassStateExited ExecutionSucceeded");
}

TEST_F(JsonataStates, FailWhereACatcherDoes) {
    EXPECT_EQ(
        run(R"("A":{"Type":"Map","Items":"{% 1 %}","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},
        "Catch":[{"ErrorEquals":["States.ALL"],"Next":"B","Output":"{% $nope %}"}],"End":true},
        "B":{"Type":"Pass","End":true})"),
        "States.QueryEvaluationError");
    EXPECT_EQ(history(last_),
              "ExecutionStarted MapStateEntered EvaluationFailed MapStateFailed EvaluationFailed "
              "ExecutionFailed");
}

TEST_F(JsonataStates, RunOverTheSameItemsAfterARestart) {
    const std::string activity = "arn:aws:states:us-east-1:000000000000:activity:a";
    const std::string arn = begin(
        R"("A":{"Type":"Map","Items":"{% ($r := $random() + $millis(); [1..3].$r) %}","MaxConcurrency":1,
        "ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","End":true,"Resource":")" +
        activity + R"(","Output":"{% $states.input %}"}}},
        "Output":"{% [$count($states.result), $count($distinct($states.result))] %}","End":true})");
    for (int i = 0; i < 3; ++i) {
        const std::string token = tasks_.next().token;
        advance(std::chrono::seconds{1});
        restart();
        EXPECT_EQ(success(token), "ok");
    }
    EXPECT_EQ(ended(arn).output.text(), "[3,1]");
}

TEST_F(JsonataStates, TakeTimeFromTheClock) {
    const TimePoint now = clock_.now();
    EXPECT_EQ(run(R"("A":{"Type":"Pass","Output":"{% $millis() %}","End":true})"),
              std::to_string(now.time_since_epoch().count()));
}

}  // namespace
}  // namespace stepwell::flow
