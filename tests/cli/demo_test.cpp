#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/program.hpp"

namespace stepwell::cli {
namespace {

/// The demo needs Node.js and the AWS SDK for it, which `./dev test` installs.
bool can_run_node() {
    const auto node_modules =
        std::filesystem::path{program_path()}.parent_path().parent_path() / "node_modules";
    const bool has_sdk = std::filesystem::exists(node_modules / "aws-sdk") ||
                         std::getenv("STEPWELL_NODE_MODULES") != nullptr;
    return has_sdk && std::system("node --version > /dev/null 2>&1") == 0;
}

TEST(Demo, ShowsTheCallbackExampleToItsEnd) {
    if (!can_run_node()) GTEST_SKIP() << "Node.js or the AWS SDK for it is not installed";
    const Outcome outcome = run_program("demo");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    std::size_t at = outcome.output.find("History\n");
    ASSERT_NE(at, std::string::npos) << outcome.output;
    for (const char* type :
         {"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted",
          "TaskSucceeded", "TaskStateExited", "TaskStateEntered", "TaskScheduled", "TaskStarted",
          "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"}) {
        at = outcome.output.find(type, at + 1);
        ASSERT_NE(at, std::string::npos) << type << "\n" << outcome.output;
    }
    EXPECT_NE(outcome.output.find("Calling Step Functions to complete callback"),
              std::string::npos);
    EXPECT_NE(outcome.output.find("Callback received. Task started by Step Functions succeeded."),
              std::string::npos);
}

}  // namespace
}  // namespace stepwell::cli
