// A MockConfigFile.json: executions of "ARN#CASE" get their tasks' answers from it.
#include <gtest/gtest.h>

#include <stepwell/engine.hpp>

namespace stepwell {
namespace {

constexpr const char* configuration = R"({
    "StateMachines": {"orders": {"TestCases": {"HappyPath": {"Get": "Found"}}}},
    "MockedResponses": {"Found": {"0": {"Return": {"Item": {"id": {"S": "7"}}}}}}})";
constexpr const char* orders_definition = R"({"StartAt":"Get","States":{"Get":{"Type":"Task",
    "Resource":"arn:aws:states:::glue:startJobRun","Parameters":{"Any":"t"},
    "OutputPath":"$.Item.id.S","End":true}}})";

class MockConfigurationTest : public ::testing::Test {
 protected:
    explicit MockConfigurationTest(const char* text = configuration) {
        Engine::Options options;
        options.mock_configuration = text;
        engine_ = *Engine::open(std::move(options));
        machine_ = *engine_->create_state_machine("orders", orders_definition).get();
    }
    Result<ExecutionDescription> run(const std::string& test_case) {
        return engine_->run(machine_ + test_case, Payload::trusted("{}")).get();
    }
    std::unique_ptr<Engine> engine_;
    std::string machine_;
};
class NoMockConfigurationTest : public MockConfigurationTest {
 protected:
    NoMockConfigurationTest() : MockConfigurationTest("") {}
};

TEST_F(MockConfigurationTest, ATestCaseGivesTheAnswers) {
    const auto end = run("#HappyPath");
    ASSERT_TRUE(end.has_value()) << end.error().message();
    EXPECT_EQ(end->output.text(), "\"7\"");
    EXPECT_EQ(end->state_machine_arn, machine_);
}

TEST_F(MockConfigurationTest, WithoutATestCaseTheServiceIsCalled) {
    const auto end = run("");
    ASSERT_TRUE(end.has_value()) << end.error().message();
    EXPECT_EQ(end->error, "Stepwell.NotAvailable");
}

TEST_F(MockConfigurationTest, ATestCaseThatIsNotThereIsRefused) {
    const auto end = run("#SadPath");
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().code(), "InvalidName");
}

TEST_F(NoMockConfigurationTest, AHashIsNoPartOfAnArn) {
    const auto end = run("#HappyPath");
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().code(), "InvalidArn");
}

TEST(MockConfigurationFile, OneThatIsWrongKeepsTheEngineFromOpening) {
    Engine::Options options;
    options.mock_configuration = "{}";
    const auto engine = Engine::open(std::move(options));
    ASSERT_FALSE(engine.has_value());
    EXPECT_EQ(engine.error().code(), "InvalidMocks");
}

}  // namespace
}  // namespace stepwell
