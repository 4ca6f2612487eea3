// SPDX-License-Identifier: Apache-2.0

#include "lib/src/query_string.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "containercollector/error.h"
#include "lib/src/text.h"

namespace containercollector::internal {
namespace {

/// Error texts show at most this many bytes of a value.
constexpr std::size_t kMaxValueInText = 128;

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    const char* const end = digits.data() + digits.size();
    unsigned char byte = 0;
    if (digits.size() < 2 ||
        std::from_chars(digits.data(), end, byte, 16).ptr != end)
      return std::nullopt;
    decoded += static_cast<char>(byte);
    i += digits.size();
  }
  return decoded;
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHexDigits[byte >> 4];
      encoded += kHexDigits[byte & 0xF];
    }
  }
  return encoded;
}

QueryParameters ParseQueryString(const std::string_view query) {
  QueryParameters parameters;
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
    if (parameter.empty()) continue;

    const std::size_t equals = parameter.find('=');
    auto name = PercentDecode(parameter.substr(0, equals));
    auto value = PercentDecode(
        equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
    if (!name || !value) {
      RejectParameter("query", query,
                      "write every % in it as %25, or as the code of a byte, "
                      "e.g. %20 for a space");
    }
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

const std::string* FindParameter(const QueryParameters& parameters,
                                 std::string_view name) {
  for (const auto& [parameter, value] : parameters) {
    if (parameter == name) return &value;
  }
  return nullptr;
}

void RejectParameter(std::string_view name, std::string_view value,
                     std::string_view why) {
  std::string text = "invalid " + std::string(name) + " \"";
  text += RepairUtf8(value.substr(0, kMaxValueInText));
  if (value.size() > kMaxValueInText) text += "...";
  throw Error(ErrorCode::kInvalidArgument, text.append("\": ").append(why));
}

}  // namespace containercollector::internal
