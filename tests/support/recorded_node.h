// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_RECORDED_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_RECORDED_NODE_H_

#include <string>
#include <string_view>
#include <vector>

#include "lib/src/cri/containers.h"

namespace containercollector::test {

/// Lists recorded containers as the daemon would that they were recorded from.
class RecordedNode {
 public:
  /// @param containers_json The response to all=1&size=1.
  /// @throws Error kResponseMalformed
  explicit RecordedNode(const std::string& containers_json);

  /// Returns the response to `/containers/json` with this query.
  /// @throws Error with the text of the daemon's 400.
  std::string operator()(std::string_view query) const;

 private:
  std::string List(std::string_view query) const;

  std::vector<internal::cri::Entry> entries_;
  /// The response to all=1, made once: benchmarks time clients that ask for it.
  std::string all_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_RECORDED_NODE_H_
