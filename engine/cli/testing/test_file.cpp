#include "cli/testing/test_file.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "api/tested_state.hpp"
#include "asl/lone_state.hpp"
#include "asl/timestamp.hpp"
#include "base/try.hpp"
#include "cli/input_file.hpp"
#include "flow/names.hpp"
#include "json/value.hpp"

namespace stepwell::cli {

namespace {

constexpr std::string_view test_ending = ".test.json";
constexpr std::size_t machine_name_max = 80;

Error unusable(std::string_view place, std::string_view what) {
    std::string text(place);
    if (!text.empty()) text += ": ";
    return Error(invalid_test_file, text.append(what));
}

std::string below(std::string_view place, std::string_view member) {
    std::string text(place);
    if (!text.empty()) text += '.';
    return text.append(member);
}

/// An object of the file: its members, by name and with their places.
class Part {
 public:
    /// errors  InvalidTestFile: no object, or a member that is none of `known`
    static Result<Part> open(json::Value value, std::string place,
                             std::initializer_list<std::string_view> known) {
        if (!value.is_object()) return unusable(place, "has to be an object");
        for (const json::Member& member : value.members()) {
            if (std::find(known.begin(), known.end(), member.key) == known.end())
                return unusable(below(place, member.key), "is no member that there is here");
        }
        return Part(value, std::move(place));
    }

    std::optional<json::Value> find(std::string_view name) const { return value_.find(name); }
    std::string place_of(std::string_view name) const { return below(place_, name); }

    Result<std::optional<std::string>> text(std::string_view name) const {
        const auto value = value_.find(name);
        if (!value.has_value()) return std::optional<std::string>();
        if (!value->is_string()) return unusable(place_of(name), "has to be a string");
        return std::optional(std::string(value->string()));
    }
    Payload payload(std::string_view name) const {
        const auto value = value_.find(name);
        return value.has_value() ? Payload::trusted(value->raw()) : Payload{};
    }

 private:
    Part(json::Value value, std::string place) : value_(value), place_(std::move(place)) {}

    json::Value value_;
    std::string place_;
};

std::optional<ExecutionStatus> status_named(std::string_view name) {
    for (const auto status : {ExecutionStatus::succeeded, ExecutionStatus::failed,
                              ExecutionStatus::timed_out, ExecutionStatus::aborted}) {
        if (name_of(status) == name) return status;
    }
    return std::nullopt;
}

Result<Payload> history_excerpt(const Part& part) {
    const auto events = part.find("history");
    if (!events.has_value()) return Payload{};
    const auto is_object = [](const json::Node& node) { return json::Value{&node}.is_object(); };
    const auto elements = events->elements();
    if (!events->is_array() || !std::all_of(elements.begin(), elements.end(), is_object))
        return unusable(part.place_of("history"), "has to be an array of objects");
    return Payload::trusted(events->raw());
}

Result<std::optional<std::vector<std::string>>> expected_path(const Part& part) {
    const auto states = part.find("path");
    if (!states.has_value()) return std::optional<std::vector<std::string>>();
    std::vector<std::string> path;
    for (const json::Node& node : states->elements()) {
        const json::Value state{&node};
        if (!state.is_string()) break;
        path.emplace_back(state.string());
    }
    if (!states->is_array() || path.size() != states->size())
        return unusable(part.place_of("path"), "has to be an array of states' names");
    return std::optional(std::move(path));
}

Result<Expectation> read_expectation(std::optional<json::Value> value, const std::string& place) {
    Expectation expected;
    if (!value.has_value()) return expected;
    SW_TRY(const Part part,
           Part::open(*value, place,
                      {"status", "output", "outputContains", "error", "cause", "path", "history"}));
    expected.output = part.payload("output");
    expected.output_part = part.payload("outputContains");
    SW_TRY(expected.error, part.text("error"));
    SW_TRY(expected.cause, part.text("cause"));
    SW_TRY(expected.path, expected_path(part));
    SW_TRY(expected.history, history_excerpt(part));
    if (expected.error.has_value() || expected.cause.has_value())
        expected.status = ExecutionStatus::failed;
    SW_TRY(const std::optional<std::string> status, part.text("status"));
    if (!status.has_value()) return expected;
    const std::optional<ExecutionStatus> named = status_named(*status);
    if (!named.has_value())
        return unusable(part.place_of("status"),
                        "is none of SUCCEEDED, FAILED, TIMED_OUT, ABORTED");
    expected.status = *named;
    return expected;
}

/// What the cases of a file are read with.
class CaseReader {
 public:
    CaseReader(TestFile& file, const Part& part, api::FieldValidation validation)
        : file_(file), part_(part), validation_(validation) {}

