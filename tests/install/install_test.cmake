# Installs the engine below WORK, takes the C++ example out of README.md, and builds and runs it against what is
# installed: once through find_package, once through pkg-config.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component development)

file(READ ${README} readme)
string(FIND "${readme}" "```cpp\n" start)
if(start EQUAL -1)
  message(FATAL_ERROR "README.md has no C++ example")
endif()
math(EXPR start "${start} + 7")
string(SUBSTRING "${readme}" ${start} -1 example)
string(FIND "${example}" "\n```" end)
string(SUBSTRING "${example}" 0 ${end} example)
file(WRITE ${WORK}/source/main.cpp "${example}\n")
file(COPY ${CONSUMER}/CMakeLists.txt DESTINATION ${WORK}/source)

# Nothing of the source tree may be needed: no public header points outside of what was installed.
run(${CMAKE_COMMAND} -S ${WORK}/source -B ${WORK}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
    -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/example)

file(GLOB_RECURSE package_file ${prefix}/*/stepwell.pc)
cmake_path(GET package_file PARENT_PATH package_directory)
set(ENV{PKG_CONFIG_PATH} ${package_directory})
execute_process(COMMAND pkg-config --cflags --libs stepwell
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run(${COMPILER} ${WORK}/source/main.cpp ${flags} -o ${WORK}/example-pkg-config)
run(${WORK}/example-pkg-config)
