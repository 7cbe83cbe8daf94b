#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "cli/program.hpp"

namespace stepwell::cli {
namespace {

TEST(CommandLine, TellsItsVersion) {
    const Outcome outcome = run_program("--version");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(outcome.output.starts_with("stepwell ")) << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
}

TEST(CommandLine, HelpShowsExamplesAndSucceeds) {
    for (const std::string command : {"--help", "validate --help"}) {
        const Outcome outcome = run_program(command);
        EXPECT_EQ(outcome.exit_code, 0);
        EXPECT_NE(outcome.output.find("Examples:\n  stepwell "), std::string::npos)
            << outcome.output;
    }
}

TEST(CommandLine, WithoutACommandItShowsHelpAndIsWrong) {
    const Outcome outcome = run_program("");
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.output.find("validate"), std::string::npos);
}

TEST(CommandLine, SlipsAreRecognized) {
    Outcome outcome = run_program("valdate x");
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.output,
              "stepwell: error: unknown command 'valdate'; did you mean 'validate'?\nTry 'stepwell "
              "--help'.\n");
    outcome = run_program("validate --jsn x");
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.output,
              "stepwell: error: unknown option '--jsn'; did you mean '--json'?\nTry 'stepwell "
              "validate --help'.\n");
    outcome = run_program("quetzalcoatl");
    EXPECT_EQ(outcome.output,
              "stepwell: error: unknown command 'quetzalcoatl'\nTry 'stepwell --help'.\n");
}

TEST(CommandLine, AMissingArgumentIsNamed) {
    const Outcome outcome = run_program("validate");
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.output.find("FILE is required"), std::string::npos) << outcome.output;
}

TEST(CommandLine, EnvPrintsWhatPointsClientsAtTheServer) {
    Outcome outcome = run_program("env --endpoint http://127.0.0.1:9000");
    EXPECT_EQ(outcome.exit_code, 0);
    for (const std::string line :
         {"export AWS_ENDPOINT_URL='http://127.0.0.1:9000'\n", "export AWS_REGION='us-east-1'\n",
          "export AWS_ACCESS_KEY_ID='test'\n", "export HTTP_PROXY='http://127.0.0.1:9000'\n"}) {
        EXPECT_NE(outcome.output.find(line), std::string::npos) << outcome.output;
    }
    outcome = run_program("env --shell fish --region \"a'b\"");
    EXPECT_NE(outcome.output.find("set -gx AWS_REGION 'a\\'b'\n"), std::string::npos)
        << outcome.output;
    outcome = run_program("env --shell powershell --region \"a'b\"");
    EXPECT_NE(outcome.output.find("$Env:AWS_REGION = 'a''b'\n"), std::string::npos)
        << outcome.output;
    EXPECT_EQ(run_program("env --endpoint somewhere").exit_code, 2);
}

TEST(CommandLine, EnvTakesTheServerOutOfWhatGoesPastTheProxy) {
    ::setenv("NO_PROXY", "build.local,127.0.0.1,example.com", 1);
    const Outcome outcome = run_program("env --endpoint http://127.0.0.1:4566 --sdk java");
    ::unsetenv("NO_PROXY");
    EXPECT_NE(outcome.output.find("export NO_PROXY='build.local,example.com'\n"), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find("-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=4566"),
              std::string::npos)
        << outcome.output;
}

TEST(CommandLine, NoColorsReachAPipe) {
    EXPECT_EQ(run_program("valdate").output.find('\033'), std::string::npos);
    EXPECT_EQ(run_program("validate /nonexistent").output.find('\033'), std::string::npos);
}

class Validate : public testing::Test {
 protected:
    Outcome validate(const std::string& definition, const std::string& options = "") {
        std::ofstream{path_} << definition;
        return run_program("validate " + options + " " + path_.string());
    }
    ~Validate() override { std::filesystem::remove(path_); }

    std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                  ("stepwell-validate-" + std::to_string(getpid()) + ".asl.json");
};

constexpr const char* valid = R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}})";

TEST_F(Validate, AValidDefinitionPassesSilently) {
    const Outcome outcome = validate(valid);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(validate(valid, "--json").output, "{\"result\":\"OK\",\"diagnostics\":[]}\n");
}

TEST_F(Validate, ProblemsHaveTheirPlaceInTheFile) {
    const Outcome outcome = validate(
        "{\n"
        "  \"StartAt\": \"A\",\n"
        "  \"States\": {\n"
        "    \"A\": {\"Type\": \"Pass\", \"Next\": \"Nowhere\"}\n"
        "  }\n"
        "}\n");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.output.find(path_.string() + ":4:"), std::string::npos) << outcome.output;
    EXPECT_NE(outcome.output.find(": error: "), std::string::npos) << outcome.output;
}

TEST_F(Validate, WhatIsNoJsonIsPointedAt) {
    const Outcome outcome = validate("{\n  \"StartAt\": ]\n}");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.output.find(path_.string() + ":2:14: error: "), std::string::npos)
        << outcome.output;
}

TEST_F(Validate, ReadsStandardInput) {
    std::ofstream{path_} << valid;
    EXPECT_EQ(run_program("validate - < " + path_.string()).exit_code, 0);
}

TEST_F(Validate, AMissingFileIsNotFound) {
    const Outcome outcome = run_program("validate /nonexistent/file");
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_EQ(outcome.output,
              "stepwell: error: cannot read /nonexistent/file: No such file or directory\n");
}

}  // namespace
}  // namespace stepwell::cli