    Result<> read() {
        if (auto opened = open_configuration(); !opened.has_value()) return opened;
        SW_TRY(mocks_, read_mocks(part_.find("mocks"), part_.place_of("mocks"), {}));
        const auto cases = part_.find("cases");
        if (!cases.has_value() || !cases->is_array())
            return unusable(part_.place_of("cases"), "has to be an array");
        std::set<std::string> names;
        for (std::size_t i = 0; i < cases->size(); ++i) {
            const std::string place = "cases[" + std::to_string(i) + "]";
            SW_TRY(TestCase read, read_case((*cases)[i], place));
            if (!names.insert(read.name).second)
                return unusable(below(place, "name"), "is another case's name, too");
            file_.cases.push_back(std::move(read));
        }
        return {};
    }

 private:
    Result<> open_configuration() {
        SW_TRY(const auto name, part_.text("mockConfig"));
        if (!name.has_value()) return {};
        SW_TRY(const std::string text,
               read_input_file((file_.path.parent_path() / *name).string()));
        Result<flow::MockConfiguration> read = flow::MockConfiguration::parse(text);
        if (!read.has_value()) return unusable(*name, read.error().message());
        configuration_ = *std::move(read);
        return {};
    }

    Result<TestCase> read_case(json::Value value, const std::string& place) {
        SW_TRY(const Part part, Part::open(value, place,
                                           {"name", "input", "mocks", "testCase", "now",
                                            "executionName", "expect"}));
        TestCase read;
        SW_TRY(auto name, part.text("name"));
        if (!name.has_value() || name->empty())
            return unusable(part.place_of("name"), "has to be there");
        read.name = *std::move(name);
        read.input = part.payload("input");
        if (read.input.is_absent()) read.input = Payload::trusted("{}");
        SW_TRY(const auto now, part.text("now"));
        if (now.has_value()) {
            const auto time = asl::Timestamp::parse(*now);
            if (!time.has_value())
                return unusable(part.place_of("now"), "is no time as 2026-01-31T12:00:00Z");
            read.now = time->rounded_up();
        }
        SW_TRY(auto execution_name, part.text("executionName"));
        read.execution_name = std::move(execution_name).value_or("");
        if (!read.execution_name.empty() && !flow::is_valid_name(read.execution_name))
            return unusable(part.place_of("executionName"), "is no name that AWS allows");
        SW_TRY(flow::Mocks mocks, test_case_mocks(part));
        SW_TRY(mocks, read_mocks(part.find("mocks"), part.place_of("mocks"), std::move(mocks)));
        if (!mocks.is_empty()) read.mocks = std::make_shared<const flow::Mocks>(std::move(mocks));
        SW_TRY(read.expected, read_expectation(part.find("expect"), part.place_of("expect")));
        return read;
    }

    // Those of all cases, and the MockConfigFile's above them.
    Result<flow::Mocks> test_case_mocks(const Part& part) {
        flow::Mocks mocks = mocks_;
        SW_TRY(const auto name, part.text("testCase"));
        if (!name.has_value()) return mocks;
        const flow::MocksPtr found = configuration_.find(file_.state_machine, *name);
        if (found == nullptr) {
            return unusable(part.place_of("testCase"), "the mockConfig has no test case \"" +
                                                           *name + "\" of the state machine \"" +
                                                           file_.state_machine + "\"");
        }
        for (const auto& [state, responses] : found->responses()) {
            if (auto good = check(state, responses); !good.has_value())
                return unusable(part.place_of("testCase"), good.error().message());
            mocks.set(state, responses);
        }
        return mocks;
    }

