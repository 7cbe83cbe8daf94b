# What `cmake --install` lays down. Component `development`: the engine for programs that embed it, found by
# find_package(stepwell) and by pkg-config. Component `runtime`: the server and the SDKs for Node.js functions.
include(CMakePackageConfigHelpers)

install(TARGETS stepwell_engine EXPORT stepwell ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/engine/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT development FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/stepwell)
install(EXPORT stepwell NAMESPACE stepwell:: FILE stepwell-targets.cmake DESTINATION ${package_directory}
        COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/stepwell-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/stepwell-config.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/stepwell-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/stepwell-config.cmake
        ${CMAKE_CURRENT_BINARY_DIR}/stepwell-config-version.cmake
        DESTINATION ${package_directory} COMPONENT development)

file(RELATIVE_PATH prefix_from_package /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/stepwell.pc.in ${CMAKE_CURRENT_BINARY_DIR}/stepwell.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/stepwell.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)

if(TARGET stepwell)
  install(TARGETS stepwell RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/node_modules DESTINATION ${CMAKE_INSTALL_DATADIR}/stepwell
          COMPONENT runtime OPTIONAL)
endif()
