// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/grpc.h"

#include <cstdint>
#include <sstream>
#include <utility>

#include "lib/src/text.h"

namespace containercollector::internal {
namespace {

constexpr std::size_t kPrefixBytes = 5;

/// Decodes grpc-message, in which %XX stands for a byte. Keeps other percent
/// signs, as gRPC specifies.
std::string DecodeMessage(std::string_view text) {
  std::string message;
  while (!text.empty()) {
    std::optional<unsigned char> byte;
    if (text.size() >= 3 && text.front() == '%')
      byte = ParseNumber<unsigned char>(text.substr(1, 2), 16);
    message += byte ? static_cast<char>(*byte) : text.front();
    text.remove_prefix(byte ? 3 : 1);
  }
  return MessageText(message);
}

/// Returns the name of a status code, e.g. "UNAVAILABLE", or its number if it
/// has none.
std::string CodeName(int code) {
  std::istringstream names(
      "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND "
      "ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION "
      "ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS "
      "UNAUTHENTICATED");
  std::string name;
  for (int i = 0; i <= code; ++i)
    if (!(names >> name)) return std::to_string(code);
  return name;
}

/// Returns whether a content type is gRPC's, with or without a suffix such as
/// "+proto".
bool IsGrpc(std::string_view type) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (type.substr(0, kGrpc.size()) != kGrpc) return false;
  const std::string_view suffix = type.substr(kGrpc.size(), 1);
  return suffix.empty() || suffix == "+" || suffix == ";";
}

/// Returns the only status in the trailers, or in the headers of a response
/// without a body; std::nullopt if there are none or several.
std::optional<Failure> StatusOf(const HttpResponse& response) {
  const HeaderLines& lines = response.trailers.empty() && response.body.empty()
                                 ? response.headers
                                 : response.trailers;
  const auto codes = ValuesOf(lines, "grpc-status");
  if (codes.size() != 1) return std::nullopt;
  const auto number = ParseNumber<std::uint32_t>(codes.front());
  const auto code = static_cast<int>(number.value_or(-1));
  if (code < 0) return std::nullopt;
  const auto texts = ValuesOf(lines, "grpc-message");
  std::string text = texts.empty() ? "" : DecodeMessage(texts.front());
  if (text.empty()) text = "no message";
  Failure status{FailureKind::kGrpcStatus, text + " (" + CodeName(code) + ")"};
  status.grpc_status = code;
  return status;
}

/// Returns what is wrong with the length before a message; empty if nothing is.
std::string FaultOf(std::string_view body) {
  const auto bytes = [](std::size_t count) { return std::to_string(count); };
  if (body.size() < kPrefixBytes) {
    return "not valid gRPC: it has " + bytes(body.size()) +
           " bytes, and a message begins with 5";
  }
  if (body.front() != '\0') return "compressed, which was not asked for";
  std::size_t announced = 0;
  for (const char byte : body.substr(1, kPrefixBytes - 1))
    announced = announced << 8 | static_cast<unsigned char>(byte);
  if (announced == body.size() - kPrefixBytes) return {};
  return "not valid gRPC: it announces " + bytes(announced) +
         " bytes, and has " + bytes(body.size() - kPrefixBytes);
}

}  // namespace

std::string FrameMessage(std::string_view message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  std::string body(1, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    body += static_cast<char>(size >> shift & 0xFFU);
  return body.append(message);
}

GrpcResult ParseGrpcResult(HttpResponse response) {
  std::optional<Failure> status = StatusOf(response);
  const bool is_error = status && status->grpc_status != kGrpcOk;
  if (response.failure) {
    if (is_error && response.failure->kind == FailureKind::kStreamReset)
      return {"", std::move(status)};
    return {"", std::move(response.failure)};
  }
  Failure failure{FailureKind::kMalformed, ""};
  const std::string_view type = response.Header("content-type");
  if (response.status != 200) {
    failure.detail =
        "not gRPC: it has HTTP status " + std::to_string(response.status);
  } else if (!IsGrpc(type)) {
    failure.detail =
        "not gRPC: its content type is \"" + Shortened(type, 64) + "\"";
  } else if (!status) {
    failure.kind = FailureKind::kNoGrpcStatus;
    failure.bytes = response.body.size();
  } else if (is_error) {
    return {"", std::move(status)};
  } else {
    failure.detail = FaultOf(response.body);
    if (failure.detail.empty())
      return {std::move(response.body.erase(0, kPrefixBytes)), std::nullopt};
  }
  return {"", std::move(failure)};
}

}  // namespace containercollector::internal
