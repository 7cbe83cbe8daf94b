# Writes OUTPUT: a source file that holds the texts of NODE and PYTHON.
file(READ ${NODE} node_text)
file(READ ${PYTHON} python_text)
file(WRITE ${OUTPUT} "// Generated from the files in engine/function/bootstrap.
#include \"function/bootstrap.hpp\"

namespace stepwell::function {

const std::string_view node_bootstrap = R\"bootstrap(${node_text})bootstrap\";
const std::string_view python_bootstrap = R\"bootstrap(${python_text})bootstrap\";

}  // namespace stepwell::function
")
