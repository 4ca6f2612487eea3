// SPDX-License-Identifier: Apache-2.0

#include "lib/src/query_string.h"

#include <charconv>

namespace containercollector::internal {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    std::size_t consumed = 1;
    if (text.front() == '+') {
      decoded += ' ';
    } else if (text.front() == '%') {
      consumed = 3;
      unsigned char byte = 0;
      if (text.size() < consumed) return std::nullopt;
      const auto [end, error] =
          std::from_chars(text.data() + 1, text.data() + consumed, byte, 16);
      if (error != std::errc() || end != text.data() + consumed)
        return std::nullopt;
      decoded += static_cast<char>(byte);
    } else {
      decoded += text.front();
    }
    text.remove_prefix(consumed);
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

std::optional<std::vector<std::pair<std::string, std::string>>>
ParseQueryString(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    if (parameter.empty()) continue;

    const std::size_t equals = parameter.find('=');
    auto name = PercentDecode(parameter.substr(0, equals));
    auto value = PercentDecode(
        equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

}  // namespace containercollector::internal
