// SPDX-License-Identifier: Apache-2.0
/// Checks of options, each implemented beside the struct that it checks.
#ifndef CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_
#define CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_

#include "containercollector/client_options.h"
#include "containercollector/list_options.h"

namespace containercollector::internal {

/// Checks all but the endpoint, see ParseEndpoint().
/// @throws Error kInvalidArgument, with a text that says what to write.
void CheckOptions(const ClientOptions& options);

/// @throws Error kInvalidArgument, with a text that says what to write.
void CheckOptions(const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_OPTION_CHECKS_H_
