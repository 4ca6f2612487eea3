# SPDX-License-Identifier: Apache-2.0

# Debian packages by CPack, one for each component of Install.cmake; `scripts/package` makes them. They are for a build
# with a shared library and the prefix /usr.

if(NOT BUILD_SHARED_LIBS OR NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr" OR NOT TARGET container-collector)
  message(FATAL_ERROR "CONTAINERCOLLECTOR_DEBIAN_PACKAGES needs BUILD_SHARED_LIBS=ON, CMAKE_INSTALL_PREFIX=/usr and "
                      "CONTAINERCOLLECTOR_BUILD_SERVER=ON: use cmake --preset debian")
endif()

# Debian's policy: the name of a library's package ends with its SONAME.
get_target_property(soversion containercollector SOVERSION)
set(library_package libcontainercollector${soversion})

# What only a Debian package holds.
install(
  FILES deploy/systemd/container-collector.service
  DESTINATION lib/systemd/system
  COMPONENT server)
install(
  FILES deploy/systemd/container-collector.conf
  DESTINATION /etc/container-collector
  COMPONENT server)
foreach(component_and_package runtime:${library_package} development:libcontainercollector-dev
                              server:container-collector)
  string(REPLACE ":" ";" component_and_package ${component_and_package})
  list(GET component_and_package 0 component)
  list(GET component_and_package 1 package)
  string(TOUPPER ${component} COMPONENT)
  install(
    FILES LICENSE
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
    COMPONENT ${component}
    RENAME copyright)
  set(CPACK_DEBIAN_${COMPONENT}_PACKAGE_NAME ${package})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "KubeDiag")
set(CPACK_PACKAGE_CONTACT "Container Collector maintainers")
# Each package begins its description with a summary of its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development server)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# The server and the development files are for the library of their own version and no other.
set(same_library "${library_package} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/lib)

set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
    "Lists the containers of a node
A C++ library that asks the Docker daemon of a node for its containers, and
tells the ways apart in which a sick daemon fails.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_GENERATE_SHLIBS_POLICY "=")

set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "Lists the containers of a node (development files)
What is needed to build programs with libcontainercollector: headers, CMake
package and pkg-config file.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${same_library}")

set(CPACK_COMPONENT_SERVER_DESCRIPTION
    "HTTP server that lists the containers of a node
Answers POST /processor/containercollector with the containers that the
node's Docker daemon lists, as a processor of KubeDiag.")
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "${same_library}, passwd")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "docker.io | docker-ce")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
    ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)

include(CPack)
