// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_HTTP_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_HTTP_H_

#include <map>
#include <string>

#include "tests/support/process.h"

namespace containercollector::engine {

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;

  /// Empty when the answer has no such header.
  std::string Header(const std::string& name) const;
};

/// Asks with the curl command, which shares no code with what is tested. Throws
/// std::runtime_error when there is no complete answer.
HttpResponse Curl(const test::Command& arguments);

/// GET of `path` from the daemon that listens on the unix socket.
HttpResponse AskDaemon(const std::string& socket, const std::string& path);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_HTTP_H_
