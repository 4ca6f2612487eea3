// SPDX-License-Identifier: Apache-2.0

/// Catch2, version 2 or 3, whichever is installed.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_CATCH_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_CATCH_H_

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_CATCH_H_
