# SPDX-License-Identifier: Apache-2.0

# Turns on the project's warnings for one target, but not for the targets that link it.
function(containercollector_set_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(CONTAINERCOLLECTOR_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
