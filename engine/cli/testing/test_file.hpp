// A *.test.json: the cases of one state machine. docs/testing.md describes the format.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/execution.hpp>
#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>

#include "api/mock_check.hpp"
#include "asl/program.hpp"
#include "flow/mocks.hpp"
#include "flow/state_machine.hpp"

namespace stepwell::cli {

/// What is wrong with a test file, in one line that says where.
inline constexpr ErrorKind invalid_test_file{"InvalidTestFile", 400, {}};

/// How an execution has to end, and what it has to do on its way; what is absent is not looked at.
struct Expectation {
    ExecutionStatus status = ExecutionStatus::succeeded;
    Payload output = {};       ///< the whole output
    Payload output_part = {};  ///< members and elements that it has at least
    std::optional<std::string> error = {};
    std::optional<std::string> cause = {};
    std::optional<std::vector<std::string>> path = {};  ///< states, as they are entered
    Payload history = {};  ///< an array: parts of events, in their order
};

struct TestCase {
    std::string name;
    Payload input;
    flow::MocksPtr mocks;               ///< null: nothing is mocked
    std::optional<TimePoint> now = {};  ///< when it starts
    std::string execution_name = {};    ///< empty: any
    Expectation expected = {};
};

struct TestFile {
    std::filesystem::path path;
    std::filesystem::path definition_path;
    std::string definition;
    std::shared_ptr<const asl::Program> program;
    std::string state_machine;  ///< its name
    flow::MachineType type = flow::MachineType::standard;
    std::vector<TestCase> cases;
};

/// Reads the file, its definition and its mocks. Results that mocks return are held to the models
/// of the services that they stand for, as far as those are known.
///
/// errors  FileNotFound, FileUnreadable, InvalidTestFile, each in one line
Result<TestFile> read_test_file(const std::filesystem::path& path, api::FieldValidation validation);

}  // namespace stepwell::cli
