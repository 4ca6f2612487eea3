// SPDX-License-Identifier: Apache-2.0

/// @file
/// The route of the container collector, without an HTTP server.
#ifndef CONTAINERCOLLECTOR_PROCESSOR_H_
#define CONTAINERCOLLECTOR_PROCESSOR_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "containercollector/client.h"
#include "containercollector/error.h"
#include "containercollector/export.h"
#include "containercollector/list_options.h"

namespace containercollector {

/// The answer to one request.
struct Response {
  int status = 500;  ///< HTTP status.
  std::string content_type;
  std::vector<std::pair<std::string, std::string>>
      headers;       ///< Further headers, e.g. `Allow` with a 405.
  std::string body;  ///< JSON with a 200, else the error as plain text.
  std::size_t container_count = 0;  ///< How many containers the body holds.
  std::optional<ErrorCode>
      error;  ///< Why there is no 200, where the library knows.
};

/// Answers `POST /processor/containercollector`: any HTTP server can mount it.
///
/// RAII: owns its Client. Thread-safety: as Client.
class CONTAINERCOLLECTOR_EXPORT Processor {
 public:
  /// Where KubeDiag's Operation expects the processor.
  static constexpr std::string_view kPath = "/processor/containercollector";

  explicit Processor(Client client) noexcept : client_(std::move(client)) {}

  /// Answers a request: 200 with the containers as a JSON array, 405 unless
  /// `method` is POST, 400 when `query` is malformed, 500 when the daemon
  /// cannot be asked.
  /// @param method The request's method, e.g. "POST".
  /// @param query The request's query string as it came, without the "?"; see
  /// ParseListOptions().
  Response Handle(std::string_view method, std::string_view query) const;

  /// The first half of Handle(): what the request asks for, or the answer that
  /// refuses it. Asks no daemon.
  static std::variant<ListOptions, Response> Parse(std::string_view method,
                                                   std::string_view query);

  /// The second half of Handle(): asks the daemon.
  Response Collect(const ListOptions& options) const;

  const Client& client() const noexcept { return client_; }

 private:
  Client client_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_PROCESSOR_H_
