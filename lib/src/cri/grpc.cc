// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/grpc.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace containercollector::internal {
namespace {

constexpr std::size_t kPrefixBytes = 5;

std::optional<int> ParseStatusCode(std::string_view text) {
  // from_chars() accepts a minus sign.
  if (text.substr(0, 1) == "-") return std::nullopt;
  int code = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return code;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Decodes grpc-message, in which %XX stands for a byte. Keeps other percent
/// signs, as gRPC specifies.
std::string DecodeMessage(std::string_view text) {
  std::string message;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high =
        text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low >= 0) {
      message += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      message += text[i];
    }
  }
  return MessageText(message);
}

GrpcMalformed NotGrpc(std::string detail) {
  GrpcMalformed malformed;
  malformed.detail = std::move(detail);
  return malformed;
}

/// Returns whether a content type is gRPC's, with or without a suffix such as
/// "+proto".
bool IsGrpc(std::string_view type) {
  constexpr std::string_view kGrpc = "application/grpc";
  return type.substr(0, kGrpc.size()) == kGrpc &&
         (type.size() == kGrpc.size() ||
          std::string_view("+;").find(type[kGrpc.size()]) !=
              std::string_view::npos);
}

/// Returns the only status in the trailers, or in the headers of a response
/// without a body; std::nullopt if there are none or several.
std::optional<GrpcStatus> StatusOf(const HttpResponse& response) {
  const HeaderLines& lines = response.trailers.empty() && response.body.empty()
                                 ? response.headers
                                 : response.trailers;
  if (CountHeader(lines, "grpc-status") != 1) return std::nullopt;
  const auto code = ParseStatusCode(FindHeader(lines, "grpc-status"));
  if (!code) return std::nullopt;
  std::optional<GrpcStatus> status(std::in_place);
  status->code = *code;
  status->message = DecodeMessage(FindHeader(lines, "grpc-message"));
  return status;
}

/// Returns what is wrong with a body's length prefix; std::nullopt if nothing
/// is.
std::optional<GrpcMalformed> FindFault(std::string_view body) {
  std::optional<GrpcMalformed> malformed(std::in_place);
  malformed->bytes = body.size();
  if (body.size() < kPrefixBytes) {
    malformed->fault = GrpcFault::kNoMessage;
    return malformed;
  }
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(body[i]));
  };
  malformed->announced = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
  malformed->bytes -= kPrefixBytes;
  if (byte(0) != 0) {
    malformed->fault = GrpcFault::kCompressed;
  } else if (malformed->bytes < malformed->announced) {
    malformed->fault = GrpcFault::kTooShort;
  } else if (malformed->bytes > malformed->announced) {
    malformed->fault = GrpcFault::kTooLong;
  } else {
    malformed.reset();
  }
  return malformed;
}

}  // namespace

std::string GrpcCodeName(int code) {
  constexpr std::array kNames{"OK",
                              "CANCELLED",
                              "UNKNOWN",
                              "INVALID_ARGUMENT",
                              "DEADLINE_EXCEEDED",
                              "NOT_FOUND",
                              "ALREADY_EXISTS",
                              "PERMISSION_DENIED",
                              "RESOURCE_EXHAUSTED",
                              "FAILED_PRECONDITION",
                              "ABORTED",
                              "OUT_OF_RANGE",
                              "UNIMPLEMENTED",
                              "INTERNAL",
                              "UNAVAILABLE",
                              "DATA_LOSS",
                              "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return code >= 0 && index < kNames.size() ? kNames[index]
                                            : std::to_string(code);
}

std::string FrameMessage(std::string_view message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  std::string body;
  body.reserve(kPrefixBytes + message.size());
  body += '\0';
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    body += static_cast<char>(size >> shift & 0xFFU);
  body += message;
  return body;
}

GrpcResult ParseGrpcResult(PostResult result) {
  HttpResponse& response = result.response;
  if (result.failure) {
    auto status = result.failure->kind == FailureKind::kStreamReset
                      ? StatusOf(response)
                      : std::nullopt;
    if (status && status->code != static_cast<int>(GrpcCode::kOk))
      return *std::move(status);
    return *std::move(result.failure);
  }
  const std::string_view type = response.Header("content-type");
  if (response.status != 200)
    return NotGrpc("it has HTTP status " + std::to_string(response.status));
  if (!IsGrpc(type))
    return NotGrpc("its content type is \"" + Shortened(type, 64) + "\"");
  auto status = StatusOf(response);
  if (!status) {
    GrpcMalformed malformed;
    malformed.fault = GrpcFault::kNoStatus;
    malformed.bytes = response.body.size();
    return malformed;
  }
  if (status->code != static_cast<int>(GrpcCode::kOk))
    return *std::move(status);
  if (auto malformed = FindFault(response.body)) return *std::move(malformed);
  response.body.erase(0, kPrefixBytes);
  return std::move(response.body);
}

}  // namespace containercollector::internal
