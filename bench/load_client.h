// SPDX-License-Identifier: Apache-2.0

/// Many clients of one server, on one thread.
#ifndef CONTAINERCOLLECTOR_BENCH_LOAD_CLIENT_H_
#define CONTAINERCOLLECTOR_BENCH_LOAD_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace containercollector::bench {

struct Load {
  std::uint16_t port = 0;          ///< On 127.0.0.1.
  std::string request;             ///< With `Connection: close`.
  std::size_t response_bytes = 0;  ///< At least so many make a whole response.
  int clients = 1;  ///< Each sends its next request after a response.
  /// How long requests are sent. The last responses may take longer, but no
  /// more than a minute.
  std::chrono::milliseconds duration{10'000};
};

struct LoadResult {
  std::vector<std::chrono::microseconds> latencies;  ///< Sorted; of whole
                                                     ///< responses.
  std::size_t failures = 0;
  double seconds = 0;  ///< Until the last response.

  double PerSecond() const {
    return static_cast<double>(latencies.size()) / seconds;
  }
  std::chrono::microseconds Percentile(std::size_t percent) const {
    return latencies.empty()
               ? std::chrono::microseconds(0)
               : latencies.at((latencies.size() - 1) * percent / 100);
  }
};

/// Opens a connection for each request, as KubeDiag's agent does. A response
/// that is not whole or whose status is not 200 is a failure.
/// @throws std::system_error
LoadResult RunLoad(const Load& load);

}  // namespace containercollector::bench

#endif  // CONTAINERCOLLECTOR_BENCH_LOAD_CLIENT_H_
