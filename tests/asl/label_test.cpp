#include "asl/label.hpp"

#include <gtest/gtest.h>

namespace stepwell::asl {
namespace {

std::string problem_of(std::string_view label_json) {
    const std::string definition =
        R"({"StartAt":"M","States":{"M":{"Type":"Map","Label":)" + std::string(label_json) + "}}}";
    const auto document = json::Document::parse(definition);
    const auto problem = find_label_problem(document->root());
    return problem ? problem->message : "none";
}

TEST(Label, MayBeAnyTextOf40Characters) {
    EXPECT_EQ(problem_of(R"("label_1-é")"), "none");
    EXPECT_EQ(problem_of('"' + std::string(40, 'a') + '"'), "none");
    EXPECT_EQ(problem_of('"' + std::string(41, 'a') + '"'), "Label cannot exceed 40 characters");
}

TEST(Label, MayNotHaveSpecialCharacters) {
    for (const char c : std::string_view(" ?*<>{}[]:;,|^~$#%&`")) {
        EXPECT_EQ(problem_of(std::string("\"a") + c + '"'),
                  std::string("Label contains invalid character: '") + c + "'");
    }
    EXPECT_EQ(problem_of(R"("a\\b")"), R"(Label contains invalid character: '\\')");
    EXPECT_EQ(problem_of(R"("\t")"), R"(Label contains invalid character: '\t')");
    EXPECT_EQ(problem_of(R"("\u0001")"), R"(Label contains invalid character: '\x01')");
    EXPECT_EQ(problem_of(R"("\u0085")"), R"(Label contains invalid character: '\x85')");
    EXPECT_EQ(problem_of(R"("\u2028")"), R"(Label contains invalid character: '\u2028')");
}

TEST(Label, IsLookedForInsideOfOtherStates) {
    const auto document = json::Document::parse(
        R"({"States":{"P":{"Branches":[{"States":{}},{"States":{"M":{"ItemProcessor":{"States":)"
        R"({"N":{"Label":"*"}}}}}}]}}})");
    EXPECT_EQ(find_label_problem(document->root())->location,
              "/States/P/Branches[1]/States/M/ItemProcessor/States/N/Label");
}

TEST(Label, OfAnotherTypeIsNoProblemOfItsText) { EXPECT_EQ(problem_of("7"), "none"); }

TEST(Label, IsComplainedAboutAsAwsDoes) {
    EXPECT_EQ(
        label_complaint({R"(Label contains invalid character: '\t')", ""}, "{}"),
        R"(Error=ValueError Args=["Label contains invalid character: '\\t'"] in definition '{}'.)");
    EXPECT_EQ(label_complaint({"Label cannot exceed 40 characters", ""}, "{}"),
              "Error=ValueError Args=['Label cannot exceed 40 characters'] in definition '{}'.");
}

}  // namespace
}  // namespace stepwell::asl
