// SPDX-License-Identifier: Apache-2.0

#include "containercollector/processor.h"

#include <algorithm>
#include <exception>

#include "lib/src/json/encoder.h"
#include "lib/src/query_string.h"
#include "lib/src/text.h"

namespace containercollector {
namespace {

Response TextResponse(int status, std::string text,
                      std::optional<ErrorCode> error = std::nullopt) {
  return {status, "text/plain; charset=utf-8", {}, std::move(text), 0, 0,
          error};
}

/// Returns the result of `collect`, or the response for the error it throws.
template <typename Collect>
Response ErrorsAsResponses(const Collect& collect) {
  try {
    return collect();
  } catch (const Error& error) {
    // A filter that the runtime rejects is the caller's mistake.
    const int status = error.code() == ErrorCode::kRequestRejected ? 400 : 500;
    return TextResponse(status, error.what(), error.code());
  } catch (const std::exception& error) {
    // Most likely out of memory.
    return TextResponse(
        500, std::string("Collecting containers failed: ") + error.what(),
        ErrorCode::kInternal);
  }
}

std::string ParseObjectKey(const internal::QueryParameters& parameters) {
  const std::string* const key = internal::FindParameter(parameters, "key");
  if (key == nullptr) return std::string(Processor::kDefaultObjectKey);
  if (key->empty()) {
    internal::RejectParameter(
        "key", *key, "write the key of the object, or leave the parameter out");
  }
  return *key;
}

}  // namespace

std::string WrapContainers(std::string_view array_json, std::string_view key) {
  std::string json;
  // The result can be megabytes; reserve about the right size at once.
  const auto quotes = std::count(array_json.begin(), array_json.end(), '"');
  json.reserve(array_json.size() + static_cast<std::size_t>(quotes) +
               array_json.size() / 64 + key.size());
  internal::Encoder encoder(std::move(json));
  encoder.Byte('{');
  encoder.String(key);
  encoder.Byte(':');
  encoder.String(array_json);
  encoder.Byte('}');
  return encoder.Take();
}

std::variant<ProcessorRequest, Response> Processor::Parse(
    std::string_view method, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path != kArrayPath && path != kObjectPath) {
    return TextResponse(404, "Nothing is served at this path. Send POST " +
                                 std::string(kArrayPath) + " or POST " +
                                 std::string(kObjectPath) + ".");
  }
  if (method != "POST") {
    constexpr std::size_t kShown = 32;
    Response response = TextResponse(
        405, "method " + internal::RepairUtf8(method.substr(0, kShown)) +
                 " is not supported");
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  target.remove_prefix(std::min(target.size(), path.size() + 1));
  try {
    ProcessorRequest request;
    const auto parameters = internal::ParseQueryString(target);
    request.options = internal::ParseListOptions(parameters);
    if (path == kObjectPath) request.object_key = ParseObjectKey(parameters);
    return request;
  } catch (const Error& error) {
    return TextResponse(400, error.what(), error.code());
  }
}

Response Processor::Collect(const ListOptions& options,
                            const CallOptions& call) const {
  return ErrorsAsResponses([&] {
    Response response;
    response.status = 200;
    response.content_type = "application/json";
    CallOptions counted = call;
    counted.on_incomplete = [&](const Error& error) {
      ++response.incomplete_count;
      if (call.on_incomplete) call.on_incomplete(error);
    };
    // Arrays change little in size. Without an estimate, a growing text is
    // copied at each step.
    const std::size_t last_size = *array_size_;
    internal::ContainerArrayEncoder encoder(last_size + last_size / 16);
    runtime_->ForEachContainer(
        options, [&](const Container& container) { encoder.Add(container); },
        counted);
    encoder.KeepLastOfEachId();
    response.container_count = encoder.count();
    if (response.incomplete_count > 0) {
      response.headers.emplace_back(kIncompleteHeader,
                                    std::to_string(response.incomplete_count));
    }
    response.body = encoder.Take();
    *array_size_ = response.body.size();
    return response;
  });
}

Response Processor::Handle(std::string_view method, std::string_view target,
                           const CallOptions& call) const {
  const auto parsed = Parse(method, target);
  if (const auto* rejection = std::get_if<Response>(&parsed)) return *rejection;
  const auto& request = std::get<ProcessorRequest>(parsed);
  Response response = Collect(request.options, call);
  if (response.status != 200 || !request.object_key) return response;
  return ErrorsAsResponses([&] {
    response.body = WrapContainers(response.body, *request.object_key);
    return response;
  });
}

}  // namespace containercollector
