# SPDX-License-Identifier: Apache-2.0

# Debian packages by CPack, one for each component of Install.cmake. scripts/package makes them. They need a shared
# library and the prefix /usr.

if(NOT BUILD_SHARED_LIBS OR NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr" OR NOT TARGET container-collector)
  message(FATAL_ERROR "CONTAINERCOLLECTOR_DEBIAN_PACKAGES needs BUILD_SHARED_LIBS=ON, CMAKE_INSTALL_PREFIX=/usr and "
                      "CONTAINERCOLLECTOR_BUILD_SERVER=ON: use cmake --preset debian")
endif()

set(CPACK_PACKAGE_VENDOR "KubeDiag")
set(CPACK_PACKAGE_CONTACT "KubeDiag <kubediag@users.noreply.github.com>")

# The packages of each Debian depend on its own libraries, so the version names it: 0.1.0-1~deb12u1. An upgrade of Debian
# then upgrades them too.
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
cmake_host_system_information(RESULT debian QUERY DISTRIB_VERSION_ID)
if(debian MATCHES "^[0-9]+$")
  string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "~deb${debian}u1")
endif()
set(deb_version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

# Debian's policy: the name of a library's package ends with its SONAME.
get_target_property(soversion containercollector SOVERSION)
set(library_package libcontainercollector${soversion})
set(runtime_package ${library_package})
set(development_package libcontainercollector-dev)
set(server_package container-collector)

# CPack generates shlibs and the trigger only for a SONAME without a dot.
set(debian_dir ${PROJECT_BINARY_DIR}/debian)
file(WRITE ${debian_dir}/shlibs "libcontainercollector ${soversion} ${library_package} (= ${deb_version})\n")
file(WRITE ${debian_dir}/triggers "activate-noawait ldconfig\n")

# Compresses a file as Debian's policy asks: as small as possible, without a timestamp.
function(compress input output)
  execute_process(COMMAND gzip -9n INPUT_FILE ${input} OUTPUT_FILE ${output} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${PROJECT_SOURCE_DIR}/deploy/debian/changelog.in ${debian_dir}/changelog @ONLY)
compress(${debian_dir}/changelog ${debian_dir}/changelog.Debian.gz)
compress(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${debian_dir}/changelog.gz)
compress(${PROJECT_SOURCE_DIR}/docs/container-collector.1 ${debian_dir}/container-collector.1.gz)

# What only a Debian package holds.
foreach(component runtime development server)
  set(package ${${component}_package})
  install(
    FILES deploy/debian/copyright ${debian_dir}/changelog.gz ${debian_dir}/changelog.Debian.gz
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
    COMPONENT ${component})
  string(TOUPPER ${component} COMPONENT)
  set(CPACK_DEBIAN_${COMPONENT}_PACKAGE_NAME ${package})
endforeach()

# Debian 13 keeps units below /usr, Debian 12 beside it.
if(debian VERSION_GREATER_EQUAL 13 OR NOT debian)
  set(unit_dir lib/systemd/system)
else()
  set(unit_dir /lib/systemd/system)
endif()
install(
  FILES deploy/systemd/container-collector.service
  DESTINATION ${unit_dir}
  COMPONENT server)
install(
  FILES deploy/systemd/container-collector.default
  DESTINATION /etc/default
  RENAME container-collector
  COMPONENT server)
install(
  FILES ${debian_dir}/container-collector.1.gz
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  COMPONENT server)

# The static library holds the objects of the shared one.
add_library(containercollector_static STATIC $<TARGET_OBJECTS:containercollector>)
set_target_properties(containercollector_static PROPERTIES OUTPUT_NAME containercollector LINKER_LANGUAGE CXX)
install(
  TARGETS containercollector_static
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  COMPONENT development)
install(
  CODE "execute_process(COMMAND ${CMAKE_STRIP} --strip-debug --enable-deterministic-archives --remove-section=.comment
        \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libcontainercollector.a\"
        COMMAND_ERROR_IS_FATAL ANY)"
  COMPONENT development)
install(
  FILES docs/use-from-your-processor.md
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${development_package}
  COMPONENT development)
install(
  DIRECTORY examples
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${development_package}
  COMPONENT development
  FILES_MATCHING
  PATTERN "*.cc"
  PATTERN "*.h")

set(CPACK_GENERATOR DEB)
# Each package begins its description with a summary of its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development server)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
if(CMAKE_CROSSCOMPILING)
  # scripts/package sets it; without it, CPack takes this machine's.
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE $ENV{DEB_HOST_ARCH})
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# The server and the development files need the library of exactly their version.
set(same_library "${library_package} (= ${deb_version})")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/lib)

set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
    "Lists the containers of a node
A C++ library that asks the Docker daemon of a node for its containers, and
tells apart the ways in which a sick daemon fails.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${debian_dir}/shlibs ${debian_dir}/triggers)

set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "Lists the containers of a node (development files)
Headers, static library, CMake package, pkg-config file, guide and examples
for programs that use libcontainercollector.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${same_library}")
# For programs that link the static library.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "libcurl4-openssl-dev")

set(CPACK_COMPONENT_SERVER_DESCRIPTION
    "HTTP server that lists the containers of a node
Returns the containers that the node's Docker daemon lists to requests of
POST /processor/containercollector, as a processor of KubeDiag.")
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "${same_library}, passwd")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "docker.io | docker-ce")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
    ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)

include(CPack)
