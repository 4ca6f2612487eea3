// SPDX-License-Identifier: Apache-2.0
/// Where a container runtime listens.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_CRI_ENDPOINT_H_
#define CONTAINERCOLLECTOR_SRC_CRI_CRI_ENDPOINT_H_

#include <string_view>

#include "lib/src/http/endpoint.h"

namespace containercollector::internal::cri {

/// Parses `unix:///path`.
/// @throws Error kInvalidArgument, with a text that says what to write.
Endpoint ParseEndpoint(std::string_view text);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_CRI_ENDPOINT_H_
