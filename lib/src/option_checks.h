// SPDX-License-Identifier: Apache-2.0
/// Checks of options. Those of a struct are implemented next to it.
#ifndef CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_
#define CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_

#include <chrono>
#include <cstddef>

#include "containercollector/list_options.h"
#include "containercollector/runtime_options.h"

namespace containercollector::internal {

/// @throws Error kInvalidArgument; the text says what to use instead.
void CheckDuration(const char* name, std::chrono::nanoseconds duration);
void CheckMaxResponse(std::size_t bytes);

/// Checks everything but the endpoint; see ParseEndpoint().
/// @throws Error kInvalidArgument; the text says what to use instead.
void CheckOptions(const RuntimeOptions& options);

/// @throws Error kInvalidArgument; the text says what to use instead.
void CheckOptions(const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_
