// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/runtime_service.h"

#include <utility>

#include "lib/src/cri/grpc.h"
#include "lib/src/http/http_transport.h"

namespace containercollector::internal::cri {
namespace {

/// Returns whether the service may speak another protocol. libcurl cannot tell,
/// because such a service may close the connection before the first bytes of
/// HTTP/2 are all sent.
bool MayBeAnotherProtocol(const Failure& failure) {
  return failure.bytes == 0 && (failure.kind == FailureKind::kClosed ||
                                failure.kind == FailureKind::kInvalidHttp ||
                                failure.kind == FailureKind::kNotHttp);
}

/// Returns whether the runtime no longer knows the subject of the call.
bool IsGone(const GrpcResult& result) {
  if (result.HasStatus(kGrpcNotFound)) return true;
  // cri-dockerd and old CRI-O never send NOT_FOUND.
  if (!result.HasStatus(kGrpcUnknown)) return false;
  for (const char* text : {"No such container", "not found", "does not exist"})
    if (result.failure->detail.find(text) != std::string::npos) return true;
  return false;
}

PostRequest RequestOf(const ServiceCall& call, const char* service) {
  PostRequest request;
  request.path = std::string("/") + service + "/" + call.method;
  request.body = FrameMessage(call.message);
  request.timeout = call.timeout;
  return request;
}

}  // namespace

RuntimeService::RuntimeService(Endpoint endpoint, RuntimeOptions options)
    : transport_(std::move(endpoint), std::move(options)) {}

Place RuntimeService::PlaceOf(const ServiceCall& call) const {
  std::string request = std::string(service_) + "/" + call.method;
  if (!call.subject.empty()) request += " of " + ShortId(call.subject);
  return {endpoint(), request};
}

bool RuntimeService::SpeaksHttp1(CallLimit limit) const {
  limit.Shorten(std::chrono::seconds(1));
  // Docker's ping, which has no side effects on any service.
  return !HttpTransport(endpoint(), transport_.options())
              .Get("/_ping", limit)
              .failure;
}

GrpcResult RuntimeService::CallIn(const char* service, const ServiceCall& call,
                                  const CallLimit& limit) const {
  GrpcResult result;
  std::optional<PostRequest> request = RequestOf(call, service);
  request->done = [&](HttpResponse response) {
    result = ParseGrpcResult(std::move(response));
  };
  transport_.PostAll([&] { return std::exchange(request, std::nullopt); },
                     limit);
  return result;
}

std::string RuntimeService::Call(const ServiceCall& call,
                                 const CallLimit& limit) const {
  const char* const first = service_;
  GrpcResult result = CallIn(first, call, limit);
  if (result.HasStatus(kGrpcUnimplemented)) {
    const char* const other = first == kV1 ? kV1Alpha2 : kV1;
    GrpcResult second = CallIn(other, call, limit);
    if (second.HasStatus(kGrpcUnimplemented))
      Throw(PlaceOf(call), {FailureKind::kNoCri, result.failure->detail});
    service_ = other;
    result = std::move(second);
  }
  if (!result.failure) return std::move(result.message);
  if (MayBeAnotherProtocol(*result.failure) && SpeaksHttp1(limit))
    Throw(PlaceOf(call), {FailureKind::kNotGrpc, ""});
  Throw(PlaceOf(call), *result.failure);
}

void RuntimeService::CallAll(const Next& next, const CallLimit& limit,
                             const OnMessage& on_message,
                             const OnFailure& on_failure) const {
  const char* const service = service_;
  const auto next_request = [&]() -> std::optional<PostRequest> {
    auto call = next();
    if (!call) return std::nullopt;
    PostRequest request = RequestOf(*call, service);
    request.done = [&, call = *std::move(call)](HttpResponse response) {
      const GrpcResult result = ParseGrpcResult(std::move(response));
      if (result.failure) {
        const Error error = ToError(PlaceOf(call), *result.failure);
        if (error.code() == ErrorCode::kCancelled ||
            error.code() == ErrorCode::kInternal)
          throw Error(error);
        return on_failure(call, {error, IsGone(result)});
      }
      try {
        on_message(call, result.message);
      } catch (const MessageError& error) {
        on_failure(call, {Malformed(call, error)});
      }
    };
    return request;
  };
  transport_.PostAll(next_request, limit);
}

}  // namespace containercollector::internal::cri
