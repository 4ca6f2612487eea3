// SPDX-License-Identifier: Apache-2.0
/// Checks of options, implemented next to those of their struct.
#ifndef CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_
#define CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_

#include "containercollector/list_options.h"
#include "containercollector/runtime_options.h"

namespace containercollector::internal {

/// Returns the options. Checks everything but the endpoint; see
/// ParseEndpoint().
/// @throws Error kInvalidArgument; the text says what to use instead.
const RuntimeOptions& CheckOptions(const RuntimeOptions& options);

/// @throws Error kInvalidArgument; the text says what to use instead.
void CheckOptions(const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_
