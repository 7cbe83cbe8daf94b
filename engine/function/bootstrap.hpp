// The programs that run inside sandboxes, as text: bootstrap/node.cjs and bootstrap/python.py.
#pragma once

#include <string_view>

namespace stepwell::function {

extern const std::string_view node_bootstrap;
extern const std::string_view python_bootstrap;

}  // namespace stepwell::function
