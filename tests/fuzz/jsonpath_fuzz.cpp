// A line with an expression (a path or an intrinsic call), then JSON: compiling never fails badly,
// and what it finds is JSON. A definite path finds what the general way of looking finds, too.
#include <cstdint>
#include <string>
#include <string_view>

#include "asl/template.hpp"
#include "base/assert.hpp"

namespace asl = stepwell::asl;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all{reinterpret_cast<const char*>(data), size};
    const std::size_t line = all.find('\n');
    if (line == std::string_view::npos) return 0;
    const auto expression = asl::parse_expression(all.substr(0, line));
    const auto input = stepwell::Payload::parse(all.substr(line + 1));
    if (!expression || !input) return 0;

    const asl::State state{"S", asl::StateType::pass, {}, true, {}, {}, false, {}, {}, {}};
    asl::ContextObject context;
    context.execution_input = &*input;
    const asl::Variables variables = *input;
    const asl::Scope scope{state, *input, context, variables, 2};
    asl::Evaluation evaluation{scope, *input};
    std::string out;
    const auto done = asl::append_expression(evaluation, *expression, "f.$", out);
    SW_ASSERT(!done || !stepwell::json::find_syntax_error(out));

    const auto* reference = std::get_if<asl::Reference>(&*expression);
    if (reference == nullptr || reference->root() != asl::Reference::Root::input) return 0;
    if (!reference->path().is_definite()) return 0;
    std::vector<stepwell::json::Value> found;
    SW_ASSERT(reference->path().find_all(evaluation.root(), found));
    const auto one = reference->path().find(evaluation.root());
    SW_ASSERT(found.size() == (one ? 1u : 0u));
    SW_ASSERT(!one || one->node() == found.front().node());
    return 0;
}