    Result<flow::Mocks> read_mocks(std::optional<json::Value> value, const std::string& place,
                                   flow::Mocks onto) {
        if (!value.has_value()) return onto;
        Result<flow::Mocks> read = flow::Mocks::read(*value);
        if (!read.has_value()) return unusable(place, read.error().message());
        for (const auto& [state, responses] : read->responses()) {
            if (auto good = check(state, responses); !good.has_value())
                return unusable(place, good.error().message());
            onto.set(state, responses);
        }
        return onto;
    }

    // That the state is there and may answer so.
    Result<> check(const std::string& state, const std::vector<flow::MockedResponse>& responses) {
        const auto in_state = [&](const std::string& what) {
            return unusable("\"" + state + "\"", what);
        };
        const auto index = file_.program->find(state);
        if (!index.has_value()) return in_state("the definition has no such state");
        if (file_.program->state(*index).type != asl::StateType::task)
            return in_state("is no Task: only those are mocked");
        for (const flow::MockedResponse& response : responses) {
            const Payload* const output = std::get_if<Payload>(&response.answer);
            if (output == nullptr) continue;
            api::Mock mock;
            mock.result = std::string(output->text());
            mock.validation = validation_;
            if (auto good = api::check_mock(mock, tested(state)); !good.has_value())
                return in_state(good.error().message());
        }
        return {};
    }

    const api::TestedState& tested(const std::string& state) {
        const auto found = tested_.find(state);
        if (found != tested_.end()) return found->second;
        const auto document = json::Document::parse(file_.definition);
        return tested_
            .emplace(state, api::TestedState::read(*asl::lone_state(document->root(), state)))
            .first->second;
    }

    TestFile& file_;
    const Part& part_;
    const api::FieldValidation validation_;
    flow::MockConfiguration configuration_;
    flow::Mocks mocks_;  // of all cases
    std::map<std::string, api::TestedState> tested_;
};

// "order" of "order.test.json" and of "order.asl.json".
std::string stem_of(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    return name.substr(0, name.find('.'));
}

Result<> read_definition(TestFile& file, const Part& part) {
    SW_TRY(const auto named, part.text("definition"));
    const std::string name = file.path.filename().string();
    const std::string beside = name.substr(0, name.size() - test_ending.size()).append(".asl.json");
    file.definition_path = file.path.parent_path() / named.value_or(beside);
    SW_TRY(file.definition, read_input_file(file.definition_path.string()));
    asl::Program::Compiled compiled = asl::Program::compile(file.definition);
    file.program = std::move(compiled.program);
    for (const asl::Diagnostic& problem : compiled.diagnostics) {
        if (!problem.is_error) continue;
        return unusable(
            file.definition_path.string(),
            problem.message + (problem.location.empty() ? "" : " at ") + problem.location);
    }
    return {};
}

Result<> read_machine(TestFile& file, const Part& part) {
    SW_TRY(const auto name, part.text("stateMachine"));
    file.state_machine = name.value_or(stem_of(file.definition_path));
    if (!flow::is_valid_name(file.state_machine) ||
        flow::character_count(file.state_machine) > machine_name_max) {
        return unusable(part.place_of("stateMachine"),
                        "\"" + file.state_machine + "\" is no name that AWS allows");
    }
    SW_TRY(const auto type, part.text("type"));
    if (!type.has_value() || *type == "STANDARD") return {};
    if (*type != "EXPRESS")
        return unusable(part.place_of("type"), "is neither STANDARD nor EXPRESS");
    file.type = flow::MachineType::express;
    return {};
}

}  // namespace

Result<TestFile> read_test_file(const std::filesystem::path& path,
                                api::FieldValidation validation) {
    TestFile file;
    file.path = path;
    SW_TRY(const std::string text, read_input_file(path.string()));
    const Result<json::Document> document = json::Document::parse(text);
    if (!document.has_value()) return unusable("", document.error().message());
    SW_TRY(const Part part,
           Part::open(document->root(), "",
                      {"definition", "mockConfig", "stateMachine", "type", "mocks", "cases"}));
    if (auto read = read_definition(file, part); !read.has_value()) return read.error();
    if (auto read = read_machine(file, part); !read.has_value()) return read.error();
    if (auto read = CaseReader(file, part, validation).read(); !read.has_value())
        return read.error();
    return file;
}

}  // namespace stepwell::cli
