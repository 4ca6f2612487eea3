# SPDX-License-Identifier: Apache-2.0

# If a dependency is missing, the configuration fails and names the Debian package to install.

# Finds a package through its CMake config or find module. A macro, so that the caller gets the package's variables.
macro(containercollector_require_package name debian_package)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} ${ARGN} was not found. On Debian: apt-get install ${debian_package}")
  endif()
endmacro()

# Finds a library through pkg-config and defines the imported target PkgConfig::<prefix>.
function(containercollector_require_pkgconfig prefix module debian_package)
  containercollector_require_package(PkgConfig pkg-config)
  pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
  if(NOT ${prefix}_FOUND)
    message(FATAL_ERROR "${module} was not found. On Debian: apt-get install ${debian_package}")
  endif()
endfunction()

# Finds a library that is only headers and has no CMake config. Sets the variable to the directory of the header.
function(containercollector_require_header variable header debian_package)
  find_path(${variable} ${header})
  if(NOT ${variable})
    message(FATAL_ERROR "${header} was not found. On Debian: apt-get install ${debian_package}")
  endif()
endfunction()
