# SPDX-License-Identifier: Apache-2.0

# Debian's cross compiler for arm64: cmake --toolchain cmake/Arm64.cmake. Needs the packages that scripts/package --arch
# arm64 installs.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Not the libraries of this machine.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
# Runs the tests.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
