// A line with a JSONata expression, then JSON: compiling and evaluating end in bounded time with an
// error or with JSON.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "asl/jsonata/expression.hpp"
#include "base/assert.hpp"

namespace jsonata = stepwell::asl::jsonata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all{reinterpret_cast<const char*>(data), size};
    const std::size_t line = all.find('\n');
    const std::string_view text = all.substr(0, line);
    const std::string_view json = line == std::string_view::npos ? "{}" : all.substr(line + 1);
    jsonata::ExpressionError error;
    const auto expression = jsonata::Expression::compile(text, jsonata::Dialect::jsonata, error);
    if (!expression) {
        SW_ASSERT(!error.code.empty() && !error.message.empty());
        return 0;
    }
    const auto input = stepwell::json::Document::parse(json);
    std::optional<stepwell::json::Value> root;
    if (input) root = input->root();
    jsonata::Options options;
    options.steps_max = 100'000;
    options.bytes_max = 4 << 20;
    options.text_bytes_max = 1 << 20;
    options.depth_max = 300;
    const jsonata::Answer answer = expression->evaluate(root, {}, options);
    SW_ASSERT(!answer.is_value() || !stepwell::json::find_syntax_error(answer.json));
    SW_ASSERT(!answer.is_error() || !answer.error.code.empty());
    return 0;
}
