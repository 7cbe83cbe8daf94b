# Puts the runtimes' bootstraps (bootstrap/node.cjs, bootstrap/python.py) into the function layer as text.
set(bootstrap_directory ${CMAKE_CURRENT_LIST_DIR}/bootstrap)
set(bootstrap_source ${CMAKE_CURRENT_BINARY_DIR}/function_bootstrap.cpp)
add_custom_command(
  OUTPUT ${bootstrap_source}
  COMMAND ${CMAKE_COMMAND} -D NODE=${bootstrap_directory}/node.cjs -D PYTHON=${bootstrap_directory}/python.py
          -D OUTPUT=${bootstrap_source} -P ${bootstrap_directory}/embed.cmake
  DEPENDS ${bootstrap_directory}/node.cjs ${bootstrap_directory}/python.py ${bootstrap_directory}/embed.cmake
  COMMENT "Embedding the functions' bootstraps" VERBATIM)
target_sources(stepwell_function PRIVATE ${bootstrap_source})
