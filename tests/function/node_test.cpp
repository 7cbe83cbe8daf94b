// Node.js handlers in all their styles, and what becomes of those that misbehave.
#include <filesystem>

#include "function/fixture.hpp"

namespace stepwell::function::testing {
namespace {

class NodeHandler : public FunctionsTest {
 protected:
    void SetUp() override {
        if (!has_program("node")) GTEST_SKIP() << "node is not installed";
        FunctionsTest::SetUp();
    }
};

TEST_F(NodeHandler, AsyncResultIsTheAnswer) {
    node("exports.handler = async (event) => ({ twice: event.n * 2 });");
    const InvokeOutput output = invoke(R"({"n": 21})");
    EXPECT_EQ(output.payload, R"({"twice":42})");
    EXPECT_EQ(output.function_error, "");
    EXPECT_EQ(output.status_code, 200);
    EXPECT_EQ(output.executed_version, "$LATEST");
}

}  // namespace
}  // namespace stepwell::function::testing
