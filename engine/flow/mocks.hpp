// Answers that are made up for tasks, so that a state machine can be tried out without its
// services.
//
// source  AWS Step Functions Developer Guide, "Using mocked service integrations" and
// "Configuration
//         file for mocked service integrations" (Step Functions Local's MockConfigFile.json)
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/execution.hpp>
#include <stepwell/result.hpp>

#include "json/value.hpp"

namespace stepwell::flow {

/// What is wrong with mocks, or with a file of them, in one line that says where.
inline constexpr ErrorKind invalid_mocks{"InvalidMocks", 400, {}};

/// The answer to the invocations `first` to `last` of one state, from 0.
struct MockedResponse {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    TaskAnswer answer = {};
};

/// Reads a mocked response as AWS has it, {"0": {"Return": ...}, "1-2": {"Throw": {"Error": ...,
/// "Cause": ...}}}, or in a shorter form: one answer alone is given to every invocation, an array
/// has one for each.
///
/// errors  InvalidMocks: not in that form, or two answers to one invocation
Result<std::vector<MockedResponse>> read_mocked_response(json::Value value);

/// Which states are mocked, and what they answer. A state that is not here calls its service.
///
/// threads  any; immutable once it is shared
class Mocks {
 public:
    /// Reads an object whose members are states: the form that `text` gives.
    ///
    /// errors  InvalidMocks
    static Result<Mocks> read(json::Value states);

    /// In place of what the state had.
    void set(std::string_view state, std::vector<MockedResponse> responses);

    bool is_empty() const noexcept { return responses_.empty(); }
    bool has(std::string_view state) const { return responses_.contains(state); }
    /// Null: nothing is said of this invocation.
    const TaskAnswer* find(std::string_view state, std::uint32_t invocation) const;

    const std::map<std::string, std::vector<MockedResponse>, std::less<>>& responses()
        const noexcept {
        return responses_;
    }
    /// As JSON, in AWS's form.
    std::string text() const;

 private:
    std::map<std::string, std::vector<MockedResponse>, std::less<>> responses_;  // by state
};
using MocksPtr = std::shared_ptr<const Mocks>;

/// A MockConfigFile.json: test cases of state machines.
///
/// threads  any; immutable
class MockConfiguration {
 public:
    using TestCases = std::map<std::string, MocksPtr, std::less<>>;

    /// errors  InvalidMocks: no JSON, not in that form, a response that is named and not there
    static Result<MockConfiguration> parse(std::string_view text);

    /// Null: there is no such test case.
    MocksPtr find(std::string_view state_machine, std::string_view test_case) const;

    const std::map<std::string, TestCases, std::less<>>& state_machines() const noexcept {
        return state_machines_;
    }

 private:
    std::map<std::string, TestCases, std::less<>> state_machines_;
};

}  // namespace stepwell::flow
