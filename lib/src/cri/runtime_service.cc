// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/runtime_service.h"

#include <utility>
#include <variant>

namespace containercollector::internal::cri {
namespace {

/// Returns the status if it is `code`.
const GrpcStatus* StatusIf(const GrpcResult& result, GrpcCode code) {
  const auto* const status = std::get_if<GrpcStatus>(&result);
  return status != nullptr && status->code == static_cast<int>(code) ? status
                                                                     : nullptr;
}

/// Returns whether what came may be another protocol's. libcurl cannot tell: a
/// service that closes the connection at the first bytes of HTTP/2 may do so
/// before they are all sent.
bool MayBeAnotherProtocol(const GrpcResult& result) {
  const auto* const failure = std::get_if<Failure>(&result);
  return failure != nullptr && failure->bytes == 0 &&
         (failure->kind == FailureKind::kTruncated ||
          failure->kind == FailureKind::kInvalidHttp ||
          failure->kind == FailureKind::kNotHttp);
}

/// Returns the message.
/// @throws Error if there is none.
const std::string& MessageOf(const Place& place, const GrpcResult& result) {
  if (const auto* failure = std::get_if<Failure>(&result))
    throw ToError(place, *failure);
  if (const auto* malformed = std::get_if<GrpcMalformed>(&result))
    throw ToError(place, *malformed);
  if (const auto* status = std::get_if<GrpcStatus>(&result))
    throw ToError(*status);
  return std::get<std::string>(result);
}

}  // namespace

RuntimeService::RuntimeService(Endpoint endpoint,
                               std::chrono::nanoseconds connect_timeout,
                               std::size_t max_bytes)
    : channel_(std::move(endpoint), connect_timeout, max_bytes) {}

std::string RuntimeService::PathOf(Version version, const char* method) {
  return std::string(version == Version::kV1
                         ? "/runtime.v1.RuntimeService/"
                         : "/runtime.v1alpha2.RuntimeService/") +
         method;
}

Place RuntimeService::PlaceOf(const char* method, const std::string& id) const {
  constexpr std::size_t kShortId = 12;
  Place place;
  place.endpoint = endpoint();
  place.request = PathOf(version_, method).substr(1);
  if (!id.empty()) place.request += " of " + id.substr(0, kShortId);
  return place;
}

std::string RuntimeService::Call(const char* method,
                                 const CallLimit& limit) const {
  const Version first = version_;
  GrpcResult result = channel_.Call({PathOf(first, method), ""}, limit);
  if (MayBeAnotherProtocol(result) && channel_.SpeaksHttp1(limit))
    throw NotGrpc(PlaceOf(method, ""));
  if (const auto* missing = StatusIf(result, GrpcCode::kUnimplemented)) {
    const Version other =
        first == Version::kV1 ? Version::kV1Alpha2 : Version::kV1;
    GrpcResult second = channel_.Call({PathOf(other, method), ""}, limit);
    if (StatusIf(second, GrpcCode::kUnimplemented) != nullptr)
      throw NoCri(PlaceOf(method, ""), *missing);
    version_ = other;
    result = std::move(second);
  }
  return MessageOf(PlaceOf(method, ""), result);
}

void RuntimeService::CallAll(const std::vector<StatusCall>& calls,
                             const CallLimit& limit,
                             const OnMessage& on_message) const {
  const Version version = version_;
  std::vector<GrpcCall> grpc_calls;
  grpc_calls.reserve(calls.size());
  for (const StatusCall& call : calls)
    grpc_calls.push_back({PathOf(version, call.method), EncodeId(call.id)});
  channel_.CallAll(grpc_calls, limit,
                   [&](std::size_t index, const GrpcResult& result) {
                     if (StatusIf(result, GrpcCode::kNotFound) != nullptr)
                       return;
                     const StatusCall& call = calls[index];
                     const Place place = PlaceOf(call.method, call.id);
                     const std::string& message = MessageOf(place, result);
                     Decode(place, [&] { on_message(index, message); });
                   });
}

}  // namespace containercollector::internal::cri
