#include "flow/mocks.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "json/writer.hpp"

namespace stepwell::flow {

namespace {

using Responses = std::vector<MockedResponse>;

constexpr std::uint32_t every_invocation = std::numeric_limits<std::uint32_t>::max();

Error wrong_mock(std::string what) { return Error(invalid_mocks, std::move(what)); }

std::string quoted(std::string_view text) { return std::string("\"").append(text).append("\""); }

// The same error, said of a part of what is read.
Error within(std::string_view name, const Error& error) {
    return wrong_mock(quoted(name).append(": ").append(error.message()));
}

std::optional<std::uint32_t> invocation_number(std::string_view text) {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped_at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped_at != end) return std::nullopt;
    return number;
}

// "3", or "0-2".
std::optional<MockedResponse> invocations(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = invocation_number(text.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : invocation_number(text.substr(dash + 1));
    if (!first.has_value() || !last.has_value() || *last < *first) return std::nullopt;
    return MockedResponse{*first, *last};
}

Result<std::string> thrown_text(json::Value thrown, std::string_view name) {
    const auto value = thrown.find(name);
    if (!value.has_value()) return std::string();
    if (!value->is_string()) return wrong_mock(quoted(name) + " of a Throw has to be a string");
    return std::string(value->string());
}

Result<TaskAnswer> read_answer(json::Value value) {
    const auto returned = value.find("Return");
    const auto thrown = value.find("Throw");
    if (value.size() != 1 || returned.has_value() == thrown.has_value())
        return wrong_mock("an answer has one member, \"Return\" or \"Throw\"");
    if (returned.has_value()) return TaskAnswer(Payload::trusted(returned->raw()));
    if (!thrown->is_object() || !thrown->find("Error").has_value())
        return wrong_mock("a Throw is an object with \"Error\" and \"Cause\"");
    SW_TRY(std::string error, thrown_text(*thrown, "Error"));
    SW_TRY(std::string cause, thrown_text(*thrown, "Cause"));
    return TaskAnswer(TaskFailure{std::move(error), std::move(cause)});
}

Result<Responses> read_sequence(json::Value value) {
    Responses responses;
    for (const json::Node& node : value.elements()) {
        const auto number = static_cast<std::uint32_t>(responses.size());
        SW_TRY(TaskAnswer answer, read_answer(json::Value{&node}));
        responses.push_back({number, number, std::move(answer)});
    }
    if (responses.empty()) return wrong_mock("there is no answer to any invocation");
    return responses;
}

void write_answer(json::Writer& out, const TaskAnswer& answer) {
    out.begin_object();
    if (const auto* failure = std::get_if<TaskFailure>(&answer)) {
        out.key("Throw").begin_object().member("Error", failure->error);
        out.member("Cause", failure->cause).end_object();
    } else {
        out.member_raw("Return", std::get<Payload>(answer).text());
    }
    out.end_object();
}

Result<json::Value> object_member(json::Value object, std::string_view name) {
    const auto value = object.find(name);
    if (!value.has_value() || !value->is_object())
        return wrong_mock("needs the member " + quoted(name) + ", an object");
    return *value;
}

// {"State": "ResponseName", ...}
Result<Mocks> read_test_case(json::Value states, const std::map<std::string, Responses>& named) {
    if (!states.is_object()) return wrong_mock("a test case is an object");
    Mocks mocks;
    for (const json::Member& state : states.members()) {
        const json::Value name{&state.value};
        if (!name.is_string())
            return within(state.key, wrong_mock("has to be a mocked response's name"));
        const auto found = named.find(std::string(name.string()));
        if (found == named.end()) {
            return within(state.key,
                          wrong_mock("there is no mocked response " + quoted(name.string())));
        }
        mocks.set(state.key, found->second);
    }
    return mocks;
}

Result<MockConfiguration::TestCases> read_test_cases(
    json::Value machine, const std::map<std::string, Responses>& named) {
    SW_TRY(const json::Value cases, object_member(machine, "TestCases"));
    MockConfiguration::TestCases read;
    for (const json::Member& member : cases.members()) {
        Result<Mocks> mocks = read_test_case(json::Value{&member.value}, named);
        if (!mocks.has_value()) return within(member.key, mocks.error());
        read.insert_or_assign(std::string(member.key),
                              std::make_shared<const Mocks>(*std::move(mocks)));
    }
    return read;
}

}  // namespace

Result<Responses> read_mocked_response(json::Value value) {
    if (value.is_array()) return read_sequence(value);
    if (!value.is_object() || value.size() == 0)
        return wrong_mock("a mocked response is an object: {\"0\": {\"Return\": ...}}");
    if (value.find("Return").has_value() || value.find("Throw").has_value()) {
        SW_TRY(TaskAnswer answer, read_answer(value));
        return Responses{{0, every_invocation, std::move(answer)}};
    }
    Responses responses;
    for (const json::Member& member : value.members()) {
        std::optional<MockedResponse> response = invocations(member.key);
        if (!response.has_value()) {
            return within(member.key,
                          wrong_mock("is neither a number of an invocation nor a range of them, as "
                                     "\"0\" or \"1-2\""));
        }
        Result<TaskAnswer> answer = read_answer(json::Value{&member.value});
        if (!answer.has_value()) return within(member.key, answer.error());
        response->answer = *std::move(answer);
        responses.push_back(*std::move(response));
    }
    std::sort(responses.begin(), responses.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < responses.size(); ++i) {
        if (responses[i].first <= responses[i - 1].last) {
            return wrong_mock("there are two answers to invocation " +
                              std::to_string(responses[i].first));
        }
    }
    return responses;
}

Result<Mocks> Mocks::read(json::Value states) {
    if (!states.is_object()) return wrong_mock("mocks are an object whose members are states");
    Mocks mocks;
    for (const json::Member& state : states.members()) {
        Result<Responses> responses = read_mocked_response(json::Value{&state.value});
        if (!responses.has_value()) return within(state.key, responses.error());
        mocks.set(state.key, *std::move(responses));
    }
    return mocks;
}

void Mocks::set(std::string_view state, Responses responses) {
    responses_.insert_or_assign(std::string(state), std::move(responses));
}

const TaskAnswer* Mocks::find(std::string_view state, std::uint32_t invocation) const {
    const auto found = responses_.find(state);
    if (found == responses_.end()) return nullptr;
    for (const MockedResponse& response : found->second) {
        if (response.first <= invocation && invocation <= response.last) return &response.answer;
    }
    return nullptr;
}

std::string Mocks::text() const {
    json::Writer out;
    out.begin_object();
    for (const auto& [state, responses] : responses_) {
        out.key(state).begin_object();
        for (const MockedResponse& response : responses) {
            out.key(std::to_string(response.first) + "-" + std::to_string(response.last));
            write_answer(out, response.answer);
        }
        out.end_object();
    }
    return out.end_object().take();
}

Result<MockConfiguration> MockConfiguration::parse(std::string_view text) {
    const Result<json::Document> document = json::Document::parse(text);
    if (!document.has_value()) return wrong_mock(document.error().message());
    SW_TRY(const json::Value machines, object_member(document->root(), "StateMachines"));
    SW_TRY(const json::Value responses, object_member(document->root(), "MockedResponses"));
    std::map<std::string, Responses> named;
    for (const json::Member& member : responses.members()) {
        Result<Responses> response = read_mocked_response(json::Value{&member.value});
        if (!response.has_value()) return within(member.key, response.error());
        named.insert_or_assign(std::string(member.key), *std::move(response));
    }
    MockConfiguration configuration;
    for (const json::Member& member : machines.members()) {
        Result<TestCases> cases = read_test_cases(json::Value{&member.value}, named);
        if (!cases.has_value()) return within(member.key, cases.error());
        configuration.state_machines_.insert_or_assign(std::string(member.key), *std::move(cases));
    }
    return configuration;
}

MocksPtr MockConfiguration::find(std::string_view state_machine, std::string_view test_case) const {
    const auto machine = state_machines_.find(state_machine);
    if (machine == state_machines_.end()) return nullptr;
    const auto found = machine->second.find(test_case);
    return found == machine->second.end() ? nullptr : found->second;
}

}  // namespace stepwell::flow
