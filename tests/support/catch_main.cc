// SPDX-License-Identifier: Apache-2.0

// Catch2 version 2 has its main in a header; version 3 has it in a library.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
