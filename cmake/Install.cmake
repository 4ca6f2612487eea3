# SPDX-License-Identifier: Apache-2.0

# Where `cmake --install` puts the library, the server and what their users need. Each component is a Debian package;
# `cmake --install` alone installs all of them.

include(CMakePackageConfigHelpers)

set(cmake_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/containercollector)

install(
  TARGETS containercollector
  EXPORT containercollectorTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(
  EXPORT containercollectorTargets
  NAMESPACE containercollector::
  DESTINATION ${cmake_package_dir}
  COMPONENT development)

# Before 1.0 a new minor version may break its users, so 0.2 does not satisfy a request for 0.1.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
else()
  set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/containercollectorConfigVersion.cmake COMPATIBILITY ${compatibility})
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/containercollectorConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/containercollectorConfig.cmake
  INSTALL_DESTINATION ${cmake_package_dir})
install(
  FILES ${PROJECT_BINARY_DIR}/cmake/containercollectorConfig.cmake
        ${PROJECT_BINARY_DIR}/cmake/containercollectorConfigVersion.cmake
  DESTINATION ${cmake_package_dir}
  COMPONENT development)

# Relative to the file's place, so that the installed tree can be moved.
file(RELATIVE_PATH CONTAINERCOLLECTOR_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" CONTAINERCOLLECTOR_PC_PREFIX "${CONTAINERCOLLECTOR_PC_PREFIX}")
# If there is only a static library, a program links it with or without --static.
set(CONTAINERCOLLECTOR_PC_LIBS "")
if(NOT BUILD_SHARED_LIBS)
  set(CONTAINERCOLLECTOR_PC_LIBS " -lcurl")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/containercollector.pc.in
               ${PROJECT_BINARY_DIR}/cmake/containercollector.pc @ONLY)
install(
  FILES ${PROJECT_BINARY_DIR}/cmake/containercollector.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT development)

if(TARGET container-collector)
  # Outside of /usr the dynamic linker does not find the library.
  if(BUILD_SHARED_LIBS AND NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    file(RELATIVE_PATH from_bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
    set_target_properties(container-collector PROPERTIES INSTALL_RPATH "$ORIGIN/${from_bin_to_lib}")
  endif()
  install(TARGETS container-collector RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT server)
endif()

# The Debian packages hold these two in other forms.
if(NOT CONTAINERCOLLECTOR_DEBIAN_PACKAGES)
  if(TARGET container-collector)
    install(
      FILES ${PROJECT_SOURCE_DIR}/docs/container-collector.1
      DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
      COMPONENT server)
  endif()
  install(
    FILES ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DOCDIR}
    COMPONENT development)
endif()
