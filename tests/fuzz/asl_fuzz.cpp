// Any bytes as a definition: it compiles or says why not, and what compiles can be evaluated.
#include <cstdint>
#include <string_view>

#include "asl/evaluate.hpp"
#include "base/assert.hpp"

namespace asl = stepwell::asl;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto compiled = asl::Program::compile(text);
    SW_ASSERT((compiled.program == nullptr) == !compiled.diagnostics.empty());
    if (compiled.program == nullptr) return 0;

    const asl::Program& program = *compiled.program;
    const auto input = stepwell::Payload::trusted(
        R"({"a":{"b":[1,"x",null]},"c":2.5,"t":"2020-01-01T00:00:00Z"})");
    for (std::uint32_t i = 0; i < program.size(); ++i) {
        const asl::State& state = program.state(asl::StateIndex{i});
        asl::ContextObject context;
        context.execution_input = &input;
        context.state_name = state.name;
        context.task_token = "token";
        const asl::Variables variables = input;
        const asl::Scope scope{state, input, context, variables, 2};
        SW_ASSERT(program.find(state.name).has_value());
        switch (state.type) {
            case asl::StateType::choice:
                static_cast<void>(asl::choose(scope));
                break;
            case asl::StateType::fail:
                static_cast<void>(asl::fail_texts(scope));
                break;
            case asl::StateType::wait:
                static_cast<void>(asl::wait_until(scope, stepwell::TimePoint{}));
                [[fallthrough]];
            case asl::StateType::pass:
            case asl::StateType::succeed:
                static_cast<void>(asl::state_output(scope));
                break;
            default:
                static_cast<void>(asl::task_times(scope));
                static_cast<void>(asl::effective_input(scope));
                static_cast<void>(asl::state_output(scope, input));
                for (std::size_t c = 0; c < state.catchers.size(); ++c) {
                    static_cast<void>(asl::catcher_output(scope, c, "Error", "cause"));
                }
        }
    }
    return 0;
}
