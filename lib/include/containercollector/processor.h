// SPDX-License-Identifier: Apache-2.0

/// @file
/// The processor's two routes, without an HTTP server.
#ifndef CONTAINERCOLLECTOR_PROCESSOR_H_
#define CONTAINERCOLLECTOR_PROCESSOR_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "containercollector/call_options.h"
#include "containercollector/container_runtime.h"
#include "containercollector/error.h"
#include "containercollector/export.h"
#include "containercollector/list_options.h"

namespace containercollector {

/// The response to one request.
struct Response {
  int status = 500;          ///< HTTP status.
  std::string content_type;  ///< Value of the header Content-Type.
  /// More headers, e.g. `Allow` with a 405, or Processor::kIncompleteHeader
  /// with a 200.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  ///< JSON with a 200, else the error as plain text.
  std::size_t container_count = 0;  ///< Number of containers in the body.
  /// How many of them lack details; see CallOptions::on_incomplete.
  std::size_t incomplete_count = 0;
  /// The error code of a 400 or 500.
  std::optional<ErrorCode> error;
};

/// A parsed request; see Processor::Parse().
struct ProcessorRequest {
  ListOptions options;

  /// The key of the object in the response; see WrapContainers(). If absent,
  /// the response is the array.
  std::optional<std::string> object_key;
};

/// Returns the JSON object `{"<key>":"<array_json as a JSON string>"}`, which
/// KubeDiag v0.2.0 and later expect.
/// @param array_json Valid UTF-8, e.g. the result of EncodeContainers(). It is
/// escaped, not parsed.
/// @param key The object's key. Invalid UTF-8 becomes U+FFFD.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string WrapContainers(
    std::string_view array_json, std::string_view key);

/// Handles the processor's two routes, so that any HTTP server can mount them:
///
/// | route | for | 200 body |
/// |-|-|-|
/// | POST kArrayPath | all callers | JSON array of Container |
/// | POST kObjectPath | KubeDiag v0.2.0 and later | see WrapContainers() |
///
/// The query string holds the list options; see ParseListOptions(). On the
/// second route, `key` replaces the object's key, kDefaultObjectKey.
///
/// @code
/// const Processor processor{DockerClient()};
/// const Response response =
///     processor.Handle("POST", "/processor/containercollector?limit=10");
/// @endcode
///
/// RAII: owns its runtime. Thread-safety: as ContainerRuntime.
class CONTAINERCOLLECTOR_EXPORT Processor {
 public:
  static constexpr std::string_view kArrayPath =
      "/processor/containercollector";
  static constexpr std::string_view kObjectPath =
      "/processor/containerCollector";
  static constexpr std::string_view kDefaultObjectKey =
      "collector.kubernetes.container.list";

  /// The header of a 200 in which some containers lack details. Its value is
  /// Response::incomplete_count.
  static constexpr std::string_view kIncompleteHeader =
      "Container-Collector-Incomplete";

  /// Takes ownership of the runtime, for example a DockerClient.
  template <typename Runtime, typename = std::enable_if_t<
                                  std::is_base_of_v<ContainerRuntime, Runtime>>>
  explicit Processor(Runtime runtime)
      : Processor(std::make_unique<const Runtime>(std::move(runtime))) {}

  /// As above.
  /// @param runtime Not null.
  explicit Processor(std::unique_ptr<const ContainerRuntime> runtime)
      : runtime_(std::move(runtime)) {}

  /// Returns the response to a request. Its status is
  /// - 200 if the collection succeeded;
  /// - 400 if a query parameter is malformed or the runtime rejects it;
  /// - 404 if the path is neither kArrayPath nor kObjectPath;
  /// - 405 if the method is not POST;
  /// - 500 if the collection failed; the text is that of the Error.
  ///
  /// Ignore the body of the request.
  /// @param method The request's method, e.g. "POST".
  /// @param target The path and the query string as received, e.g.
  /// "/processor/containercollector?limit=10".
  /// @param call Limits of the runtime call, and a callback for incomplete
  /// entries.
  [[nodiscard]] Response Handle(std::string_view method,
                                std::string_view target,
                                const CallOptions& call = {}) const;

  /// The first half of Handle(): returns the parsed request, or the 400, 404 or
  /// 405 that rejects it. Does not query the runtime.
  [[nodiscard]] static std::variant<ProcessorRequest, Response> Parse(
      std::string_view method, std::string_view target);

  /// The second half of Handle(): returns the response with the array. Requests
  /// that differ only in ProcessorRequest::object_key can share it.
  [[nodiscard]] Response Collect(const ListOptions& options,
                                 const CallOptions& call = {}) const;

  const ContainerRuntime& runtime() const noexcept { return *runtime_; }

 private:
  std::unique_ptr<const ContainerRuntime> runtime_;
  // The size of the last array.
  std::unique_ptr<std::atomic<std::size_t>> array_size_ =
      std::make_unique<std::atomic<std::size_t>>(0);
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_PROCESSOR_H_
