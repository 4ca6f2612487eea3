// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/runtime_service.h"

#include <map>
#include <utility>
#include <variant>

namespace containercollector::internal::cri {
namespace {

/// Returns the status if its code is `code`, else null.
const GrpcStatus* StatusIf(const GrpcResult& result, GrpcCode code) {
  const auto* const status = std::get_if<GrpcStatus>(&result);
  return status != nullptr && status->code == static_cast<int>(code) ? status
                                                                     : nullptr;
}

/// Returns whether the service may speak another protocol. libcurl cannot tell,
/// because such a service may close the connection before the first bytes of
/// HTTP/2 are all sent.
bool MayBeAnotherProtocol(const GrpcResult& result) {
  const auto* const failure = std::get_if<Failure>(&result);
  return failure != nullptr && failure->bytes == 0 &&
         (failure->kind == FailureKind::kTruncated ||
          failure->kind == FailureKind::kInvalidHttp ||
          failure->kind == FailureKind::kNotHttp);
}

std::string ShortId(const std::string& id) {
  constexpr std::size_t kDigits = 12;
  return id.substr(0, kDigits);
}

/// Returns whether the runtime no longer knows the subject of the call.
bool IsGone(const GrpcResult& result) {
  if (StatusIf(result, GrpcCode::kNotFound) != nullptr) return true;
  // cri-dockerd and old CRI-O never send NOT_FOUND.
  const GrpcStatus* const unknown = StatusIf(result, GrpcCode::kUnknown);
  if (unknown == nullptr) return false;
  for (const char* text : {"No such container", "not found", "does not exist"})
    if (unknown->message.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

RuntimeService::RuntimeService(Endpoint endpoint,
                               std::chrono::nanoseconds connect_timeout,
                               std::size_t max_bytes)
    // "accept:" removes the header that libcurl adds.
    : transport_(std::move(endpoint),
                 {"content-type: application/grpc", "te: trailers", "accept:"},
                 connect_timeout, max_bytes) {}

std::string RuntimeService::PathOf(Version version, const char* method) {
  return std::string(version == Version::kV1
                         ? "/runtime.v1.RuntimeService/"
                         : "/runtime.v1alpha2.RuntimeService/") +
         method;
}

Place RuntimeService::PlaceOf(const ServiceCall& call) const {
  Place place;
  place.endpoint = endpoint();
  place.request = PathOf(version_, call.method).substr(1);
  if (!call.subject.empty()) place.request += " of " + ShortId(call.subject);
  return place;
}

ServiceFailure RuntimeService::ToFailure(const ServiceCall& call,
                                         const GrpcResult& result) const {
  const Place place = PlaceOf(call);
  if (const auto* failure = std::get_if<Failure>(&result))
    return {ToError(place, *failure)};
  if (const auto* malformed = std::get_if<GrpcMalformed>(&result))
    return {ToError(place, *malformed)};
  return {ToError(std::get<GrpcStatus>(result)), IsGone(result)};
}

GrpcResult RuntimeService::CallIn(Version version, const ServiceCall& call,
                                  const CallLimit& limit) const {
  std::optional<PostRequest> request({0, PathOf(version, call.method),
                                      FrameMessage(call.message),
                                      call.timeout});
  GrpcResult only;
  transport_.PostAll([&] { return std::exchange(request, std::nullopt); },
                     limit,
                     [&](const PostRequest&, PostResult result) {
                       only = ParseGrpcResult(std::move(result));
                     });
  return only;
}

std::string RuntimeService::Call(const ServiceCall& call,
                                 const CallLimit& limit) const {
  const Version first = version_;
  GrpcResult result = CallIn(first, call, limit);
  if (MayBeAnotherProtocol(result) && transport_.SpeaksHttp1(limit))
    throw NotGrpc(PlaceOf(call));
  if (const auto* missing = StatusIf(result, GrpcCode::kUnimplemented)) {
    const Version other =
        first == Version::kV1 ? Version::kV1Alpha2 : Version::kV1;
    GrpcResult second = CallIn(other, call, limit);
    if (StatusIf(second, GrpcCode::kUnimplemented) != nullptr)
      throw NoCri(PlaceOf(call), *missing);
    version_ = other;
    result = std::move(second);
  }
  if (auto* message = std::get_if<std::string>(&result))
    return std::move(*message);
  throw ToFailure(call, result).error;
}

void RuntimeService::CallAll(const Next& next, const CallLimit& limit,
                             const OnMessage& on_message,
                             const OnFailure& on_failure) const {
  const Version version = version_;
  std::map<std::size_t, ServiceCall> running;
  const auto next_request = [&]() -> std::optional<PostRequest> {
    auto call = next();
    if (!call) return std::nullopt;
    PostRequest request{call->id, PathOf(version, call->method),
                        FrameMessage(call->message), call->timeout};
    running.insert_or_assign(request.id, *std::move(call));
    return request;
  };
  transport_.PostAll(
      next_request, limit, [&](const PostRequest& request, PostResult posted) {
        const ServiceCall call =
            std::move(running.extract(request.id).mapped());
        const GrpcResult result = ParseGrpcResult(std::move(posted));
        const auto* const message = std::get_if<std::string>(&result);
        if (message == nullptr) {
          const ServiceFailure failure = ToFailure(call, result);
          const ErrorCode code = failure.error.code();
          if (code == ErrorCode::kCancelled || code == ErrorCode::kInternal)
            throw failure.error;
          on_failure(call, failure);
          return;
        }
        try {
          on_message(call, *message);
        } catch (const MessageError& error) {
          on_failure(call, {Malformed(call, error)});
        }
      });
}

Error RuntimeService::Contradiction(const std::string& id) const {
  return Error(ErrorCode::kDaemonError,
               "The container runtime at " + endpoint().text + " lists " +
                   ShortId(id) +
                   " and says that it does not exist. Look at its log, or "
                   "restart it.");
}

Error RuntimeService::TimedOut(const ServiceCall& call,
                               std::chrono::nanoseconds limit) const {
  Failure failure;
  failure.kind = FailureKind::kResponseTimeout;
  failure.elapsed = limit;
  return ToError(PlaceOf(call), failure);
}

}  // namespace containercollector::internal::cri
