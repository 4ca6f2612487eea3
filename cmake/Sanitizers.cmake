# SPDX-License-Identifier: Apache-2.0

# Builds one target with the sanitizers that CONTAINERCOLLECTOR_SANITIZER names.
function(containercollector_set_sanitizer target)
  if(CONTAINERCOLLECTOR_SANITIZER STREQUAL "")
    return()
  elseif(CONTAINERCOLLECTOR_SANITIZER STREQUAL "address")
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  elseif(CONTAINERCOLLECTOR_SANITIZER STREQUAL "thread")
    set(flags -fsanitize=thread -fno-omit-frame-pointer)
  else()
    message(FATAL_ERROR "CONTAINERCOLLECTOR_SANITIZER is \"${CONTAINERCOLLECTOR_SANITIZER}\": "
                        "set it to address, thread, or nothing")
  endif()
  # GCC warns of uninitialized values in code that the sanitizer adds to the standard library.
  target_compile_options(${target} PRIVATE ${flags} -Wno-maybe-uninitialized)
  target_link_options(${target} PUBLIC ${flags})
endfunction()
