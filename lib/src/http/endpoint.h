// SPDX-License-Identifier: Apache-2.0
/// Where a daemon or a container runtime listens.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_ENDPOINT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_ENDPOINT_H_

#include <string>

namespace containercollector::internal {

struct Endpoint {
  std::string text;         ///< As it was written, for people.
  std::string socket_path;  ///< Empty for TCP.
  std::string base_url;     ///< Stands before each request's target.
  bool tls = false;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_ENDPOINT_H_
