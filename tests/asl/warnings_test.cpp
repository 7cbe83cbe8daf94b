#include "asl/warnings.hpp"

#include <gtest/gtest.h>

namespace stepwell::asl {
namespace {

/// "CODE location" of each warning, one a line.
std::string warnings(std::string_view states, std::string_view more = "") {
    const auto document = json::Document::parse(R"({"States":{)" + std::string(states) + "}" +
                                                std::string(more) + "}");
    std::string lines;
    for (const Diagnostic& warning : find_warnings(document->root())) {
        EXPECT_FALSE(warning.is_error);
        lines += warning.code + " " + warning.location + "\n";
    }
    return lines;
}

TEST(Warnings, AreOfPathsInTemplatesWithoutADollar) {
    EXPECT_EQ(
        warnings(
            R"j("A":{"Parameters":{"p":"$.x","q.$":"$.x","r":"costs $5","l":[{"c":"States.UUID()"}]}})j"),
        "NO_DOLLAR /States/A/Parameters/p\nNO_DOLLAR /States/A/Parameters/l[0]/c\n");
    EXPECT_EQ(warnings(R"("A":{"ResultSelector":{"p":"$$.Execution.Id"}})"),
              "NO_DOLLAR /States/A/ResultSelector/p\n");
}

TEST(Warnings, AreOfPathsInFieldsThatTakeNone) {
    EXPECT_EQ(warnings(R"("A":{"Error":"$.e","CausePath":"$.c"})"), "NO_PATH /States/A/Error\n");
    EXPECT_EQ(warnings(R"("A":{"Choices":[{"Variable":"$.a","StringEquals":"$.b"},{"And":[)"
                       R"({"Not":{"Variable":"$.a","StringEqualsPath":"$.b"}},)"
                       R"({"Variable":"$.a","TimestampEquals":"$.b"}]}]})"),
              "NO_PATH /States/A/Choices[0]/StringEquals\n"
              "NO_PATH /States/A/Choices[1]/And[1]/TimestampEquals\n");
}

TEST(Warnings, AreOfPathsInAResult) {
    EXPECT_EQ(warnings(R"("A":{"Result":{"a":["$.b"]}})"),
              "PASS_RESULT_IS_STATIC /States/A/Result\n");
    EXPECT_EQ(warnings(R"("A":{"Result":{"a":["b"]}})"), "");
}

TEST(Warnings, AreOfNestedStatesToo) {
    EXPECT_EQ(
        warnings(R"("A":{"Branches":[{"States":{}},{"States":{"B":{"ItemProcessor":{"States":)"
                 R"({"C":{"Error":"$.e"}}}}}}]})"),
        "NO_PATH /States/A/Branches[1]/States/B/ItemProcessor/States/C/Error\n");
}

TEST(Warnings, AreNotOfJsonata) {
    EXPECT_EQ(warnings(R"("A":{"Error":"$.e"})", R"(,"QueryLanguage":"JSONata")"), "");
    EXPECT_EQ(warnings(R"("A":{"QueryLanguage":"JSONata","Error":"$.e"})"), "");
}

TEST(Warnings, OfWhatIsNoDefinitionAreNone) {
    for (const std::string_view text :
         {"7", "[]", "{}", R"({"States":[1]})", R"({"States":{"A":1}})"})
        EXPECT_TRUE(find_warnings(json::Document::parse(text)->root()).empty()) << text;
}

}  // namespace
}  // namespace stepwell::asl
