# SPDX-License-Identifier: Apache-2.0

# The reference of the public headers: `cmake --build <dir> --target documentation`. Warnings are errors, so
# that a comment cannot drift away from its function.
find_package(Doxygen 1.9 QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()

set(DOXYGEN_PROJECT_NAME "Container Collector")
set(DOXYGEN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/documentation)
set(DOXYGEN_STRIP_FROM_PATH ${PROJECT_SOURCE_DIR}/lib/include ${PROJECT_BINARY_DIR}/lib/include)
set(DOXYGEN_FULL_PATH_NAMES YES)
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_EXTRACT_ALL YES)
set(DOXYGEN_EXCLUDE_SYMBOLS containercollector::internal "containercollector::internal::*")
set(DOXYGEN_MACRO_EXPANSION YES)
set(DOXYGEN_EXPAND_ONLY_PREDEF YES)
set(DOXYGEN_PREDEFINED CONTAINERCOLLECTOR_EXPORT=)
set(DOXYGEN_EXCLUDE_PATTERNS */export.h)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_GENERATE_LATEX NO)
set(DOXYGEN_QUIET YES)
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
doxygen_add_docs(
  documentation ${PROJECT_SOURCE_DIR}/lib/include ${PROJECT_BINARY_DIR}/lib/include
  COMMENT "Writing the reference to documentation/html")
