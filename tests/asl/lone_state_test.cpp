#include "asl/lone_state.hpp"

#include <gtest/gtest.h>

#include "asl/program.hpp"

namespace stepwell::asl {
namespace {

LoneState of_state(std::string_view state) {
    return lone_state(json::Document::parse(state)->root());
}
std::string found_state(std::string_view definition, std::string_view name) {
    const auto document = json::Document::parse(definition);
    const auto lone = lone_state(document->root(), name);
    return lone ? lone->definition : "none";
}

TEST(LoneState, IsADefinitionThatStartsAtIt) {
    EXPECT_EQ(of_state(R"({"Type":"Pass","End":true})").definition,
              R"({"StartAt":"StateName","States":{"StateName":{"Type":"Pass","End":true}}})");
}

TEST(LoneState, HasAPlaceToGoForEachOfItsTargets) {
    const LoneState lone =
        of_state(R"({"Type":"Choice","Default":"D","Choices":[{"Variable":"$.a","IsNull":true,)"
                 R"("Next":"B"},{"Variable":"$.b","IsNull":true,"Next":"D"}]})");
    const auto compiled = Program::compile(lone.definition);
    ASSERT_NE(compiled.program, nullptr);
    EXPECT_EQ(compiled.program->size(), 3U);
    EXPECT_TRUE(compiled.program->find("B"));
    EXPECT_TRUE(compiled.program->find("D"));
    const LoneState task =
        of_state(R"({"Type":"Task","Resource":"arn:aws:states:::sns:publish","Next":"N","Catch":)"
                 R"([{"ErrorEquals":["E"],"Next":"C"}]})");
    EXPECT_EQ(Program::compile(task.definition).program->size(), 3U);
}

TEST(LoneState, KeepsTheQueryLanguageOfItsDefinition) {
    EXPECT_EQ(
        found_state(
            R"({"QueryLanguage":"JSONPath","StartAt":"A","States":{"A":{"Type":"Succeed"}}})", "A"),
        R"({"StartAt":"A","QueryLanguage":"JSONPath","States":{"A":{"Type":"Succeed"}}})");
}

TEST(LoneState, IsFoundInsideOfOthers) {
    constexpr std::string_view definition =
        R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":)"
        R"({"Type":"Succeed"}}},"Next":"P"},"P":{"Type":"Parallel","End":true,"Branches":[)"
        R"({"StartAt":"B","States":{"B":{"Type":"Succeed"}}}]}}})";
    for (const std::string_view name : {"I", "B"}) {
        EXPECT_EQ(found_state(definition, name), R"({"StartAt":")" + std::string(name) +
                                                     R"(","States":{")" + std::string(name) +
                                                     R"(":{"Type":"Succeed"}}})");
    }
    EXPECT_EQ(found_state(definition, "X"), "none");
}

TEST(LoneState, OfWhatIsNoDefinitionIsNone) {
    EXPECT_EQ(found_state("{}", "A"), "none");
    EXPECT_EQ(found_state("[]", "A"), "none");
    EXPECT_EQ(found_state(R"({"States":7})", "A"), "none");
    EXPECT_EQ(found_state(R"({"States":{"A":7}})", "B"), "none");
    EXPECT_EQ(of_state("7").definition, R"({"StartAt":"StateName","States":{"StateName":7}})");
}

}  // namespace
}  // namespace stepwell::asl
