#include <gtest/gtest.h>

#include <fstream>

#include "cli/program.hpp"
#include "cli/served.hpp"

namespace stepwell::cli {
namespace {

class Run : public testing::Test {
 protected:
    std::string file(const std::string& name, const std::string& text) {
        const std::string path = directory_.path() + "/" + name;
        std::ofstream{path} << text;
        return path;
    }
    TestDirectory directory_;
};

constexpr const char* pass_machine =
    R"({"StartAt":"A","States":{"A":{"Type":"Pass","OutputPath":"$.x","End":true}}})";
constexpr const char* fail_machine =
    R"({"StartAt":"A","States":{"A":{"Type":"Fail","Error":"Bad.Thing","Cause":"because"}}})";

TEST_F(Run, PrintsTheOutput) {
    const std::string machine = file("m.json", pass_machine);
    Outcome outcome = run_program("run " + machine + R"( --input '{"x": [1, 2]}')");
    EXPECT_EQ(outcome.output, "[1, 2]\n");
    EXPECT_EQ(outcome.exit_code, 0);
    outcome = run_program("run " + machine + " --input @" + file("in.json", R"({"x":"y"})"));
    EXPECT_EQ(outcome.output, "\"y\"\n");
}

TEST_F(Run, AFailedExecutionFails) {
    const Outcome outcome = run_program("run " + file("m.json", fail_machine));
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.output,
              "stepwell: error: the execution ended as FAILED: Bad.Thing: because\n");
}

TEST_F(Run, TheHistoryIsATable) {
    const Outcome outcome =
        run_program("run " + file("m.json", pass_machine) + R"( --input '{"x":1}' --history)");
    EXPECT_EQ(outcome.exit_code, 0);
    for (const char* type :
         {"ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"}) {
        EXPECT_NE(outcome.output.find(type), std::string::npos) << outcome.output;
    }
}

TEST_F(Run, WhatIsMissingOrMalformedIsSaid) {
    const std::string machine = file("m.json", pass_machine);
    EXPECT_EQ(run_program("run /nonexistent").exit_code, 3);
    EXPECT_EQ(run_program("run " + machine + " --input @/nonexistent").exit_code, 3);
    EXPECT_EQ(run_program("run " + machine + " --input '{'").exit_code, 2);
    const Outcome outcome =
        run_program("run " + file("bad.json", R"({"StartAt":"A","States":{}})"));
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.output.starts_with("stepwell: error: ")) << outcome.output;
}

TEST_F(Run, LogsOfAFunctionThatNeverRanAreNotFound) {
    const Outcome outcome = run_program("logs nobody --data " + directory_.path());
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_EQ(run_program("logs ../x --data " + directory_.path()).exit_code, 2);
}

TEST_F(Run, LogsShowTheEndOfWhatWasWritten) {
    std::filesystem::create_directories(directory_.path() + "/functions/logs");
    file("functions/logs/f.log", "first line\nlast line\n");
    EXPECT_EQ(run_program("logs f --data " + directory_.path()).output, "first line\nlast line\n");
    EXPECT_EQ(run_program("logs arn:aws:lambda:us-east-1:000000000000:function:f:1 --data " +
                          directory_.path())
                  .output,
              "first line\nlast line\n");
    EXPECT_EQ(run_program("logs f --bytes 12 --data " + directory_.path()).output, "last line\n");
}

}  // namespace
}  // namespace stepwell::cli
